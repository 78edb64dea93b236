import { commands, type Differing, type SetCommand, type SetKind, type Setting } from '../setting.ts';
import { parseVersionRange } from './debian-version.ts';

interface PackageWish {
  readonly name: string;
  readonly version?: string | undefined;
  readonly held?: boolean | undefined;
  readonly _exist: boolean;
}

const QUIET = `DEBIAN_FRONTEND=noninteractive; APT_LISTCHANGES_FRONTEND=none; export DEBIAN_FRONTEND APT_LISTCHANGES_FRONTEND
apt(){ apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"; }`;

// An installation that would remove something else is refused by apt itself.
const INSTALL: SetKind = {
  name: 'package.install',
  seconds: 600,
  body: `need apt-get; ${QUIET}
apt --no-install-recommends --no-remove \${3:+--allow-change-held-packages} install "$1\${2:+=$2}"`,
};

// What depends on a package would go with it: that is said and not done.
const REMOVE: SetKind = {
  name: 'package.remove',
  seconds: 600,
  body: `need apt-get; need awk; ${QUIET}
o=$(apt -s -o APT::Get::AutomaticRemove=false remove "$1" 2>&1) || fail "$o"
x=$(printf '%s\\n' "$o" | awk -v n="$1" '$1 == "Remv" { split($2, name, ":"); if (name[1] != n) printf "%s ", name[1] }')
[ -z "$x" ] || fail "with $1 these would go as well: $x"
apt -o APT::Get::AutomaticRemove=false remove "$1"`,
};

const MARK: SetKind = { name: 'package.mark', seconds: 60, body: `need apt-mark; apt-mark "$2" "$1"` };

/** How a package becomes as desired. A range takes what the machine's sources offer; the check that follows says whether that fits. */
export function packageSetting(desired: PackageWish, differing: Differing): Setting {
  const { name, held } = desired;
  if (!desired._exist) return commands({ kind: REMOVE, args: [name], summary: `apt-get remove ${name}` });
  const installs = differing.has('/_exist') || differing.has('/version');
  const marks = held !== undefined && (installs || differing.has('/held'));
  const mark = held === true ? 'hold' : 'unhold';
  return commands(
    installs ? installation(desired) : undefined,
    marks ? { kind: MARK, args: [name, mark], summary: `apt-mark ${mark} ${name}` } : undefined,
  );
}

function installation({ name, version, held }: PackageWish): SetCommand {
  const bounds = version === undefined ? [] : (parseVersionRange(version) ?? []);
  const [only] = bounds;
  const exact = bounds.length === 1 && only?.operator === '=' ? only.version : '';
  const summary = `apt-get install ${name}${exact === '' ? '' : `=${exact}`}`;
  return { kind: INSTALL, args: [name, exact, held === undefined ? '' : 'held'], summary };
}
