import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GateAnswer, GateQuestion } from '../../../engine/gates/approve.ts';
import { mayDecide, missingForQuorum } from '../../../engine/gates/approve.ts';
import type { Decision, Principal } from '../../../engine/run/record.ts';

const SEED = Number(process.env['SEED'] ?? 7);

const person = (id: string, groups: readonly string[] = []): Principal => ({ id, name: id, kind: 'token', groups });
const alice = person('alice', ['ops', 'dba']);
const bob = person('bob', ['dba']);
const local: Principal = { id: 'local', name: 'local', kind: 'local', groups: [] };

const body = {
  kind: 'approval',
  by: ['group:dba'],
  need: 1,
  needFrom: [],
  self: false,
  timeoutMs: 1000,
  onTimeout: 'stop',
  message: '',
  form: {},
} as const;
const question = (change: Partial<GateQuestion> = {}): GateQuestion => ({
  body,
  requester: alice,
  planHash: 'aaaaaaaa1',
  deadlineAtMs: 1000,
  decisions: [],
  localMode: false,
  ...change,
});
const answer = (change: Partial<GateAnswer> = {}): GateAnswer => ({
  principal: bob,
  planHash: 'aaaaaaaa1',
  answer: 'approve',
  atMs: 500,
  ...change,
});
const decision = (by: Principal, word: Decision['answer'] = 'approve'): Decision => ({ by, answer: word, atMs: 1, self: false });

describe('an answer to a gate', () => {
  test('counts from an eligible person who did not ask for the run', () => {
    expect(mayDecide(question(), answer())).toEqual({ kind: 'allowed', self: false });
  });

  test.each([
    ['about another plan', {}, { planHash: 'bbbbbbbb1' }, 'CONFLICT_STALE_PLAN'],
    ['at the deadline', {}, { atMs: 1000 }, 'GATE_EXPIRED'],
    ['from somebody else', {}, { principal: person('eve', ['ops']) }, 'ACCESS_DENIED'],
    ['from a person whose name is that of a group', {}, { principal: person('dba') }, 'ACCESS_DENIED'],
    ['from the requester', {}, { principal: alice }, 'ACCESS_SELF_APPROVAL'],
    ['from the requester under another name', {}, { principal: { ...alice, name: 'someone' } }, 'ACCESS_SELF_APPROVAL'],
    ['a second time', { decisions: [decision(bob)] }, {}, 'CONFLICT_STATE'],
    ['the local person on a shared server', {}, { principal: local }, 'ACCESS_DENIED'],
  ] as const)('is refused %s', (_what, inQuestion, inAnswer, code) => {
    expect(mayDecide(question(inQuestion), answer(inAnswer))).toMatchObject({ kind: 'refused', code });
  });

  test('the local person may approve an own request, and the decision is marked', () => {
    expect(mayDecide(question({ requester: local, localMode: true }), answer({ principal: local }))).toEqual({
      kind: 'allowed',
      self: true,
    });
  });

  test('a runbook may let the starter decide; that is marked as well', () => {
    expect(mayDecide(question({ body: { ...body, self: true } }), answer({ principal: alice }))).toEqual({ kind: 'allowed', self: true });
  });

  test('the requester may deny', () => {
    expect(mayDecide(question(), answer({ principal: alice, answer: 'deny' })).kind).toBe('allowed');
  });
});

describe('a quorum', () => {
  test('counts different persons and one of each group that must supply one', () => {
    const rule = { need: 2, needFrom: ['group:business'] };
    expect(missingForQuorum(rule, [])).toEqual({ persons: 2, groups: ['group:business'] });
    expect(missingForQuorum(rule, [decision(alice), decision(alice)])).toEqual({ persons: 1, groups: ['group:business'] });
    expect(missingForQuorum(rule, [decision(alice), decision(person('carol', ['business']))])).toEqual({ persons: 0, groups: [] });
    expect(missingForQuorum(rule, [decision(alice), decision(person('carol', ['business']), 'deny')])).toEqual({
      persons: 1,
      groups: ['group:business'],
    });
  });
});

test(`nobody ever approves an own request, with another plan, too late or twice (seed ${SEED})`, () => {
  const people = ['alice', 'bob', 'carol'].map((id) => fc.constant(id));
  const who = fc.record({ id: fc.oneof(...people), groups: fc.subarray(['dba', 'ops']) });
  const property = fc.property(
    who,
    who,
    fc.array(who, { maxLength: 3 }),
    fc.constantFrom('p', 'q'),
    fc.nat({ max: 2000 }),
    (asker, decider, earlier, planHash, atMs) => {
      const requester = person(asker.id, asker.groups);
      const verdict = mayDecide(
        question({ requester, planHash: 'p', decisions: earlier.map((one) => decision(person(one.id))) }),
        answer({ principal: person(decider.id, decider.groups), planHash, atMs }),
      );
      const right =
        asker.id !== decider.id &&
        planHash === 'p' &&
        atMs < 1000 &&
        decider.groups.includes('dba') &&
        !earlier.some((one) => one.id === decider.id);
      expect(verdict.kind === 'allowed').toBe(right);
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 2000 });
});
