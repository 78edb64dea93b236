const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const SHORT_DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** A cron pattern in words where it is a common one, for example `at 02:30 every day`; undefined where words would say less than the pattern. */
export function cronWords(cron: string): string | undefined {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.trim().toLowerCase().split(/\s+/);
  const days = daysText(day, month, weekday);
  if (days === undefined) return undefined;
  if (/^\d+$/.test(minute) && /^\d+(,\d+)*$/.test(hour))
    return `at ${hour
      .split(',')
      .map((one) => `${two(one)}:${two(minute)}`)
      .join(', ')} ${days}`;
  if (/^\d+$/.test(minute) && hour === '*') return `${minute === '0' ? 'at every full hour' : `${minute} minutes past every hour`} ${days}`;
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  if (step !== undefined && hour === '*') return `every ${step} minutes ${days}`;
  return minute === '*' && hour === '*' ? `every minute ${days}` : undefined;
}

function daysText(day: string, month: string, weekday: string): string | undefined {
  if (month !== '*') return undefined;
  if (day === '*' && weekday === '*') return 'every day';
  if (day === '*' && weekday === '1-5') return 'from Monday to Friday';
  if (weekday === '*') return /^\d+$/.test(day) ? `on day ${day} of every month` : undefined;
  if (day !== '*') return undefined;
  const names = weekday.split(',').map((one) => DAYS[/^[0-7]$/.test(one) ? Number(one) : SHORT_DAYS.indexOf(one)]);
  return names.some((name) => name === undefined) ? undefined : `every ${names.join(', ')}`;
}

function two(text: string): string {
  return text.padStart(2, '0');
}
