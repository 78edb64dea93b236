import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApiEvent } from '../../../cli/api-client.ts';
import { applyEvent } from '../../../cli/run-model.ts';
import { renderRunTree, renderSteps, STATUS_WORDS } from '../../../cli/run-tree.ts';
import { eventLine, isQuiet } from '../../../cli/watch-run.ts';
import { drill, model, NOW, row } from './drill.ts';

const SEED = Number(process.env['SEED'] ?? 31);
const view = { nowMs: NOW, columns: 100, colour: false };

const event = (seq: number, path: string | undefined, data: ApiEvent['data'], item?: string): ApiEvent => ({
  seq,
  at: '2026-11-24T09:02:11.482Z',
  type: path === undefined ? 'runward.run.moved' : 'runward.step.still_running',
  ...(path === undefined ? {} : { step: path }),
  ...(item === undefined ? {} : { item }),
  data,
});

describe('the tree', () => {
  test('shows a drill as an operator reads it', () => {
    expect(renderRunTree(model, view)).toEqual([
      'shop-drill #142 · drill · production            ● running 1:00 · RTO 0:42 of 1:00:00',
      'started by alice@corp · plan 5f2c9a1e · https://runward.corp/runs/142',
      '✓ readiness     2 checks: replication, isolated                               0:02',
      '✓ start_gate    Approve the drill                                             0:05',
      '✓ failover_db   2 of 2   db-01 ✓  db-02 ✓                                     0:25',
      '● failover_app  1 of 2   app-01 ✓  app-02 ● 62%                               0:30',
      '◌ repoint_app   repoint_app',
      '◌ cleanup       finally, always · Delete the test machines',
    ]);
  });

  test('the clock of the objective runs on between two snapshots, and stops with the verdict', () => {
    expect(renderRunTree(model, { ...view, nowMs: NOW + 5000 })[0]).toContain('RTO 0:47 of 1:00:00');
    const met = { ...drill, objectives: { rto: { targetMs: 60_000, elapsedMs: 42_000, verdict: 'met' as const } } };
    expect(renderRunTree({ run: met, snapshotAtMs: NOW }, { ...view, nowMs: NOW + 5000 })[0]).toContain('RTO 0:42 of 1:00 met');
  });

  test('a gate says whom it waits for, an error comes first', () => {
    const waiting = {
      ...drill,
      steps: [
        row('start_gate', { status: 'waiting' }),
        row('check', { status: 'failed', error: { kind: 'script', message: 'exit code 3\u001b[2J' } }),
      ],
      waitingFor: [{ step: 'start_gate', kind: 'approval' as const, by: ['group:dr'], message: 'Drill of 10 machines', stepKey: 'k' }],
    };
    const lines = renderSteps({ run: waiting, snapshotAtMs: NOW }, view);
    expect(lines[0]).toBe('◐ start_gate  waits for group:dr · Drill of 10 machines');
    expect(lines[1]).toBe('✗ check       script: exit code 3␛[2J');
  });

  test('a failing readiness check is shown by itself', () => {
    const steps = [
      row('readiness/a', { status: 'succeeded' }),
      row('readiness/b', { status: 'failed', error: { kind: 'assertion', message: 'no' } }),
    ];
    expect(renderSteps({ run: { ...drill, steps }, snapshotAtMs: NOW }, view).map((line) => line.slice(0, 3))).toEqual(['✓ a', '✗ b']);
  });

  test('wide fan-outs show counts and what is not fine', () => {
    const items = Array.from({ length: 20 }, (_, at) => ({
      key: `vm-${at}`,
      status: at === 7 ? ('failed' as const) : ('succeeded' as const),
    }));
    const [line] = renderSteps({ run: { ...drill, steps: [row('patch', { status: 'running', items })] }, snapshotAtMs: NOW }, view);
    expect(line).toBe('● patch      19 of 20   vm-7 ✗');
  });

  test('a short screen folds finished steps and keeps what needs eyes', () => {
    const lines = renderRunTree(model, { ...view, rows: 6 });
    expect(lines).toHaveLength(6);
    expect(lines[2]).toBe('✓ 3 steps');
    expect(lines.join('\n')).toContain('failover_app');
  });

  test('ASCII marks where the locale has no others', () => {
    const text = renderRunTree(model, { ...view, ascii: true }).join('\n');
    for (const { mark } of Object.values(STATUS_WORDS)) if (mark.charCodeAt(0) > 255) expect(text).not.toContain(mark);
    expect(text).toContain('ok start_gate');
  });

  test(`no line is wider than the screen and colour only adds escapes (seed ${SEED})`, () => {
    const property = fc.property(
      fc.integer({ min: 20, max: 140 }),
      fc.string(),
      fc.option(fc.integer({ min: 4, max: 12 }), { nil: undefined }),
      (columns, text, rows) => {
        const steps = [...drill.steps, row('odd', { status: 'failed', error: { kind: 'script', message: text } })];
        const odd = { run: { ...drill, steps }, snapshotAtMs: NOW };
        const shape = { ...view, columns, ...(rows === undefined ? {} : { rows }) };
        const plain = renderRunTree(odd, shape);
        for (const line of plain) expect(Array.from(line).length).toBeLessThanOrEqual(columns);
        const painted = renderRunTree(odd, { ...shape, colour: true }).map((line) =>
          line.replaceAll(new RegExp(`${String.fromCodePoint(27)}\\[\\d+m`, 'g'), '').trimEnd(),
        );
        expect(painted).toEqual(plain);
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });
});

describe('events', () => {
  test('move the step or the item that they are about', () => {
    const after = applyEvent(model, event(57, 'failover_app[app-02]', { state: 'submitted', percent: 80, attempt: 1 }, 'app-02'));
    expect(after.run.steps[4]?.items[1]).toMatchObject({ status: 'running', percent: 80 });
    const done = applyEvent(after, event(58, 'failover_app[app-02]', { state: 'succeeded', attempt: 1 }, 'app-02'));
    expect(done.run.steps[4]?.items[1]).toMatchObject({ status: 'succeeded', endedAt: '2026-11-24T09:02:11.482Z' });
    expect(done.run.seq).toBe(58);
    expect(model.run.steps[4]?.items[1]?.percent).toBe(62);
  });

  test('add items that were not open yet, and retries are seen', () => {
    const opened = applyEvent(model, event(57, 'repoint_app[app-01]', { state: 'ready', attempt: 2 }, 'app-01'));
    expect(opened.run.steps[5]?.items).toMatchObject([{ key: 'app-01', status: 'retrying' }]);
  });

  test('that the snapshot holds already change nothing', () => {
    expect(applyEvent(model, event(56, 'repoint_app', { state: 'failed' }))).toBe(model);
  });

  test('of the run move the run; its end takes the waits away', () => {
    const waiting = {
      ...model,
      run: { ...drill, waitingFor: [{ step: 'x', kind: 'approval' as const, by: [], message: '', stepKey: 'k' }] },
    };
    const ended = applyEvent(waiting, event(57, undefined, { state: 'succeeded', outcome: 'succeeded' }));
    expect(ended.run).toMatchObject({ status: 'succeeded', outcome: 'succeeded', endedAt: '2026-11-24T09:02:11.482Z', waitingFor: [] });
  });

  test('that only say that work goes on are no change', () => {
    expect(isQuiet(event(57, 'x', { state: 'submitted' }))).toBe(true);
    expect(isQuiet(event(57, 'x', { state: 'submitted', percent: 3 }))).toBe(false);
  });

  test('are one line each without a terminal', () => {
    expect(eventLine(142, event(57, 'failover_app[app-02]', { state: 'submitted', percent: 57, attempt: 1 }, 'app-02'))).toBe(
      '2026-11-24T09:02:11.482Z run=142 seq=57 step=failover_app item=app-02 status=running detail="operation 57%"',
    );
    const hostile = eventLine(142, event(58, 'x', { state: 'failed', error: { kind: 'script', message: 'a\nseq=59 status=succeeded' } }));
    expect(hostile).toBe('2026-11-24T09:02:11.482Z run=142 seq=58 step=x status=failed detail="a␊seq=59 status=succeeded"');
  });
});
