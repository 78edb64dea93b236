import { describe, expect, it } from 'vitest';
import { explainKey } from '../../../engine/language/explain-key.ts';

describe('a key that is explained', () => {
  it('is found through lists, unions and steps inside steps', () => {
    expect(explainKey('steps.retry.backoff')).toMatchObject({
      kind: 'found',
      key: { parent: 'retry', required: false, value: 'number (from 1 to 10)', whenAbsent: '1' },
    });
    expect(explainKey('steps.parallel.steps.approval.need')).toMatchObject({ kind: 'found', key: { parent: 'approval', required: true } });
  });

  it('is found below names that are the author’s own', () => {
    expect(explainKey('inputs.ring.default')).toMatchObject({ kind: 'found', key: { parent: 'input' } });
    expect(explainKey('inputs.default')).toMatchObject({ kind: 'found', key: { parent: 'input' } });
  });

  it('begins at another kind of document by its name', () => {
    expect(explainKey('calendar.freezes.reason')).toMatchObject({ kind: 'found', key: { kind: 'calendar', parent: 'freeze' } });
  });

  it('lists the keys behind a map', () => {
    const explained = explainKey('objectives.clock');
    expect(explained.kind === 'found' && explained.key.keys.map(({ key }) => key)).toEqual(['start', 'stop', 'count']);
  });

  it('says which segment is not known and what is near', () => {
    expect(explainKey('steps.retyr.delay')).toEqual({ kind: 'unknown', segment: 'retyr', parent: 'step', near: 'retry' });
  });
});
