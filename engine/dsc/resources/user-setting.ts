import { cannotSet, commands, type Differing, type SetCommand, type SetKind, type Setting } from '../setting.ts';

interface UserWish {
  readonly name: string;
  readonly uid?: number | undefined;
  readonly gid?: number | string | undefined;
  readonly home?: string | undefined;
  readonly shell?: string | undefined;
  readonly fullName?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly locked?: boolean | undefined;
  readonly passwordMaxDays?: number | undefined;
  readonly _purge: boolean;
  readonly _exist: boolean;
}

// The home is a folder like any other: a File says how it looks.
const ADD: SetKind = { name: 'user.add', seconds: 60, body: 'need useradd; useradd -M "$@"' };
const CHANGE: SetKind = { name: 'user.change', seconds: 60, body: 'need usermod; usermod "$@"' };
const REMOVE: SetKind = { name: 'user.remove', seconds: 60, body: 'need userdel; userdel -- "$1"' };
const AGE: SetKind = { name: 'user.age', seconds: 60, body: 'need chage; chage -M "$2" -- "$1"' };

/** How an account becomes as desired. A new account has no password, which is the same as a locked one. */
export function userSetting(desired: UserWish, differing: Differing): Setting {
  const { name } = desired;
  if (!desired._exist) {
    if (name === 'root') return cannotSet(['/_exist'], 'root is never removed');
    return commands({ kind: REMOVE, args: [name], summary: `userdel ${name}` });
  }
  const isNew = differing.has('/_exist');
  const wanted = (property: string): boolean => isNew || differing.has(`/${property}`);
  return commands(isNew ? added(desired) : changed(desired, wanted), locked(desired, isNew, wanted), aged(desired, wanted));
}

function added(desired: UserWish): SetCommand {
  const { name, groups } = desired;
  const options = [...plain(desired, () => true), ...(groups === undefined || groups.length === 0 ? [] : ['-G', groups.join(',')])];
  return { kind: ADD, args: [...options, '--', name], summary: `useradd ${name}` };
}

function changed(desired: UserWish, wanted: (property: string) => boolean): SetCommand | undefined {
  const { name, groups } = desired;
  const joined = groups !== undefined && wanted('groups') ? [...(desired._purge ? [] : ['-a']), '-G', groups.join(',')] : [];
  const options = [...plain(desired, wanted), ...joined];
  if (options.length === 0) return undefined;
  return { kind: CHANGE, args: [...options, '--', name], summary: `usermod ${options.join(' ')} ${name}` };
}

const OPTIONS = { uid: '-u', gid: '-g', home: '-d', shell: '-s', fullName: '-c' } as const;

function plain(desired: UserWish, wanted: (property: string) => boolean): readonly string[] {
  return (['uid', 'gid', 'home', 'shell', 'fullName'] as const).flatMap((property) => {
    const value = desired[property];
    return value === undefined || !wanted(property) ? [] : [OPTIONS[property], String(value)];
  });
}

function locked({ name, locked }: UserWish, isNew: boolean, wanted: (property: string) => boolean): SetCommand | undefined {
  if (locked === undefined || !wanted('locked') || (isNew && locked)) return undefined;
  const option = locked ? '-L' : '-U';
  return { kind: CHANGE, args: [option, '--', name], summary: `usermod ${option} ${name}` };
}

function aged({ name, passwordMaxDays }: UserWish, wanted: (property: string) => boolean): SetCommand | undefined {
  if (passwordMaxDays === undefined || !wanted('passwordMaxDays')) return undefined;
  return { kind: AGE, args: [name, String(passwordMaxDays)], summary: `chage -M ${passwordMaxDays} ${name}` };
}
