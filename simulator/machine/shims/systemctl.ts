import { GAP } from './gap.ts';

/**
 * systemctl over unit files. The state of a unit is files in /run/sim/units: NAME.active holds the start it belongs to, NAME.failed says that the
 * last start failed, NAME.up follows when the port of that start is open. Exit codes are those of systemd.
 */
export const systemctl = `#!/bin/sh
${GAP}
state=/run/sim/units
asked="$*" quiet= now= property=
verb=
units=
while [ "$#" -gt 0 ]; do
  case "$1" in
    -q|--quiet) quiet=1 ;;
    --now) now=1 ;;
    --wait) ;;
    --type=service) ;;
    --no-pager|--plain|--no-legend|--full|-l|--no-ask-password|--system) ;;
    --) ;;
    -p) property=$2; shift ;;
    --property=*) property=\${1#*=} ;;
    -*) gap systemctl "$asked" ;;
    *) if [ -z "$verb" ]; then verb=$1; else units="$units \${1%.service}"; fi ;;
  esac
  shift
done

file_of() {
  for folder in /etc/systemd/system /usr/local/lib/systemd/system; do
    [ -f "$folder/$1.service" ] && { echo "$folder/$1.service"; return 0; }
  done
  return 1
}
need() {
  file_of "$1" > /dev/null && return 0
  echo "Unit $1.service could not be found." >&2
  exit "$2"
}
need_to() {
  file_of "$2" > /dev/null && return 0
  echo "Failed to $1 $2.service: Unit $2.service not found." >&2
  exit 5
}
say() { [ -n "$quiet" ] || echo "$1"; }
active_state() {
  if [ -f "$state/$1.active" ]; then echo active; elif [ -f "$state/$1.failed" ]; then echo failed; else echo inactive; fi
}
enabled_state() {
  if [ -L "/etc/systemd/system/$1.service" ] && [ "$(readlink "/etc/systemd/system/$1.service")" = /dev/null ]; then echo masked
  elif [ -L "/etc/systemd/system/multi-user.target.wants/$1.service" ]; then echo enabled
  else echo disabled; fi
}
fail_start() {
  : > "$state/$1.failed"
  echo "Job for $1.service failed because $2." >&2
  exit 1
}
start_unit() {
  [ -f "$state/$1.active" ] && return 0
  rm -f "$state/$1.failed" "$state/$1.error"
  unit=$(file_of "$1")
  grep -q '^X-Sim-Fail=1' "$unit" && fail_start "$1" "the control process exited with error code"
  for env in $(sed -n 's/^EnvironmentFile=\\([^-].*\\)/\\1/p' "$unit"); do
    [ -f "$env" ] || fail_start "$1" "of unavailable resources or another system error"
  done
  generation="$$-$(date +%s%N)"
  echo "$generation" > "$state/$1.active"
  grep -q '^X-Sim-Workload=' "$unit" || return 0
  tries=0
  while [ "$(cat "$state/$1.up" 2> /dev/null)" != "$generation" ]; do
    tries=$((tries + 1))
    [ "$tries" -gt 100 ] && { rm -f "$state/$1.active"; fail_start "$1" "a timeout was exceeded"; }
    sleep 0.05
  done
}
stop_unit() { rm -f "$state/$1.active" "$state/$1.failed" "$state/$1.up"; }
enable_unit() {
  mkdir -p /etc/systemd/system/multi-user.target.wants
  ln -sf "$(file_of "$1")" "/etc/systemd/system/multi-user.target.wants/$1.service"
}

case "$verb" in
  daemon-reload|daemon-reexec) exit 0 ;;
  is-system-running)
    if ls "$state"/*.failed > /dev/null 2>&1; then say degraded; exit 1; fi
    say running; exit 0 ;;
  list-unit-files)
    for file in /etc/systemd/system/*.service /usr/local/lib/systemd/system/*.service; do
      [ -f "$file" ] || [ -L "$file" ] || continue
      name=$(basename "$file" .service)
      echo "$name.service $(enabled_state "$name") enabled"
    done
    exit 0 ;;
  list-units)
    for file in "$state"/*.active "$state"/*.failed; do
      [ -f "$file" ] || continue
      name=$(basename "$file"); name=\${name%.*}
      echo "$name.service loaded $(active_state "$name")"
    done
    exit 0 ;;
esac
[ -n "$units" ] || gap systemctl "$asked"

code=0 shown=
for unit in $units; do
  case "$verb" in
    is-active) found=$(active_state "$unit"); say "$found"; [ "$found" = active ] || { code=3; file_of "$unit" > /dev/null || code=4; } ;;
    is-failed) found=$(active_state "$unit"); say "$found"; [ "$found" = failed ] || code=1 ;;
    is-enabled)
      file_of "$unit" > /dev/null || { echo "Failed to get unit file state for $unit.service: No such file or directory" >&2; code=1; continue; }
      found=$(enabled_state "$unit"); say "$found"; [ "$found" = enabled ] || code=1 ;;
    start) need_to start "$unit"; start_unit "$unit" ;;
    stop) need_to stop "$unit"; stop_unit "$unit" ;;
    restart) need_to restart "$unit"; stop_unit "$unit"; start_unit "$unit" ;;
    reload) need_to reload "$unit"; [ "$(active_state "$unit")" = active ] || { echo "$unit.service is not active, cannot reload." >&2; exit 1; } ;;
    enable) need_to enable "$unit"; enable_unit "$unit"; [ -z "$now" ] || start_unit "$unit" ;;
    disable) need_to disable "$unit"; rm -f "/etc/systemd/system/multi-user.target.wants/$unit.service"; [ -z "$now" ] || stop_unit "$unit" ;;
    mask) mkdir -p /etc/systemd/system; [ ! -f "/etc/systemd/system/$unit.service" ] || [ -L "/etc/systemd/system/$unit.service" ] || {
        echo "Failed to mask unit: File /etc/systemd/system/$unit.service already exists." >&2; exit 1; }
      ln -sfn /dev/null "/etc/systemd/system/$unit.service" ;;
    unmask) [ "$(readlink "/etc/systemd/system/$unit.service" 2> /dev/null)" != /dev/null ] || rm -f "/etc/systemd/system/$unit.service" ;;
    reset-failed) rm -f "$state/$unit.failed" ;;
    cat) need "$unit" 1; file=$(file_of "$unit"); echo "# $file"; cat "$file" ;;
    show)
      [ -z "$shown" ] || echo
      shown=1
      for one in $(echo "$property" | tr , ' '); do
        case "$one" in
          ActiveState) echo "ActiveState=$(active_state "$unit")" ;;
          SubState) case "$(active_state "$unit")" in active) echo SubState=running ;; failed) echo SubState=failed ;; *) echo SubState=dead ;; esac ;;
          UnitFileState) echo "UnitFileState=$(file_of "$unit" > /dev/null && enabled_state "$unit")" ;;
          Names) echo "Names=$unit.service" ;;
          LoadState) if file_of "$unit" > /dev/null; then echo LoadState=loaded; else echo LoadState=not-found; fi ;;
          *) gap systemctl "$asked" ;;
        esac
      done
      [ -n "$property" ] || gap systemctl "$asked" ;;
    status)
      need "$unit" 4
      found=$(active_state "$unit")
      echo "$unit.service - loaded ($(file_of "$unit"); $(enabled_state "$unit")), $found"
      [ "$found" = active ] || code=3 ;;
    *) gap systemctl "$asked" ;;
  esac
done
exit "$code"
`;
