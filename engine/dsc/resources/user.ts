import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../json.ts';
import { compareExistence, compareValue, type Outcome, unknown } from '../compare.ts';
import { exported } from '../exported.ts';
import type { Fact, Facts } from '../fact.ts';
import { resourceType } from '../resource.ts';
import { allUsers, groupFact, groupsFact, passwordFact, userFact } from './account-facts.ts';
import { absolutePath, accountName, oneLine } from './one-line.ts';
import { userSetting } from './user-setting.ts';

const id = z.number().int().min(0).max(4_294_967_295);

const schema = z.strictObject({
  name: accountName,
  uid: id.optional(),
  gid: id.or(accountName).optional(),
  home: absolutePath.optional(),
  shell: absolutePath.optional(),
  fullName: oneLine.optional(),
  groups: z.array(accountName).max(100).optional().describe('Groups the user is in; with _purge no others'),
  locked: z.boolean().optional(),
  passwordMaxDays: z.number().int().min(0).max(99_999).optional(),
  _purge: z.boolean().default(false),
  _exist: z.boolean().default(true),
});

type User = z.infer<typeof schema>;

/** An account of the name service with its groups and the state of its password, of which only lock and age are read. */
export const user = resourceType<User>({
  type: 'Runward.Linux/User',
  version: '1.0.0',
  summary: 'A user with ids, home, shell, groups and lock',
  schema,
  keys: ['name', '_purge', '_exist'],
  cannotTell: ['the password itself', 'outages of a remote directory'],
  requests: ({ name, gid, groups, locked, passwordMaxDays }) => [
    userFact(name),
    ...(typeof gid === 'string' ? [groupFact(gid)] : []),
    ...(groups === undefined ? [] : [groupsFact(name)]),
    ...(locked === undefined && passwordMaxDays === undefined ? [] : [passwordFact(name)]),
  ],
  judge: (desired, facts) => {
    const fact = facts(userFact(desired.name));
    const existence = compareExistence({ area: 'user', what: desired.name, exist: desired._exist }, fact);
    return existence.done ? existence.outcomes : [...existence.outcomes, ...plain(desired, fact), ...asked(desired, fact, facts)];
  },
  sets: 'useradd, usermod, userdel and chage; the home is not made and not removed, and root stays',
  setting: userSetting,
  exporting: {
    isName: (text) => schema.shape.name.safeParse(text).success,
    list: allUsers(),
    requests: (name) => [userFact(name), groupsFact(name)],
    read: (name, facts) => {
      const groups = facts(groupsFact(name));
      const found = facts(userFact(name));
      if (found.state === 'value' && groups.state !== 'value')
        return { kind: 'unknown', reason: groups.state === 'unknown' ? groups.reason : 'absent' };
      return exported(found, { name }, ({ uid, gid, home, shell, fullName }) => ({
        uid: uid ?? 0,
        gid: gid ?? 0,
        home: home ?? '',
        ...(shell === '' ? {} : { shell: shell ?? '' }),
        ...(fullName === '' ? {} : { fullName: fullName ?? '' }),
        groups: groups.state === 'value' ? groups.value : [],
      }));
    },
  },
});

function plain(desired: User, fact: Fact): readonly Outcome[] {
  return (['uid', 'home', 'shell', 'fullName'] as const).flatMap((property) => {
    const wanted = desired[property];
    if (wanted === undefined) return [];
    const compared = { area: 'user', what: desired.name, property, desired: wanted };
    return [compareValue(compared, fact, { read: (value) => (value as JsonObject)[property] })];
  });
}

function asked(desired: User, fact: Fact, facts: Facts): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  if (desired.gid !== undefined) outcomes.push(primaryGroup(desired, fact, facts));
  if (desired.groups !== undefined) outcomes.push(groups(desired, desired.groups, facts(groupsFact(desired.name))));
  const head = { area: 'user', what: desired.name };
  // Accounts of a directory have no line in /etc/shadow: nobody can tell then.
  const password = facts(passwordFact(desired.name));
  const shadow: Fact = password.state === 'absent' ? { state: 'unknown', reason: 'unsupported' } : password;
  if (desired.locked !== undefined) {
    const read = (value: JsonValue): boolean => (value as JsonObject)['state'] === 'L';
    outcomes.push(compareValue({ ...head, property: 'locked', desired: desired.locked }, shadow, { read }));
  }
  if (desired.passwordMaxDays !== undefined) {
    const compared = { ...head, property: 'passwordMaxDays', desired: desired.passwordMaxDays };
    outcomes.push(compareValue(compared, shadow, { read: (value) => (value as JsonObject)['maxDays'] }));
  }
  return outcomes;
}

function primaryGroup(desired: User, fact: Fact, facts: Facts): Outcome {
  const compared = { area: 'user', what: desired.name, property: 'gid', desired: desired.gid ?? 0 };
  const read = (value: JsonValue): JsonValue | undefined => (value as JsonObject)['gid'];
  if (typeof desired.gid !== 'string') return compareValue(compared, fact, { read });
  const group = facts(groupFact(desired.gid));
  if (group.state === 'unknown') return unknown(compared, group.reason);
  const wanted = group.state === 'value' ? (group.value as JsonObject)['gid'] : undefined;
  return compareValue(compared, fact, { read, equal: (actual) => actual === wanted });
}

function groups(desired: User, wanted: readonly string[], fact: Fact): Outcome {
  const compared = { area: 'user', what: desired.name, property: 'groups', desired: [...wanted] };
  return compareValue(compared, fact, {
    equal: (actual) => {
      const theirs = new Set(actual as readonly string[]);
      return wanted.every((name) => theirs.has(name)) && (!desired._purge || theirs.size === new Set(wanted).size);
    },
  });
}
