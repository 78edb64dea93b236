import { formatInstant, parseInstantMs } from '../language/instant.ts';

/** Before the name of a restore point: the tag of its collection that says until when it is kept. */
const TAG_PREFIX = 'runward_expires_';
/** Tags that Azure keeps on one resource (learn.microsoft.com, "Use tags to organize your Azure resources"). */
const TAGS_MAX = 50;

export type Tags = Readonly<Record<string, string>>;

/** A restore point of which the collection records until when it is kept (milliseconds since 1970). */
export interface KeptPoint {
  readonly name: string;
  readonly untilMs: number;
}

/** The tags with the record of one more point and without the records of the given ones. Azure compares tag names without case. */
export function tagsAfter(tags: Tags, added: KeptPoint, removed: readonly string[]): Tags {
  const gone = new Set([...removed, added.name].map((name) => tagOf(name).toLowerCase()));
  const stay = Object.entries(tags).filter(([tag]) => !gone.has(tag.toLowerCase()));
  return Object.fromEntries([...stay, [tagOf(added.name), formatInstant(added.untilMs)]]);
}

/** True when the tags record exactly this of the point, and nothing of the removed ones. */
export function recordsPoint(tags: Tags, added: KeptPoint, removed: readonly string[]): boolean {
  const recorded = new Map(keptPoints(tags).map(({ name, untilMs }) => [name.toLowerCase(), untilMs]));
  return recorded.get(added.name.toLowerCase()) === added.untilMs && removed.every((name) => !recorded.has(name.toLowerCase()));
}

/** The points whose own recorded time is over. A record that is no time says nothing, so its point stays. */
export function expiredPoints(tags: Tags, nowMs: number): readonly string[] {
  return keptPoints(tags).flatMap(({ name, untilMs }) => (untilMs <= nowMs ? [name] : []));
}

/** How many tags there are too many for Azure; 0 when they fit. */
export function tagsTooMany(tags: Tags): number {
  return Math.max(0, Object.keys(tags).length - TAGS_MAX);
}

function tagOf(name: string): string {
  return `${TAG_PREFIX}${name}`;
}

function keptPoints(tags: Tags): readonly KeptPoint[] {
  return Object.entries(tags).flatMap(([tag, value]) => {
    const untilMs = parseInstantMs(value);
    if (untilMs === undefined || !tag.toLowerCase().startsWith(TAG_PREFIX)) return [];
    return [{ name: tag.slice(TAG_PREFIX.length), untilMs }];
  });
}
