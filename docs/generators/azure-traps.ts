import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { code, page, table } from './markdown.ts';

/** A habit of Azure or of its SDKs that misleads whoever does not know it, and what runward does about it. */
export interface AzureTrap {
  readonly id: string;
  readonly trap: string;
  readonly rule: string;
  /** Why no test proves the rule; absent when one does. */
  readonly unproven?: string;
}

/** The traps by number. A test proves one by naming its number in its title. */
export const AZURE_TRAPS: readonly AzureTrap[] = [
  trap(
    '01',
    'A request is repeated below the surface: on a server error, a reset, a time-out',
    'one send is one request on the wire, for every operation',
  ),
  trap('02', 'The SDKs send the token to whatever host a URL in an answer names', 'a list of hosts; elsewhere nothing is sent'),
  trap('03', 'A client that somebody builds elsewhere has the defaults of the SDK', 'clients are built in one file'),
  trap('04', 'Retries and redirects of the pipeline turn one POST into many', 'both are taken out of the pipeline that sends'),
  trap('05', '`begin…` polls after the request was accepted, and throws when that poll fails', 'the captured answer is the outcome'),
  trap(
    '06',
    'The SDK fails on a final 204, and on a 404 at a URL that has expired after success',
    'an end that cannot be read sends us to the target',
  ),
  trap('07', 'An empty answer to a poll, or a 202 without headers, counts as success in the SDK', 'it is no information'),
  trap(
    '08',
    "The state of another operation can be followed as one's own",
    'what is adopted must be of the same vault, machine, kind and time',
  ),
  trap('09', 'Vault and group change places between the SDKs, and both are text', 'the order stands in one file, and each path is tested'),
  trap('10', 'The SDK loses the code of an error that has no envelope', 'the raw body is read'),
  trap('11', 'The header that names the job comes twice and is joined', 'what stands before the comma; else the URL names it'),
  trap('12', 'Lists of jobs leave out whose request started them', 'lists give ids, a read of each job gives the mark'),
  trap('13', 'A job that has just begun names neither its kind nor its machine', 'only the request id tells whose it is'),
  trap('14', 'Lists of recovery plans leave the groups empty', 'plans are read one by one'),
  trap('15', '"Nothing runs" is null in one place and an object named "None" in another', 'one reader knows both'),
  trap(
    '16',
    'Times that were never set are the year 1 or 1753, and times lose digits',
    'those are absent; a difference counts from one second on',
  ),
  trap('17', 'Ids come back in other spellings', 'compared without case, kept as written'),
  trap('18', 'Azure-to-Azure protection has no planned failover', 'a planned move is a failover that shuts the source down first'),
  trap(
    '19',
    'The recovery plan offers a re-protect that fails, and the word never shows for a machine',
    'each machine is switched by itself',
  ),
  trap('20', 'A switch gives the protected machine another id', 'what is locked and compared is what stays'),
  trap(
    '21',
    'A switch deletes the machine at the original side, and commits by itself',
    'it is severe, says so, and refuses what nobody committed',
  ),
  trap('22', 'A finished switch or protection is not a protected machine', 'the state and a recovery point decide'),
  trap('23', 'A finished operation of Backup means that a job was made', 'its job is followed'),
  trap('24', 'A script may run while its resource is not shown, and may have ended while it is "creating"', 'its execution state decides'),
  trap('25', 'Of a long output only the end comes back', 'it is marked as cut and begins at a whole line'),
  trap('26', 'A stopped machine is still billed', 'only deallocated counts'),
  trap('27', 'The provisioning state keeps the failure of an earlier operation', 'power decides'),
  trap(
    '28',
    'The recovery point objective of a machine freezes when it has failed over, and is empty before the first point',
    'then there is none',
  ),
  trap('29', 'A warning about a missing test failover follows every switch', 'it does not stop the way back'),
  trap('30', 'Why a job failed stands two levels deep', 'the innermost reason is told'),
  trap('31', 'A plan fails as a whole while some of its machines came up', 'the step fails, names both, and hands on what exists'),
  trap(
    '32',
    'What a test failover left blocks the next one and the failover',
    'it is refused by name, and a cleanup is done when nothing is left',
  ),
  trap('33', 'Who may start an operation may not be allowed to read its URL', 'the job is read first, the URL second, the target last'),
  trap('34', 'A lock refuses with the status of a conflict', 'it is a refusal of its own kind'),
  trap('35', 'A cancel is accepted and refused later', 'a cancelled run follows what was accepted to its own end'),
  trap('36', 'URLs of operations are signed and three thousand characters long', 'they are kept and sent byte for byte'),
  trap(
    '37',
    'Disks and interfaces outlive their machine and stay billed',
    'each is deleted and looked for; where the machine is gone already, disks of its name that are in no machine fail the step',
  ),
  trap('38', 'One field is a number here and a text there; dates are American in one bag', 'read where they come in, never in actions'),
  trap('39', 'Lists move while their pages are read', 'pages are put together, and doubles fall out'),
  trap(
    '40',
    'Those who follow operations use up what the next request needs',
    'their pace follows what Azure says is left, and one list tells which jobs of a vault have changed',
  ),
  trap('41', 'A token ends in the middle, or more claims are asked for', 'fetched before the intent; at most one repetition, after a 401'),
  trap('42', 'A vault keeps a backup that was deleted', 'it is told as such, and nothing is added to it'),
];

/** docs/reference/azure-traps.md: each trap with its rule and the tests that prove it. */
export function azureTrapsPage(): string {
  const proofs = trapProofs();
  const rows = AZURE_TRAPS.map(({ id, trap: habit, rule, unproven }) => [
    id,
    habit,
    rule,
    unproven ?? (proofs.get(id) ?? []).map((file) => code(file.replace(/^test\//, ''))).join(', '),
  ]);
  return page(
    'Traps of Azure',
    'Habits of Azure and of its SDKs that mislead whoever does not know them, the rule that runward has against each, and the tests (below `test/`) whose\ntitles name it. `contracts` and `integration` use the unmodified SDKs over TLS.',
    [table(['Id', 'Trap', 'Rule', 'Proven by'], rows)],
  );
}

/** Files of tests by the id of each trap that a title of theirs names. */
export function trapProofs(): ReadonlyMap<string, readonly string[]> {
  const root = join(import.meta.dirname, '..', '..');
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file.replaceAll('\\', '/')}`)
    .toSorted();
  const proofs = new Map<string, string[]>();
  for (const file of files) {
    for (const [title] of readFileSync(join(root, file), 'utf8').matchAll(/['"`](?:AZ-\d\d )*AZ-\d\d: /g)) {
      for (const [id] of title.matchAll(/AZ-\d\d/g)) {
        const known = proofs.get(id) ?? [];
        if (!known.includes(file)) proofs.set(id, [...known, file]);
      }
    }
  }
  return proofs;
}

function trap(number: string, habit: string, rule: string): AzureTrap {
  return { id: `AZ-${number}`, trap: habit, rule };
}
