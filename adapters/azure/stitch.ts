/**
 * Reads a list over all its pages. Pages are cut when they are read: when things come and go meanwhile, one of them may stand on two
 * pages, and then another may stand on none, so the list is read once more and what either reading has counts. Keys are ids in lower case.
 */
export async function stitched<Entry extends { readonly id?: string | undefined }>(
  read: () => AsyncIterable<Entry>,
): Promise<ReadonlyMap<string, Entry>> {
  const found = new Map<string, Entry>();
  const repeats = await readInto(found, read());
  if (repeats) await readInto(found, read());
  return found;
}

/** Whether an entry came twice. */
async function readInto<Entry extends { readonly id?: string | undefined }>(
  found: Map<string, Entry>,
  list: AsyncIterable<Entry>,
): Promise<boolean> {
  const seen = new Set<string>();
  let repeats = false;
  for await (const entry of list) {
    const key = (entry.id ?? '').toLowerCase();
    repeats ||= seen.has(key);
    seen.add(key);
    found.set(key, entry);
  }
  return repeats;
}
