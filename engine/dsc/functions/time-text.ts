import { formatInstant } from '../../language/instant.ts';

const LETTERS = /yyyy|yy|y|MMMM|MMM|MM|dddd|ddd|dd|d|HH|H|mm|m|ss|s|fff|zzz|tt/g;
const DAY_MS = 86_400_000;
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Thursday', 'Friday', 'Saturday', 'Sunday', 'Monday', 'Tuesday', 'Wednesday'];

/** An instant in UTC by a format of letters; without one in RFC 3339 with six digits after the second. Everything else is kept. */
export function timeText(ms: number, format: string | undefined): string {
  const text = formatInstant(ms);
  const year = text.slice(0, 4);
  const month = text.slice(5, 7);
  const day = text.slice(8, 10);
  const [hour, minute, second] = [text.slice(11, 13), text.slice(14, 16), text.slice(17, 19)];
  const millisecond = String(((ms % 1000) + 1000) % 1000).padStart(3, '0');
  if (format === undefined) return `${text.slice(0, 19)}.${millisecond}000Z`;
  const monthName = MONTHS[Number(month) - 1] ?? '';
  const dayName = DAYS[((Math.floor(ms / DAY_MS) % 7) + 7) % 7] ?? '';
  const short = (digits: string): string => String(Number(digits));
  const written: Readonly<Record<string, string>> = {
    yyyy: year,
    yy: year.slice(2),
    y: short(year.slice(2)),
    MMMM: monthName,
    MMM: monthName.slice(0, 3),
    MM: month,
    dddd: dayName,
    ddd: dayName.slice(0, 3),
    dd: day,
    d: short(day),
    HH: hour,
    H: short(hour),
    mm: minute,
    m: short(minute),
    ss: second,
    s: short(second),
    fff: millisecond,
    zzz: '+00:00',
    tt: Number(hour) < 12 ? 'AM' : 'PM',
  };
  return format.replaceAll(LETTERS, (letters) => written[letters] ?? letters);
}
