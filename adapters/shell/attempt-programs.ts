/**
 * The programs that run on a machine, in POSIX sh. They are constant text; only the validated name of an attempt comes with them.
 *
 * An attempt is a folder in `~/.runward/attempts`, claimed with mkdir, so that it exists once whatever the network does:
 * `script` and `env` (removed when read), `pid` of the runner, `child_pid` of the script, `stdout`, `stderr`, `timed_out`, and `exit`, written last by a rename.
 */

// The mark lets the answer be found behind whatever a login script prints.
const HEAD = `
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
mask=$(umask)
umask 077
name=$1
root=$HOME/.runward/attempts
dir=$root/$name
answer() {
  printf "@runward %s\\n" "$*"
  exit 0
}
is_ours() {
  [ -n "$1" ] && kill -0 "$1" 2>/dev/null || return 1
  [ -e /proc/self/cmdline ] || return 0
  case $(tr "\\0" " " 2>/dev/null <"/proc/$1/cmdline") in
  *"$name"*) return 0 ;;
  esac
  return 1
}
alive() {
  pid=$(cat "$dir/pid" 2>/dev/null)
  child=$(cat "$dir/child_pid" 2>/dev/null)
  if [ -z "$pid" ]; then
    [ -z "$(find "$dir" -prune -mmin +1 2>/dev/null)" ]
    return
  fi
  is_ours "$pid" || is_ours "$child"
}
`;

// Reads the values and becomes the script: from here on nothing of ours is left in the process.
const CHILD = `
dir=$1
interpreter=$2
while read -r _name _value; do
  _value=$(printf "%b." "$_value")
  export "$_name=\${_value%.}"
done <"$dir/env"
rm -f "$dir/env"
umask "$3"
exec "$interpreter" "$dir/script"
`;

/*
 * Waits for the script and writes down how it ended. TERM asks it to stop the script's process group: the guard sends it when the
 * time is over, the stop program when a person says so. A wait that a signal interrupts is repeated for the real exit code.
 */
const RUNNER = `
dir=$1
seconds=$2
setsid /bin/sh "$dir/child" "$dir" "$3" "$4" >"$dir/stdout" 2>"$dir/stderr" </dev/null &
child=$!
printf "%s\\n" "$child" >"$dir/child_pid"
killer=
stop() {
  interrupted=1
  kill -TERM "-$child" 2>/dev/null || kill -TERM "$child" 2>/dev/null
  [ -z "$killer" ] || return 0
  setsid /bin/sh -c "sleep 30; kill -KILL -$child" &
  killer=$!
}
trap stop TERM
setsid /bin/sh "$dir/guard" "$dir" "$seconds" "$$" "$child" &
guard=$!
code=
while :; do
  interrupted=
  wait "$child"
  last=$?
  if [ -z "$code" ] || [ "$last" -ne 127 ]; then code=$last; fi
  [ -n "$interrupted" ] || break
done
printf "%s\\n" "$code" >"$dir/exit.new" && mv "$dir/exit.new" "$dir/exit"
for helper in $guard $killer; do
  kill -KILL "-$helper" 2>/dev/null || kill -KILL "$helper" 2>/dev/null
done
[ -z "$killer" ] || kill -KILL "-$child" 2>/dev/null
`;

// Outlives a runner that was killed, and then ends the script itself; numbers of processes are used again, so it looks first.
const GUARD = `
sleep "$2"
[ ! -e "$1/exit" ] || exit 0
: >"$1/timed_out"
kill -TERM "$3" 2>/dev/null && exit 0
signal() {
  case $(tr "\\0" " " 2>/dev/null <"/proc/$3/cmdline") in
  *"$2"*) kill "-$1" "-$3" ;;
  *) exit 0 ;;
  esac
}
signal TERM "$1" "$4"
sleep 30
signal KILL "$1" "$4"
`;

const START = `${HEAD}
[ -d "$dir" ] && answer exists
for tool in setsid mktemp find tail head; do
  command -v "$tool" >/dev/null || answer "refused this machine has no $tool"
done
case $(type printf) in
*builtin*) ;;
*) answer "refused the sh of this machine has no printf of its own" ;;
esac
[ -n "$HOME" ] && mkdir -p "$root" 2>/dev/null && [ -w "$root" ] && [ -O "$root" ] ||
  answer "refused the home directory of this user cannot hold .runward/attempts"
new=$(mktemp -d "$root/.new-XXXXXX") || answer "not_sent the home directory of this user cannot be written now"
trap "rm -rf \\"$new\\"" EXIT
: >"$new/env"
size=
while read -r word first rest; do
  case $word in
  seconds) seconds=$first ;;
  shell) interpreter=$first ;;
  env) printf "%s %s\\n" "$first" "$rest" >>"$new/env" ;;
  script) size=$first; break ;;
  esac
done
cat >"$new/script"
[ -n "$size" ] && [ "$(wc -c <"$new/script")" -eq "$size" ] || answer "not_sent the script did not arrive whole"
chmod 700 "$new/script"
cat >"$new/runner" <<"RUNNER"
${RUNNER}
RUNNER
cat >"$new/child" <<"CHILD"
${CHILD}
CHILD
cat >"$new/guard" <<"GUARD"
${GUARD}
GUARD
if ! mkdir "$dir" 2>/dev/null; then
  [ -d "$dir" ] && answer exists
  answer "not_sent the home directory of this user cannot be written now"
fi
mv "$new/env" "$new/script" "$new/runner" "$new/child" "$new/guard" "$dir/"
cd "$HOME" || cd /
env -i PATH="$PATH" HOME="$HOME" setsid /bin/sh "$dir/runner" "$dir" "$seconds" "$interpreter" "$mask" </dev/null >/dev/null 2>&1 &
printf "%s\\n" "$!" >"$dir/pid.new" && mv "$dir/pid.new" "$dir/pid"
find "$root" -mindepth 1 -maxdepth 1 -type d -mtime +90 -exec rm -rf {} + 2>/dev/null
answer started
`;

const LOOK = `${HEAD}
[ -d "$dir" ] || answer absent
if [ ! -e "$dir/exit" ]; then
  alive && answer running
  [ -e "$dir/exit" ] || answer lost
fi
code=$(cat "$dir/exit")
case $code in
"" | *[!0-9]*) answer lost ;;
esac
timed_out=0
[ -e "$dir/timed_out" ] && timed_out=1
size() {
  wc -c <"$1" | tr -d " "
}
out=$(size "$dir/stdout")
err=$(size "$dir/stderr")
part() {
  kept=$2
  [ "$kept" -le "$max" ] || kept=$max
  tail -c "+$(($2 - kept + 1))" "$1" | head -c "$kept"
}
max=$2
printf "@runward ended %s %s %s %s\\n" "$code" "$timed_out" "$out" "$err"
part "$dir/stdout" "$out"
part "$dir/stderr" "$err"
`;

const STOP = `${HEAD}
[ -d "$dir" ] && [ ! -e "$dir/exit" ] && alive || answer ended
if is_ours "$pid"; then
  kill -TERM "$pid"
elif is_ours "$child"; then
  kill -TERM "-$child"
fi
answer stopped
`;

// What still runs is left alone: without its folder its end could not be told.
const REMOVE = `${HEAD}
[ -d "$dir" ] || answer absent
[ -e "$dir/exit" ] || ! alive || answer running
rm -rf "$dir"
answer removed
`;

const PROGRAMS = { start: START, look: LOOK, stop: STOP, remove: REMOVE } as const;

/** The command line that runs one program for one attempt. `name` must be a checked attempt name. */
export function programCommand(program: keyof typeof PROGRAMS, name: string, keptBytes: number): string {
  return `exec /bin/sh -c ${quotedConstant(PROGRAMS[program])} runward ${name} ${keptBytes}`;
}

// For the constant texts above and nothing else: values never stand on a command line.
function quotedConstant(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
