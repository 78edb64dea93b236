import { z } from 'zod';

/** What findings say about a map: its title, and the words that the language knows but this release does not have. */
export interface MapDescription {
  readonly title: string;
  readonly reserved?: readonly string[];
}

/** Descriptions of the maps of all document kinds. */
export const MAPS = z.registry<MapDescription>();
