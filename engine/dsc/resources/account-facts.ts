import type { JsonValue } from '../../json.ts';
import type { Fact, ManyProbe, ProbeKind, ProbeRequest } from '../fact.ts';
import { onlyLine } from './one-line.ts';
import { heard, oneByOne, spoken } from './spoken.ts';

const PASSWD: ProbeKind = {
  name: 'account.user',
  body: `need getent; getent passwd "$1"; case $? in 0) exit 0;; 2) exit 10;; *) exit 70;; esac`,
  decode: (output, [name]) => {
    const fields = onlyLine(output)?.split(':') ?? [];
    const [theirs, , uid = '', gid = '', fullName = '', home = '', shell = ''] = fields;
    if (fields.length !== 7 || theirs !== name || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
    return { uid: Number(uid), gid: Number(gid), fullName: fullName.split(',')[0] ?? '', home, shell };
  },
  many: names('passwd', (line, name) => PASSWD.decode(line, [name])),
};

const GROUP: ProbeKind = {
  name: 'account.group',
  body: `need getent; getent group "$1"; case $? in 0) exit 0;; 2) exit 10;; *) exit 70;; esac`,
  decode: (output, [name]) => {
    const fields = onlyLine(output)?.split(':') ?? [];
    const [theirs, , gid = ''] = fields;
    return fields.length === 4 && theirs === name && /^\d+$/.test(gid) ? { gid: Number(gid) } : undefined;
  },
  many: names('group', (line, name) => GROUP.decode(line, [name])),
};

/** getent(1) prints who it finds, and ends with 2 when one was not found. */
function names(database: string, decode: (line: string, name: string) => JsonValue | undefined): ManyProbe {
  return {
    body: `need getent; many getent ${database} "$@"; exit 0`,
    decode: (output, asked) => {
      const said = spoken(output);
      if (said === undefined || (said.status !== 0 && said.status !== 2)) return [];
      const read = (line: string): { readonly name: string; readonly value: JsonValue | undefined } => {
        const name = line.slice(0, Math.max(0, line.indexOf(':')));
        return { name, value: decode(`${line}\n`, name) };
      };
      const missing = said.status === 2 ? { silence: { state: 'absent' } as const } : {};
      return heard(said, { names: asked.map(([name]) => name ?? ''), read, ...missing });
    },
  };
}

const GROUPS_OF: ProbeKind = {
  name: 'account.groups',
  body: `need id; id -Gn -- "$1" || exit 70`,
  decode: (output) => onlyLine(output)?.split(' '),
  many: {
    body: `need id; for n; do o=$(id -Gn -- "$n"); printf '=%s %s\\n' "$?" "$o"; done`,
    decode: (output, asked) => oneByOne(output, asked, (text) => text.split(' ')),
  },
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
  many: {
    body: `need awk; o=$(cat -- /etc/shadow 2>&1) || why "$o"
o=$(printf '%s\\n' "$o" | awk -F: -v n=" $* " 'index(n, " " $1 " ") && !h[$1]++ { s = "P"; if ($2 == "") s = "NP"; if ($2 ~ /^[!*]/) s = "L"; print $1, s, ($5 == "" ? "-" : $5) }') || exit 70
printf '%s\\n=0\\n' "$o"`,
    decode: (output, asked) => {
      const said = spoken(output);
      if (said === undefined) return [];
      const read = (line: string): { readonly name: string; readonly value: JsonValue | undefined } => {
        const name = line.split(' ')[0] ?? '';
        return { name, value: SHADOW.decode(`${line.slice(name.length + 1)}\n`, [name]) };
      };
      const absent: Fact = { state: 'absent' };
      return heard(
        { ...said, lines: said.lines.filter((line) => line !== '') },
        { names: asked.map(([name]) => name ?? ''), read, silence: absent },
      );
    },
  },
};

const USERS: ProbeKind = {
  name: 'account.users',
  body: `need getent; need awk; o=$(getent passwd) || exit 70; printf '%s\\n' "$o" | awk -F: '{ print $1 }'`,
  decode: (output) => {
    const names = output.split('\n').filter((line) => line !== '');
    return names.length > 0 && names.every((name) => /^[^\s:]+$/.test(name)) ? names : undefined;
  },
};

/** The names of all users that the name service tells. */
export function allUsers(): ProbeRequest {
  return { kind: USERS, args: [] };
}

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
