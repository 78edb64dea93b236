import { framesOf, type NumberedRequests, quote, type Sharing } from './probe-groups.ts';

/** How much a transport brings back, and what that means for the script. */
export interface ProbeLimits {
  /** Compressed into one line that is never longer than this many characters; undefined sends plain lines as they come. */
  readonly compressedMaxChars?: number;
  /** Bytes of one answer that are read. */
  readonly answerMaxBytes: number;
  /** Seconds that one probe may take. */
  readonly probeSeconds: number;
  /** Which requests share a process; `all` when this is not given. */
  readonly sharing?: Sharing;
}

const LIBRARY = `need(){ command -v "$1" >/dev/null 2>&1 || exit 11; }
why(){ case $1 in *": No such file or directory"|*": Not a directory") exit 10;; *": Permission denied"|*": Operation not permitted") exit 12;; *) exit 70;; esac; }
many(){ exec 3>&1; e=$("$@" 2>&1 >&3 3>&-); s=$?; printf '=%s\\n%s\\n' "$s" "$e"; return $s; }`;

/** How every script of this protocol begins: nothing of the login's language, time zone or path decides what a tool prints. */
export const SHELL_HEAD = `LC_ALL=C; LANG=C; TZ=UTC; export LC_ALL LANG TZ; umask 077; unset CDPATH ENV BASH_ENV; IFS=' 	
'; PATH=\${RW_PATH:+$RW_PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH`;

/** `rw_t`: runs a command for at most RW_T seconds, by the first that works of three spellings of timeout, else by a watcher that kills. */
export const TIMEOUT = `if RW_U=$(timeout -k 1 5 id -u 2>/dev/null) && [ -n "$RW_U" ]; then rw_t(){ timeout -k 1 $RW_T "$@"; }
elif RW_U=$(id -u); timeout 5 true 2>/dev/null; then rw_t(){ timeout $RW_T "$@"; }
elif timeout -t 5 true 2>/dev/null; then rw_t(){ timeout -t $RW_T "$@"; }
else rw_t(){ { "$@" <&3 3<&- & } 3<&0; _p=$!; (sleep $RW_T; kill -9 $_p) >/dev/null 2>&1 & _k=$!; wait $_p; _r=$?; kill -9 $_k 2>/dev/null; return $_r; }
fi`;

// Words of the encoded text are joined by printf, which takes its format again for each: no process is needed for that.
const FRAME = `rw(){ _i=$1; _c=$2; _b=$3; shift 3
_o=$({ { rw_t sh -c "$RW_LIB
$_b" rw "$@" 2>/dev/null </dev/null; printf 'x%03d' $?; } | head -c $((_c+4)); } | rw_enc)
_o=$(printf %s $_o)
set -- $(printf '%s %s' "$_i" "$_o" | cksum)
printf 'RW1 P %s %s %s %s %s\\n' $RW_N $_i \${#_o} $1 "$_o"; RW_C=$((RW_C+1)); RW_S=$((RW_S+\${#_o})); }`;

const COMPRESSED = `if command -v gzip >/dev/null 2>&1 && command -v base64 >/dev/null 2>&1; then
_z=$(rw_all | gzip -9 | base64 | tr -d '\\n')
if [ \${#_z} -le $RW_MAX ]; then printf 'RW1 Z %s 1 1 %s %s\\n' $RW_N \${#_z} "$_z"; return; fi
else
_z=$(rw_all)
if [ \${#_z} -le $RW_MAX ]; then printf '%s\\n' "$_z"; return; fi
fi
printf 'RW1 M %s %s\\n' $RW_N \${#_z}`;

/**
 * One POSIX script that makes all observations and prints a checksummed frame for each. Everything stands in a function that the last
 * line calls, so a script that was cut runs nothing; nothing is written to the target. Arguments are quoted and never part of a body.
 */
export function probeScript(requests: NumberedRequests, nonce: string, limits: ProbeLimits): string {
  const frames = framesOf(requests, limits);
  const bodies = new Map([...new Set(frames.map(({ body }) => body))].map((body, index) => [body, `RW_B${index + 1}`]));
  const calls = frames.map(({ id, body, args, answerMaxBytes }) =>
    ['rw', String(id), String(answerMaxBytes), `"$${bodies.get(body)}"`, ...args.map(quote)].join(' '),
  );
  const send = limits.compressedMaxChars === undefined ? 'rw_all' : COMPRESSED;
  return `main(){ ${SHELL_HEAD}
RW_N=${nonce}; RW_T=${limits.probeSeconds}; RW_MAX=${limits.compressedMaxChars ?? 0}; RW_C=0; RW_S=0; export RW_N
RW_LIB=${quote(LIBRARY)}
if command -v base64 >/dev/null 2>&1; then RW_E=b64; rw_enc(){ base64; }; else RW_E=hex; rw_enc(){ od -An -v -tx1; }; fi
${TIMEOUT}
${FRAME}
${[...bodies].map(([body, name]) => `${name}=${quote(body)}`).join('\n')}
rw_all(){ printf 'RW1 B %s %s %s %s %s\\n' $RW_N ${frames.length} $RW_E "$RW_U" "$(date -u +%s)"
${calls.join('\n')}
printf 'RW1 E %s %s %s\\n' $RW_N $RW_C $RW_S; }
${send}
}
main
`;
}
