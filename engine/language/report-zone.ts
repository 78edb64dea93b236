import { didYouMean, type FindingPlace, quoted, type Report } from './diagnostics.ts';
import { timeZones } from './instant.ts';
import { nearest } from './near.ts';

/** Reports a text that is no time zone, with the zone that was probably meant. `fixable` where the place holds the name and nothing else. */
export function reportZone(zone: string, place: FindingPlace & { readonly fixable: boolean }, report: Report): void {
  const { fixable, ...at } = place;
  const near = nearest(zone, timeZones());
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), ...(fixable ? { fix: near } : {}) };
  report('RW215', { ...at, ...suggestion }, { zone: quoted(zone) });
}
