import { cksum } from './cksum.ts';
import { quote } from './probe-groups.ts';
import { SHELL_HEAD, TIMEOUT } from './probe-script.ts';
import type { PlannedSet } from './set-plan.ts';
import type { SetCommand } from './setting.ts';

/** What became of one planned instance, as the script says it. Whether the machine is as desired is told by the next check alone. */
export interface SetAnswer {
  /** Exit status of its last command by number of the instance; 90 for one that was left out because what it needs had failed. */
  readonly statuses: ReadonlyMap<number, number>;
  /** The end of what a failed instance printed. */
  readonly said: ReadonlyMap<number, string>;
  /** True when the machine asks for a restart. */
  readonly restart: boolean;
  /** False when the script did not come to its end, or its answer was cut. */
  readonly complete: boolean;
}

const LEFT_OUT = 90;
const SAID_BYTES = 300;
const SAID_MAX = 5;

const LIBRARY = `need(){ command -v "$1" >/dev/null 2>&1 || { printf '%s is not there\\n' "$1"; exit 11; }; }
fail(){ printf '%s\\n' "$1"; exit 1; }`;

/** Runs one instance unless something it needs has failed, and tells the end of what a failed one printed. */
const ONE = `run(){ RW_T=$1; _b=$2; shift 2
rw_t $RW_AS sh -c "$RW_LIB
$_b" rw "$@"; }
one(){ _i=$1; _d=$2; _f=$3
for _x in $_d; do case "$RW_BAD " in *" $_x "*) RW_BAD="$RW_BAD $_i"; RW_ALL="$RW_ALL $_i:${LEFT_OUT}"; return;; esac; done
$_f >"$RW_O" 2>&1 </dev/null; _s=$?; RW_ALL="$RW_ALL $_i:$_s"
[ $_s -eq 0 ] && return; RW_BAD="$RW_BAD $_i"; RW_SAID=$((RW_SAID+1)); [ $RW_SAID -le ${SAID_MAX} ] || return
_o=$(tail -c ${SAID_BYTES} "$RW_O" | rw_enc); printf 'RW1 S %s %s %s\\n' $RW_N $_i "$(printf %s $_o)"; }`;

/**
 * One POSIX script that sets every planned instance in order and prints how each ended. Everything stands in a function that the last line
 * calls, so a script that was cut changes nothing. A user who is not root does it by sudo where that asks for no password.
 */
export function setScript(sets: readonly PlannedSet[], nonce: string): string {
  const kinds = new Map(sets.flatMap(({ commands }) => commands.map(({ kind }) => [kind.name, kind])));
  const names = new Map([...kinds.keys()].map((name, index) => [name, `RW_K${index + 1}`]));
  const call = ({ kind, args, input }: SetCommand): string => {
    const words = ['run', String(kind.seconds), `"$${names.get(kind.name)}"`, ...args.map(quote)].join(' ');
    return input === undefined ? words : `printf %s ${quote(input)} | ${words}`;
  };
  const runs = sets.filter(({ commands }) => commands.length > 0);
  const bad = sets.filter(({ commands }) => commands.length === 0).map(({ number }) => ` ${number}`);
  return `main(){ ${SHELL_HEAD}; umask 022
RW_N=${nonce}; RW_BAD='${bad.join('')}'; RW_ALL=; RW_SAID=0
RW_LIB=${quote(LIBRARY)}
if command -v base64 >/dev/null 2>&1; then RW_E=b64; rw_enc(){ base64 | tr -d '\\n'; }; else RW_E=hex; rw_enc(){ od -An -v -tx1 | tr -d ' \\n'; }; fi
RW_T=5
${TIMEOUT}
RW_AS=; [ "$(id -u)" = 0 ] || { sudo -n true >/dev/null 2>&1 && RW_AS='sudo -n env LC_ALL=C'; }
RW_O=$(mktemp 2>/dev/null) || RW_O=/dev/null; trap '[ "$RW_O" = /dev/null ] || rm -f -- "$RW_O"' EXIT
${ONE}
${[...kinds].map(([name, kind]) => `${names.get(name)}=${quote(kind.body)}`).join('\n')}
${runs.map(({ number, commands }) => `set_${number}(){ ${commands.map(call).join(' && ')}; }`).join('\n')}
${runs.map(({ number, after }) => `one ${number} ${quote(after.join(' '))} set_${number}`).join('\n')}
_r=no; [ -e /run/reboot-required ] && _r=restart
_l="$RW_E $_r$RW_ALL"; set -- $(printf %s "$_l" | cksum); printf 'RW1 T %s %s %s\\n' $RW_N $1 "$_l"
}
main
`;
}

/** Reads the output of a set script: lines without this nonce are noise of the target. Never throws for what came. */
export function readSetAnswer(output: string, nonce: string): SetAnswer {
  const lines = output.split('\n').flatMap((line) => {
    const [mark, kind, theirs, ...fields] = line.split(' ');
    return mark === 'RW1' && theirs === nonce ? [{ kind, fields }] : [];
  });
  const [crc, ...rest] = lines.findLast(({ kind }) => kind === 'T')?.fields ?? [];
  const complete = crc !== undefined && Number(crc) === cksum(rest.join(' '));
  const [encoding, restart, ...ended] = complete ? rest : [];
  const statuses = ended
    .map((one) => one.split(':').map(Number))
    .flatMap(([id, status]) => (id && status !== undefined ? [[id, status] as const] : []));
  const said = lines
    .filter(({ kind }) => kind === 'S')
    .map(({ fields }) => [Number(fields[0]), sentence(fields[1] ?? '', encoding)] as const)
    .filter(([, text]) => text !== '');
  return { statuses: new Map(statuses), said: new Map(said), restart: restart === 'restart', complete };
}

/** The last line of what was printed. */
function sentence(data: string, encoding: string | undefined): string {
  const text = decoded(data, encoding);
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

function decoded(data: string, encoding: string | undefined): string {
  try {
    const bytes =
      encoding === 'hex'
        ? Uint8Array.from(data.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
        : Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    return '';
  }
}
