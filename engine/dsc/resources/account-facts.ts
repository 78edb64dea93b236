import type { ProbeKind, ProbeRequest } from '../fact.ts';
import { onlyLine } from './one-line.ts';

const PASSWD: ProbeKind = {
  name: 'account.user',
  body: `need getent; getent passwd "$1"; case $? in 0) exit 0;; 2) exit 10;; *) exit 70;; esac`,
  decode: (output, [name]) => {
    const fields = onlyLine(output)?.split(':') ?? [];
    const [theirs, , uid = '', gid = '', fullName = '', home = '', shell = ''] = fields;
    if (fields.length !== 7 || theirs !== name || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
    return { uid: Number(uid), gid: Number(gid), fullName: fullName.split(',')[0] ?? '', home, shell };
  },
};

const GROUP: ProbeKind = {
  name: 'account.group',
  body: `need getent; getent group "$1"; case $? in 0) exit 0;; 2) exit 10;; *) exit 70;; esac`,
  decode: (output, [name]) => {
    const fields = onlyLine(output)?.split(':') ?? [];
    const [theirs, , gid = ''] = fields;
    return fields.length === 4 && theirs === name && /^\d+$/.test(gid) ? { gid: Number(gid) } : undefined;
  },
};

const GROUPS_OF: ProbeKind = {
  name: 'account.groups',
  body: `need id; id -Gn -- "$1" || exit 70`,
  decode: (output) => onlyLine(output)?.split(' '),
};

// The hash stays on the target: only whether it locks the password, and the greatest age in days, are printed.
const SHADOW: ProbeKind = {
  name: 'account.password',
  body: `need awk; o=$(cat -- /etc/shadow 2>&1) || why "$o"
o=$(printf '%s\\n' "$o" | awk -F: -v n="$1" '$1 == n { s = "P"; if ($2 == "") s = "NP"; if ($2 ~ /^[!*]/) s = "L"; print s, ($5 == "" ? "-" : $5); exit }')
[ -n "$o" ] || exit 10
printf '%s\\n' "$o"`,
  decode: (output) => {
    const match = /^(L|P|NP) (-|\d{1,6})$/.exec(onlyLine(output) ?? '');
    return match === null ? undefined : { state: match[1] ?? '', maxDays: match[2] === '-' ? null : Number(match[2]) };
  },
};

/** A user by name: ids, home, shell; absent when the name service knows no such user. */
export function userFact(name: string): ProbeRequest {
  return { kind: PASSWD, args: [name] };
}

/** A group by name with its id. */
export function groupFact(name: string): ProbeRequest {
  return { kind: GROUP, args: [name] };
}

/** The names of all groups of a user. */
export function groupsFact(name: string): ProbeRequest {
  return { kind: GROUPS_OF, args: [name] };
}

/** Whether a user's password is locked, and its greatest age. */
export function passwordFact(name: string): ProbeRequest {
  return { kind: SHADOW, args: [name] };
}
