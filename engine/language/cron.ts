const FIELDS = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: 'jan feb mar apr may jun jul aug sep oct nov dec' },
  { name: 'day of week', min: 0, max: 7, words: 'sun mon tue wed thu fri sat' },
] as const;

/** Why a text is not a cron pattern of five fields; undefined when it is one. */
export function cronProblem(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) return `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}`;
  for (const [index, field] of FIELDS.entries()) {
    const seen = new Set<number>();
    for (const part of (fields[index] ?? '').split(',')) {
      const problem = partProblem(part, field) ?? repeats(valuesOf(part, field), seen);
      if (problem !== undefined) return `${field.name} ${JSON.stringify(part)} ${problem}`;
    }
  }
  return comesNever(fields) ? 'no month of it has such a day' : undefined;
}

/** True when both the day of month and the day of week are restricted: cron then means "or", which surprises. */
export function restrictsBothDays(text: string): boolean {
  const [, , dayOfMonth = '*', , dayOfWeek = '*'] = text.trim().split(/\s+/);
  return dayOfMonth !== '*' && dayOfWeek !== '*';
}

const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;

/** The shortest time in milliseconds that can lie between two slots of a sound pattern, as if no clock were ever changed and every month had its days. */
export function shortestPeriodMs(text: string): number {
  const [minutes = [], hours = [], days = [], , weekdays = []] = FIELDS.map((field, index) =>
    (text.trim().split(/\s+/)[index] ?? '*').split(',').flatMap((part) => valuesOf(part, field)),
  );
  const [, , day = '*', , weekday = '*'] = text.trim().split(/\s+/);
  const dayGap = day === '*' ? shortestGap(weekdays, 7) : weekday === '*' ? shortestGap(days, 28) : 1;
  const times = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
  return shortestGap(times, dayGap * DAY_MINUTES) * MINUTE_MS;
}

// On a circle: from the last value it goes on to the first.
function shortestGap(values: readonly number[], round: number): number {
  const sorted = [...values].toSorted((left, right) => left - right);
  return Math.min(...sorted.map((value, index) => (sorted[index + 1] ?? (sorted[0] ?? value) + round) - value).filter((gap) => gap > 0));
}

function partProblem(part: string, field: (typeof FIELDS)[number]): string | undefined {
  const [, range = '', step] = /^([^/]*)(?:\/(\d+))?$/.exec(part) ?? [];
  if (range === '' || step === '0') return 'cannot be read';
  if (range === '*') return undefined;
  // Programs disagree about what a step from a single number means.
  if (step !== undefined && !range.includes('-')) return 'has a step without a range';
  const nth = /^(.+)#[1-5]$/.exec(range);
  if (nth !== null && field.name !== 'day of week') return 'cannot be read';
  const bounds = (nth?.[1] ?? range).split('-').map((text) => valueOf(text, field));
  if (bounds.length > 2 || bounds.some((bound) => bound === undefined)) return 'cannot be read';
  const [from = 0, to = from] = bounds as readonly number[];
  if (from < field.min || to > field.max) return `is outside ${field.min}-${field.max}`;
  return to < from ? 'runs backwards' : undefined;
}

const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

// 31 April: such a pattern would be accepted and never fire.
function comesNever([, , days = '*', months = '*']: readonly string[]): boolean {
  const named = new Set(months.split(',').flatMap((part) => valuesOf(part, FIELDS[3])));
  const first = Math.min(...days.split(',').flatMap((part) => valuesOf(part, FIELDS[2])));
  return first > Math.max(...MONTH_DAYS.filter((_, index) => named.has(index + 1)));
}

// A value that is named twice is mostly a slip, and not every program takes it.
function repeats(values: readonly number[], seen: Set<number>): string | undefined {
  const twice = values.find((value) => seen.has(value));
  for (const value of values) seen.add(value);
  return twice === undefined ? undefined : `names ${twice} again`;
}

function valuesOf(part: string, field: (typeof FIELDS)[number]): readonly number[] {
  const [range = '', step = '1'] = (part.split('#')[0] ?? '').split('/');
  const whole = range === '*' ? [field.min, field.max] : range.split('-').map((text) => valueOf(text, field) ?? field.min);
  const [from = field.min, to = from] = whole;
  const values = Array.from({ length: Math.floor((to - from) / Number(step)) + 1 }, (_, index) => from + index * Number(step));
  // Sunday is 0 and 7.
  return field.name === 'day of week' ? [...new Set(values.map((value) => value % 7))] : values;
}

function valueOf(text: string, field: (typeof FIELDS)[number]): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const index = 'words' in field ? field.words.split(' ').indexOf(text.toLowerCase()) : -1;
  return index < 0 ? undefined : index + field.min;
}
