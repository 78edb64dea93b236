/** What a filter looks at. */
export interface Filterable {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A filter that was understood. */
export interface ResourceFilter {
  readonly keeps: (resource: Filterable) => boolean;
  /** Azure leaves out the tags of what was found by name and value of one. */
  readonly hidesTags: boolean;
  readonly byTags: boolean;
}

type Verb = 'eq' | 'ne' | 'substringof' | 'startswith';
interface Leaf {
  readonly verb: Verb;
  readonly property: string;
  readonly value: string;
}
interface Joined {
  readonly join: 'and' | 'or';
  readonly parts: readonly Node[];
}
type Node = Leaf | Joined;

/** Properties that are compared as wholes, and those in which a part may be looked for (docs: Resources - List). */
const COMPARED = [
  'location',
  'resourcetype',
  'name',
  'resourcegroup',
  'identity',
  'identity/principalid',
  'plan',
  'plan/publisher',
  'plan/product',
  'plan/name',
  'plan/version',
  'plan/promotioncode',
];
const SEARCHED = ['name', 'resourcegroup'];

/** Reads a `$filter` of a list of resources or groups; undefined for one that Azure does not take. */
export function resourceFilter(text: string): ResourceFilter | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const reader = { tokens, place: 0 };
  const node = readJoined(reader, 'or');
  if (node === undefined || reader.place < tokens.length) return undefined;
  const leaves = leavesOf(node);
  const byTags = leaves.some(({ property }) => property.startsWith('tag'));
  if (byTags ? !areTags(node, leaves) : !leaves.every(isComparison)) return undefined;
  const tag = {
    name: leaves.find(({ property }) => property === 'tagname'),
    value: leaves.find(({ property }) => property === 'tagvalue'),
  };
  if (!byTags) return { keeps: (resource) => holds(node, resource), hidesTags: false, byTags };
  return { keeps: (resource) => hasTag(resource, tag), hidesTags: tag.value !== undefined, byTags };
}

/** Tags stand alone: a name, a name with its value, or the beginning of a name. */
function areTags(node: Node, leaves: readonly Leaf[]): boolean {
  const shape = leaves.map(({ property, verb }) => `${property} ${verb}`).join();
  return (
    shape === 'tagname eq' ||
    shape === 'tagname startswith' ||
    (shape === 'tagname eq,tagvalue eq' && 'join' in node && node.join === 'and')
  );
}

function isComparison({ verb, property }: Leaf): boolean {
  return verb === 'substringof' ? SEARCHED.includes(property) : verb !== 'startswith' && COMPARED.includes(property);
}

function hasTag({ tags = {} }: Filterable, wanted: { readonly name: Leaf | undefined; readonly value: Leaf | undefined }): boolean {
  const name = wanted.name?.value.toLowerCase() ?? '';
  return Object.entries(tags).some(([key, value]) => {
    const named = wanted.name?.verb === 'startswith' ? key.toLowerCase().startsWith(name) : key.toLowerCase() === name;
    return named && (wanted.value === undefined || value === wanted.value.value);
  });
}

function holds(node: Node, resource: Filterable): boolean {
  if ('join' in node)
    return node.join === 'and' ? node.parts.every((part) => holds(part, resource)) : node.parts.some((part) => holds(part, resource));
  const is = propertyOf(resource, node.property)?.toLowerCase();
  const wanted = node.value.toLowerCase();
  if (node.verb === 'substringof') return is?.includes(wanted) === true;
  return (is === wanted) === (node.verb === 'eq');
}

/** Nothing in this world has an identity or a plan. */
function propertyOf(resource: Filterable, property: string): string | undefined {
  switch (property) {
    case 'location':
      return resource.location;
    case 'resourcetype':
      return resource.type;
    case 'name':
      return resource.name;
    case 'resourcegroup':
      return resource.id.split('/')[4];
  }
  return undefined;
}

function leavesOf(node: Node): readonly Leaf[] {
  return 'join' in node ? node.parts.flatMap(leavesOf) : [node];
}

interface Reader {
  readonly tokens: readonly string[];
  place: number;
}

/** Words, brackets, commas and texts; a text keeps its opening quote. */
function tokensOf(text: string): readonly string[] | undefined {
  const tokens: string[] = [];
  const next = /\s*(?:([(),])|'((?:[^']|'')*)'|([A-Za-z][\w/]*))\s*/y;
  while (next.lastIndex < text.length) {
    const found = next.exec(text);
    if (found === null) return undefined;
    tokens.push(found[1] ?? found[3] ?? `'${(found[2] ?? '').replaceAll("''", "'")}`);
  }
  return tokens;
}

function readJoined(reader: Reader, join: 'and' | 'or'): Node | undefined {
  const read = (): Node | undefined => (join === 'or' ? readJoined(reader, 'and') : readTerm(reader));
  const parts = [read()];
  while (reader.tokens[reader.place]?.toLowerCase() === join) {
    reader.place += 1;
    parts.push(read());
  }
  const whole = parts.filter((part) => part !== undefined);
  if (whole.length < parts.length) return undefined;
  return whole.length === 1 ? whole[0] : { join, parts: whole };
}

function readTerm(reader: Reader): Node | undefined {
  const [first = '', second = '', third = '', fourth = '', fifth = '', sixth = ''] = reader.tokens.slice(reader.place);
  if (first === '(') {
    reader.place += 1;
    const inner = readJoined(reader, 'or');
    if (reader.tokens[reader.place] !== ')') return undefined;
    reader.place += 1;
    return inner;
  }
  const verb = first.toLowerCase();
  if ((verb === 'substringof' || verb === 'startswith') && second === '(' && fourth === ',' && sixth === ')') {
    reader.place += 6;
    const [text, property] = verb === 'substringof' ? [third, fifth] : [fifth, third];
    return leaf(verb, property, text);
  }
  const compared = second.toLowerCase();
  if (compared !== 'eq' && compared !== 'ne') return undefined;
  reader.place += 3;
  return leaf(compared, first, third);
}

function leaf(verb: Verb, property: string, text: string): Leaf | undefined {
  return text.startsWith("'") && !property.startsWith("'") ? { verb, property: property.toLowerCase(), value: text.slice(1) } : undefined;
}
