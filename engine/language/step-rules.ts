import { ownerOfStep } from './step-places.ts';
import { cycleFrom } from './cycle.ts';
import { didYouMean, quoted, type Report } from './diagnostics.ts';
import { parseDurationMs } from './duration.ts';
import { parseInstantMs } from './instant.ts';
import { nearest } from './near.ts';
import { BODIES, fanOutsOf, type OutlinedStep } from './outline.ts';
import { cleanupAround, retryOf } from './rollback-rules.ts';
import { WAVE_NAMES } from './scope-types.ts';
import { hasExpression } from './template.ts';
import { child, type Entry, entriesOf, entryOf, itemsOf, pointerOf, type ScalarNode, textOf } from './tree.ts';

const LEAF: readonly string[] = ['uses', 'run'];
const BLOCK: readonly string[] = ['steps', 'parallel'];

// The bodies on which a key may stand; keys that are not listed stand on every step.
const KEY_PLACES: Readonly<Record<string, { readonly on: readonly string[]; readonly why: string }>> = {
  with: { on: ['uses', 'call'], why: 'arguments belong to an action; a script takes env' },
  shell: { on: ['run'], why: 'only scripts have a shell' },
  env: { on: ['run'], why: 'values reach scripts through env, actions through with' },
  effect: { on: ['run'], why: 'an action has its effect class from the catalogue' },
  done_when: { on: ['run'], why: 'only scripts with effect guarded need it' },
  target: { on: [...LEAF, ...BLOCK], why: 'it reaches no machine' },
  for_each: { on: [...LEAF, ...BLOCK], why: 'it does nothing per item' },
  as: { on: [...LEAF, ...BLOCK], why: 'it has no items' },
  rollout: { on: [...LEAF, ...BLOCK], why: 'it has no items' },
  max_parallel: { on: ['parallel'], why: 'it bounds branches; for items write rollout.max_parallel' },
  until: { on: LEAF, why: 'only a read can be asked again' },
  success_if: { on: [...LEAF, 'call'], why: 'it has no result' },
  retry: { on: [...LEAF, ...BLOCK], why: 'there is nothing to try again' },
  finally: { on: BLOCK, why: 'only a block has its own finally' },
  rollback: { on: [...LEAF, ...BLOCK], why: 'it has nothing to undo' },
  rollback_on_failure: { on: [...LEAF, ...BLOCK], why: 'it has nothing to undo' },
  outputs: { on: BODIES.filter((body) => body !== 'undo'), why: 'it has no result' },
  on_failure: { on: [...LEAF, ...BLOCK, 'manual', 'wait', 'assert', 'call', 'undo'], why: 'a denied approval ends the run' },
  windows: { on: BLOCK, why: 'a window belongs to a block or to the runbook' },
  at_window_close: { on: BLOCK, why: 'a window belongs to a block or to the runbook' },
};

const RESERVED_ENV = /^(RUNWARD_.*|LD_.*|PATH|IFS|ENV|BASH_ENV|SHELLOPTS|PS4|NODE_OPTIONS)$/;

/** Checks what one step may say: its body, the keys beside it, effect, retry, until and environment. */
export function checkStep(step: OutlinedStep, report: Report, allowLocalScripts: boolean | undefined): void {
  checkBodies(step, report);
  checkKeys(step, report);
  checkFanOut(step, report);
  checkNeeds(step, report);
  checkUntil(step, report);
  checkRetry(step, report);
  checkSection(step, report);
  if (step.body === 'run') checkScript(step, report, allowLocalScripts);
  if (step.body === 'approval') checkApproval(step, report);
  if (step.body === 'wait') checkWait(step, report);
  if (step.body === 'parallel') checkCircle(step, report);
}

function checkBodies(step: OutlinedStep, report: Report): void {
  const { bodies, node, path } = step;
  if (bodies.length === 1) return;
  const second = bodies[1];
  if (second !== undefined) {
    const list = bodies.map((body) => body.key).join(', ');
    report(
      'RW209',
      { span: second.keySpan, pointer: pointerOf([...path, second.key]) },
      { id: quoted(step.id), count: String(bodies.length), list },
    );
    return;
  }
  const keys = entriesOf(node).map((entry) => entry.key);
  // A misspelt body is reported where it stands; "has no body" would say the same again.
  const misspelt = keys.some((key) => nearest(key, BODIES) !== undefined);
  if (!misspelt) report('RW209', ownerOfStep(step), { id: quoted(step.id), count: '0', list: 'none' });
}

function checkKeys({ node, body, path }: OutlinedStep, report: Report): void {
  if (body === undefined) return;
  for (const entry of entriesOf(node)) {
    const rule = KEY_PLACES[entry.key];
    if (rule === undefined || rule.on.includes(body)) continue;
    const article = /^[aeiou]/.test(body) ? 'an' : 'a';
    report(
      'RW210',
      { span: entry.keySpan, pointer: pointerOf([...path, entry.key]) },
      { key: quoted(entry.key), body: `${article} ${body}`, why: rule.why },
    );
  }
}

function checkFanOut({ node, path, fanOut }: OutlinedStep, report: Report): void {
  const each = entryOf(node, 'for_each');
  if (each !== undefined && child(node, 'target') !== undefined) {
    report('RW211', { span: each.keySpan, pointer: pointerOf([...path, 'for_each']) }, {});
  }
  const rollout = child(node, 'rollout');
  const afterWave = entryOf(rollout, 'after_wave');
  if (afterWave !== undefined && child(rollout, 'waves') === undefined)
    report(
      'RW203',
      {
        span: afterWave.keySpan,
        pointer: pointerOf([...path, 'rollout']),
        hint: 'after_wave runs between waves, and without waves there is one',
      },
      { key: '"waves"', parent: 'rollout' },
    );
  if (fanOut !== undefined) return checkAlias(node, path, report);
  for (const key of ['rollout', 'as']) {
    const entry = entryOf(node, key);
    if (entry !== undefined) report('RW221', { span: entry.keySpan, pointer: pointerOf([...path, key]) }, {});
  }
}

// An item of this name would hide what every expression can read.
function checkAlias(node: OutlinedStep['node'], path: OutlinedStep['path'], report: Report): void {
  const alias = entryOf(node, 'as');
  const name = textOf(alias?.value);
  if (alias === undefined || name === undefined || (!WAVE_NAMES.has(name) && name !== 'result')) return;
  const place = {
    span: alias.value.span,
    pointer: pointerOf([...path, 'as']),
    hint: `expressions read ${name} already: choose another name`,
  };
  report('RW208', place, { id: quoted(name), what: 'name of an item', separator: '_' });
}

function checkNeeds({ node, path, list, parent, id }: OutlinedStep, report: Report): void {
  const needs = entryOf(node, 'needs');
  if (needs === undefined) return;
  if (list !== 'parallel') return report('RW220', { span: needs.keySpan, pointer: pointerOf([...path, 'needs']) }, {});
  const siblings = itemsOf(child(parent?.node, 'parallel')).flatMap((sibling) => textOf(child(sibling, 'id')) ?? []);
  itemsOf(needs.value).forEach((item, index) => {
    const needed = textOf(item);
    if (needed === undefined || (siblings.includes(needed) && needed !== id)) return;
    const near = nearest(
      needed,
      siblings.filter((sibling) => sibling !== id),
    );
    const place = { span: item.span, pointer: pointerOf([...path, 'needs', index]) };
    report(
      'RW401',
      { ...place, ...(near === undefined ? { hint: 'needs names a sibling in this parallel' } : { hint: didYouMean(near), fix: near }) },
      { id: quoted(needed) },
    );
  });
}

/** Checks that the branches of a block do not wait for each other in a circle: none of them could ever begin. */
function checkCircle({ node, path }: OutlinedStep, report: Report): void {
  const branches = itemsOf(child(node, 'parallel'));
  const needs = new Map(
    branches.map((branch) => [textOf(child(branch, 'id')) ?? '', itemsOf(child(branch, 'needs')).flatMap((item) => textOf(item) ?? [])]),
  );
  for (const [index, branch] of branches.entries()) {
    const id = textOf(child(branch, 'id')) ?? '';
    const way = cycleFrom(id, needs);
    const entry = entryOf(branch, 'needs');
    // A branch that needs itself is reported where it says so.
    if (way === undefined || way.length === 1 || entry === undefined) continue;
    const place = {
      span: entry.keySpan,
      pointer: pointerOf([...path, 'parallel', index, 'needs']),
      hint: `needs form a circle: ${[...way, id].join(' → ')}`,
    };
    return report('RW404', place, { id: quoted(way[1] ?? id), here: quoted(id) });
  }
}

function checkUntil({ node, path, effect }: OutlinedStep, report: Report): void {
  const until = entryOf(node, 'until');
  if (until === undefined || effect === undefined || effect === 'read') return;
  report('RW218', { span: until.keySpan, pointer: pointerOf([...path, 'until']) }, {});
}

function checkRetry(step: OutlinedStep, report: Report): void {
  const retry = retryOf(step);
  if (retry === undefined) return;
  const place = { span: retry.keySpan, pointer: pointerOf([...step.path, retry.key]) };
  // On a blind step a retry must be written out, which this is; only an effect that nobody wrote down is refused.
  if (step.body === 'run' && child(step.node, 'effect') === undefined) report('RW513', place, { what: 'a blind step' });
}

function checkSection(step: OutlinedStep, report: Report): void {
  const body = step.bodies[0];
  if (body === undefined) return;
  const place = { span: body.keySpan, pointer: pointerOf([...step.path, body.key]) };
  const attended = step.body === 'approval' || step.body === 'manual' || step.body === 'call';
  const where = cleanupAround(step);
  if (where !== undefined && attended) report('RW506', place, { what: step.body ?? '', where });
  const windows = entryOf(step.node, 'windows');
  if (where !== undefined && windows !== undefined)
    report('RW506', { span: windows.keySpan, pointer: pointerOf([...step.path, 'windows']) }, { what: 'window', where });
  if (step.section !== 'readiness') return;
  const changes = step.effect !== undefined && step.effect !== 'read';
  if (changes || attended) report('RW505', place, { step: quoted(step.id) });
}

function checkScript(step: OutlinedStep, report: Report, allowLocalScripts: boolean | undefined): void {
  const { node, path } = step;
  const run = entryOf(node, 'run');
  const effect = entryOf(node, 'effect');
  const done = entryOf(node, 'done_when');
  if (run !== undefined) {
    reportDelimiters(run, [...path, 'run'], report);
    if (effect === undefined) report('RW504', { span: run.keySpan, pointer: pointerOf([...path, 'run']) }, {});
    if (allowLocalScripts === false && fanOutsOf(step).length === 0)
      report('RW512', { span: run.keySpan, pointer: pointerOf([...path, 'run']) }, {});
  }
  const doneRun = entryOf(done?.value, 'run');
  if (doneRun !== undefined) reportDelimiters(doneRun, [...path, 'done_when', 'run'], report);
  const guarded = textOf(effect?.value) === 'guarded';
  if (guarded !== (done !== undefined)) {
    const span = done?.keySpan ?? effect?.value.span ?? step.node.span;
    report('RW217', { span, pointer: pointerOf([...path, done === undefined ? 'effect' : 'done_when']) }, {});
  }
  for (const entry of entriesOf(child(node, 'env'))) {
    if (entry.value.kind === 'scalar' && entry.value.value === null)
      report(
        'RW313',
        { span: entry.value.span, pointer: pointerOf([...path, 'env', entry.key]) },
        { name: quoted(entry.key), problem: 'the value is null' },
      );
    if (RESERVED_ENV.test(entry.key))
      report('RW515', { span: entry.keySpan, pointer: pointerOf([...path, 'env', entry.key]) }, { name: quoted(entry.key) });
  }
}

function reportDelimiters(entry: Entry, path: OutlinedStep['path'], report: Report): void {
  const node = entry.value;
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || !hasExpression(node.value)) return;
  const start = node.span.start + node.source.indexOf('${{');
  report('RW501', { span: { start, end: start + lengthOfExpression(node) }, pointer: pointerOf(path) }, {});
}

function lengthOfExpression(node: ScalarNode): number {
  const rest = node.source.slice(node.source.indexOf('${{'));
  const close = rest.indexOf('}}');
  return close < 0 ? 3 : close + 2;
}

function checkApproval({ node, path }: OutlinedStep, report: Report): void {
  const approval = child(node, 'approval');
  const groups = itemsOf(child(approval, 'by')).flatMap((item) => textOf(item) ?? []);
  const from = child(approval, 'need_from');
  itemsOf(from).forEach((item, index) => {
    if (groups.includes(textOf(item) ?? '')) return;
    report(
      'RW223',
      { span: item.span, pointer: pointerOf([...path, 'approval', 'need_from', index]) },
      { problem: 'need_from is not in by' },
    );
  });
  const need = child(approval, 'need');
  if (need?.kind === 'scalar' && typeof need.value === 'number' && need.value < itemsOf(from).length) {
    const problem = `need is ${need.value}, but ${itemsOf(from).length} groups must each supply one`;
    report(
      'RW223',
      { span: need.span, pointer: pointerOf([...path, 'approval', 'need']), hint: 'raise need, or name fewer groups in need_from' },
      { problem },
    );
  }
}

function checkWait({ node, path }: OutlinedStep, report: Report): void {
  const wait = child(node, 'wait');
  const text = textOf(wait);
  const until = child(wait, 'until_time');
  const time = textOf(until);
  if (until !== undefined && time !== undefined && !hasExpression(time) && parseInstantMs(time) === undefined)
    report(
      'RW205',
      { span: until.span, pointer: pointerOf([...path, 'wait', 'until_time']) },
      {
        key: '"until_time"',
        type: 'an RFC 3339 time with an offset',
        found: quoted(time),
        example: 'for example 2026-01-05T22:00:00+01:00',
      },
    );
  if (wait === undefined || text === undefined || hasExpression(text) || parseDurationMs(text) !== undefined) return;
  report('RW213', { span: wait.span, pointer: pointerOf([...path, 'wait']) }, { text: quoted(text) });
}
