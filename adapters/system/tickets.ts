import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, RunwardError } from '../../engine/errors.ts';
import type { Tickets } from '../../engine/ports.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
const ID_FILE = 'ticket-store-id';

/** Tickets in a directory; `id` is the same for everybody who shares it. */
export interface TicketDirectory extends Tickets {
  readonly id: string;
}

/** Opens or makes the directory (mode 0700). It must outlive the store, so it lies outside of it. Throws USAGE_CONFIG_INVALID. */
export async function openTickets(directory: string): Promise<TicketDirectory> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const fresh = await createDurably(directory, ID_FILE, randomUUID());
    assert(fresh !== 'unclear', 'the id of the ticket directory is on disk');
    const id = (await readFile(join(directory, ID_FILE), 'utf8')).trim();
    return { id, create: (name) => createTicket(directory, name) };
  } catch (error) {
    throw new RunwardError('USAGE_CONFIG_INVALID', `the ticket directory ${directory} cannot be used`, { directory }, error);
  }
}

async function createTicket(directory: string, name: string): Promise<'created' | 'exists' | 'unclear'> {
  assert(NAME.test(name) && name !== ID_FILE, 'a ticket has the name of a file');
  return createDurably(directory, name, `${new Date().toISOString()} ${process.pid}\n`);
}

/** Creates the file if it is absent; `created` only when file and directory entry have reached the disk. */
async function createDurably(directory: string, name: string, text: string): Promise<'created' | 'exists' | 'unclear'> {
  let file: FileHandle;
  try {
    file = await open(join(directory, name), 'wx', 0o600);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EEXIST' ? 'exists' : 'unclear';
  }
  try {
    await file.writeFile(text);
    await file.sync();
    await syncDirectory(directory);
    return 'created';
  } catch {
    // The entry may be there and may be lost in a crash: nobody may take this for a permission to send.
    return 'unclear';
  } finally {
    await file.close().catch(() => {});
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
