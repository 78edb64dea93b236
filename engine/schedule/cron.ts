import { type CronExpression, CronExpressionParser } from 'cron-parser';

/** A cron pattern of five fields with what must hold when day of month and day of week are both restricted. */
export interface CronPattern {
  readonly cron: string;
  readonly dayMatch: 'and' | 'or';
}

// 29 February on a given weekday comes every 28 years at least, or 40 over a century without its leap day.
const LOOKS_MAX = 60;

/** The wall times of a pattern after `afterMs`, in order, on a clock that knows no change; ends where the pattern has no more. */
export function* wallTimes({ cron, dayMatch }: CronPattern, afterMs: number): Generator<number> {
  const fields = cron.trim().split(/\s+/);
  if (dayMatch === 'or' || fields[2] === '*' || fields[4] === '*') return yield* timesOf(parse(fields, afterMs));

  const weekday = parse(fields.with(2, '*'), afterMs);
  const month = parse(fields.with(4, '*'), afterMs);
  for (let looks = 0; looks < LOOKS_MAX;) {
    const next = nextOf(month);
    if (next === undefined) return;
    looks += 1;
    if (!weekday.includesDate(next)) continue;
    looks = 0;
    yield next.getTime();
  }
}

/** True when a pattern goes through every hour of its days: such a pattern follows elapsed time, also in a repeated hour. */
export function isHourly({ cron }: CronPattern): boolean {
  const [, hour = ''] = cron.trim().split(/\s+/);
  return /^(\*|0-23)(\/1)?$/.test(hour);
}

function* timesOf(expression: CronExpression): Generator<number> {
  for (;;) {
    const next = nextOf(expression);
    if (next === undefined) return;
    yield next.getTime();
  }
}

function parse(fields: readonly string[], afterMs: number): CronExpression {
  return CronExpressionParser.parse(fields.join(' '), { currentDate: afterMs, tz: 'UTC' });
}

// The parser throws when it has looked at thousands of days and found none: 31 February.
function nextOf(expression: CronExpression): ReturnType<CronExpression['next']> | undefined {
  try {
    return expression.next();
  } catch {
    return undefined;
  }
}
