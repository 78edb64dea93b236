import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../adapters/system/log.ts';

describe('the log', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'runward-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('writes one JSON line a call, with its message and fields', () => {
    const file = join(folder, 'worker.log');
    const log = createLog({ level: 'info', redact: (text) => text, file, fields: { process: 'worker' } });
    log.debug('not written');
    log.info('step submitted', { runId: 'r', attempt: 1 });
    log.error('run parked');
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { level: 'info', msg: 'step submitted', runId: 'r', attempt: 1, process: 'worker' },
      { level: 'error', msg: 'run parked' },
    ]);
    expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('redacts every text: message, names and values at any depth', () => {
    const file = join(folder, 'worker.log');
    const log = createLog({ level: 'debug', redact: (text) => text.replaceAll('hunter2', '***'), file });
    log.warn('said hunter2', { hunter2: ['x hunter2', { deep: 'hunter2', n: 1, nothing: null }], plain: true });
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({ msg: 'said ***', '***': ['x ***', { deep: '***', n: 1, nothing: null }], plain: true });
  });
});
