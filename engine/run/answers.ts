import type { StepRecord } from './record.ts';

/** One answer that a person may give about a step, and what follows from it in words. */
export interface Answer {
  readonly as: 'succeeded' | 'failed' | 'again' | 'adopt' | 'rollback';
  /** The operation that would be followed, where one was found. */
  readonly operation?: string;
  readonly consequence: string;
}

/** What can be said about a step of which nobody knows whether it had its effect. */
export function unknownAnswers(record: Pick<StepRecord, 'candidates' | 'before'>): readonly Answer[] {
  const parted = isOneOfSeveral(record);
  const found = (record.candidates ?? []).map((operation): Answer => ({
    as: 'adopt',
    operation,
    consequence: 'this operation is its effect: it is checked at the target and followed to its end',
  }));
  const named: readonly Answer[] =
    record.candidates === undefined || found.length > 0
      ? found
      : [
          {
            as: 'adopt',
            consequence: 'an operation that you found at the target is its effect: it is checked there and followed to its end',
          },
        ];
  return [
    {
      as: 'succeeded',
      consequence: parted
        ? 'this request happened: its target is read, and where it shows that, the next request of the step is sent'
        : 'it happened: the run goes on as if the step had succeeded',
    },
    { as: 'failed', consequence: 'it did not happen: the step fails, and cleanup runs unless its failure is tolerated' },
    {
      as: 'again',
      consequence: parted
        ? 'it is searched for once more: what is found is followed, and only where nothing is found it is sent; if that cannot be told, you are asked again'
        : 'it did not happen and is sent once more: if you are wrong, it happens twice',
    },
    ...named,
  ];
}

/** True when the request that nobody knows of was one of several: the record keeps the name of the one that was sent last. */
export function isOneOfSeveral({ before }: Pick<StepRecord, 'before'>): boolean {
  return typeof before?.['part'] === 'string';
}
