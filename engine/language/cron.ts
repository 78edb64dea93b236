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
    for (const part of (fields[index] ?? '').split(',')) {
      const problem = partProblem(part, field);
      if (problem !== undefined) return `${field.name} ${JSON.stringify(part)} ${problem}`;
    }
  }
  return undefined;
}

/** True when both the day of month and the day of week are restricted: cron then means "or", which surprises. */
export function restrictsBothDays(text: string): boolean {
  const [, , dayOfMonth = '*', , dayOfWeek = '*'] = text.trim().split(/\s+/);
  return !dayOfMonth.startsWith('*') && !dayOfWeek.startsWith('*');
}

function partProblem(part: string, field: (typeof FIELDS)[number]): string | undefined {
  const [, range = '', step] = /^([^/]*)(?:\/(\d+))?$/.exec(part) ?? [];
  if (range === '' || step === '0') return 'cannot be read';
  if (range === '*') return undefined;
  const nth = /^(.+)#[1-5]$/.exec(range);
  if (nth !== null && field.name !== 'day of week') return 'cannot be read';
  const bounds = (nth?.[1] ?? range).split('-').map((text) => valueOf(text, field));
  if (bounds.length > 2 || bounds.some((bound) => bound === undefined)) return 'cannot be read';
  const [from = 0, to = from] = bounds as readonly number[];
  if (from < field.min || to > field.max) return `is outside ${field.min}-${field.max}`;
  return to < from ? 'runs backwards' : undefined;
}

function valueOf(text: string, field: (typeof FIELDS)[number]): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const index = 'words' in field ? field.words.split(' ').indexOf(text.toLowerCase()) : -1;
  return index < 0 ? undefined : index + field.min;
}
