type Operator = '=' | '<' | '<=' | '>' | '>=';

interface Bound {
  readonly operator: Operator;
  readonly version: string;
}

const VERSION = /^(?:\d+:)?[0-9A-Za-z.+~:-]+$/;

/** A version, or bounds joined by commas such as `>= 1.2, < 2`; undefined when the text is neither. */
export function parseVersionRange(text: string): readonly Bound[] | undefined {
  const bounds = text.split(',').map((part): Bound | undefined => {
    const match = /^\s*(<=|>=|<|>|=)?\s*(\S+)\s*$/.exec(part);
    const version = match?.[2] ?? '';
    return VERSION.test(version) ? { operator: (match?.[1] ?? '=') as Operator, version } : undefined;
  });
  return bounds.every((bound) => bound !== undefined) ? bounds : undefined;
}

/** True when a version satisfies every bound, in the order of deb-version(7). */
export function versionFits(version: string, range: string): boolean {
  const bounds = parseVersionRange(range);
  return bounds !== undefined && bounds.every((bound) => fits(compareVersions(version, bound.version), bound.operator));
}

function fits(order: number, operator: Operator): boolean {
  switch (operator) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** Orders two Debian versions: epoch, upstream version, revision (deb-version(7)). */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [split(left), split(right)];
  return a.epoch - b.epoch || comparePart(a.upstream, b.upstream) || comparePart(a.revision, b.revision);
}

function split(version: string): { readonly epoch: number; readonly upstream: string; readonly revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

function comparePart(left: string, right: string): number {
  let [a, b] = [left, right];
  while (a !== '' || b !== '') {
    const [textA, textB] = [/^\D*/.exec(a)?.[0] ?? '', /^\D*/.exec(b)?.[0] ?? ''];
    for (let index = 0; index < Math.max(textA.length, textB.length); index += 1) {
      const order = weight(textA[index]) - weight(textB[index]);
      if (order !== 0) return order;
    }
    [a, b] = [a.slice(textA.length), b.slice(textB.length)];
    const [digitsA, digitsB] = [/^\d*/.exec(a)?.[0] ?? '', /^\d*/.exec(b)?.[0] ?? ''];
    const [numberA, numberB] = [BigInt(digitsA || '0'), BigInt(digitsB || '0')];
    if (numberA !== numberB) return numberA < numberB ? -1 : 1;
    [a, b] = [a.slice(digitsA.length), b.slice(digitsB.length)];
  }
  return 0;
}

// A tilde sorts before the end, letters before everything else.
function weight(character: string | undefined): number {
  if (character === '~') return -1;
  if (character === undefined) return 0;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/.test(character) ? code : code + 256;
}
