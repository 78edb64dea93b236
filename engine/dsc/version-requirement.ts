/** The version of the DSC contract that documents are read by. */
export const CONTRACT_VERSION = '3.4.0-preview.1';

interface Version {
  readonly numbers: readonly [major: number, minor: number, patch: number];
  readonly pre: string;
}

interface Comparator {
  readonly operator: string;
  readonly major: number;
  readonly minor: number | undefined;
  readonly patch: number | undefined;
  readonly pre: string;
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const COMPARATOR = /^\s*(=|>=|<=|>|<|~|\^)?\s*(\d+)(?:\.(\d+|[*xX]))?(?:\.(\d+|[*xX]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*$/;
const DATE = /^\d{4}-\d{2}-\d{2}(-[A-Za-z]+)?$/;

/** Whether a version meets a requirement by the rules of Cargo; undefined when the requirement is none. A date matches only itself. */
export function meetsRequirement(version: string, requirement: string): boolean | undefined {
  if (DATE.test(requirement)) return version === requirement;
  if (requirement.trim() === '*') return !version.includes('-');
  const comparators = requirement.split(',').map(comparatorFrom);
  const known = comparators.filter((each) => each !== undefined);
  if (known.length !== comparators.length) return undefined;
  const given = versionFrom(version);
  return (
    given !== undefined && known.every((each) => matches(given, each)) && (given.pre === '' || known.some((each) => namesPre(given, each)))
  );
}

/** The order of two versions, for whoever wants the newest. Versions that are none come first. */
export function compareVersions(left: string, right: string): number {
  const one = versionFrom(left);
  const other = versionFrom(right);
  return one === undefined || other === undefined ? Number(one !== undefined) - Number(other !== undefined) : orderOf(one, other);
}

function versionFrom(text: string): Version | undefined {
  const found = VERSION.exec(text);
  return found === null ? undefined : { numbers: [Number(found[1]), Number(found[2]), Number(found[3])], pre: found[4] ?? '' };
}

function comparatorFrom(text: string): Comparator | undefined {
  const found = COMPARATOR.exec(text);
  if (found === null) return undefined;
  const [, written, major, minor, patch, pre = ''] = found;
  const number = (part: string | undefined): number | undefined => (part === undefined || /[*xX]/.test(part) ? undefined : Number(part));
  const hasStar = [minor, patch].some((part) => part !== undefined && /[*xX]/.test(part));
  if (pre !== '' && number(patch) === undefined) return undefined;
  return { operator: written ?? (hasStar ? '=' : '^'), major: Number(major), minor: number(minor), patch: number(patch), pre };
}

/** A pre-release is wanted only by a requirement that names one of the same version. */
function namesPre({ numbers: [major, minor, patch] }: Version, comparator: Comparator): boolean {
  return comparator.pre !== '' && comparator.major === major && comparator.minor === minor && comparator.patch === patch;
}

function matches(version: Version, comparator: Comparator): boolean {
  const { operator, major, minor, patch, pre } = comparator;
  const lowest: Version = { numbers: [major, minor ?? 0, patch ?? 0], pre };
  const isExact = patch !== undefined;
  const from = orderOf(version, lowest) >= 0;
  switch (operator) {
    case '>':
      return isExact ? orderOf(version, lowest) > 0 : from && !isBelow(version, after(comparator));
    case '>=':
      return from;
    case '<':
      return orderOf(version, lowest) < 0;
    case '<=':
      return isExact ? orderOf(version, lowest) <= 0 : isBelow(version, after(comparator));
    case '~':
      return from && isBelow(version, minor === undefined ? [major + 1, 0, 0] : [major, minor + 1, 0]);
    case '^':
      return from && isBelow(version, caretEnd(comparator));
    default:
      return isExact ? orderOf(version, lowest) === 0 : from && isBelow(version, after(comparator));
  }
}

type Numbers = Version['numbers'];

/** The first version behind everything that a shortened one stands for. */
function after({ major, minor }: Comparator): Numbers {
  return minor === undefined ? [major + 1, 0, 0] : [major, minor + 1, 0];
}

function caretEnd({ major, minor, patch }: Comparator): Numbers {
  if (major > 0 || minor === undefined) return [major + 1, 0, 0];
  if (minor > 0 || patch === undefined) return [0, minor + 1, 0];
  return [0, 0, patch + 1];
}

// A pre-release of the end is already behind what was asked for.
function isBelow({ numbers }: Version, end: Numbers): boolean {
  return compareNumbers(numbers, end) < 0;
}

function orderOf(left: Version, right: Version): number {
  return compareNumbers(left.numbers, right.numbers) || comparePre(left.pre, right.pre);
}

function compareNumbers(left: Numbers, right: Numbers): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

function comparePre(left: string, right: string): number {
  if (left === right) return 0;
  if (left === '' || right === '') return left === '' ? 1 : -1;
  const lefts = left.split('.');
  const rights = right.split('.');
  for (const [index, part] of lefts.entries()) {
    const other = rights[index];
    if (other === undefined) return 1;
    const isNumber = [/^\d+$/.test(part), /^\d+$/.test(other)] as const;
    if (isNumber[0] !== isNumber[1]) return isNumber[0] ? -1 : 1;
    const order = isNumber[0] ? Number(part) - Number(other) : part < other ? -1 : Number(part > other);
    if (order !== 0) return order;
  }
  return lefts.length - rights.length;
}
