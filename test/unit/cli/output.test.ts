import { describe, expect, test } from 'vitest';
import { confirmDanger } from '../../../cli/confirm.ts';
import { readInputs } from '../../../cli/inputs.ts';
import type { Format } from '../../../cli/output.ts';
import { makeOutput, OUTCOMES, printError } from '../../../cli/output.ts';
import type { Session } from '../../../cli/program-options.ts';
import { ageText, clockText, hasColour, needsAscii, plainText, tableText } from '../../../cli/terminal.ts';
import { ERRORS, RunwardError } from '../../../engine/errors.ts';
import { RUN_WORDS } from '../../../engine/run/run-state.ts';

const sink = (): { readonly write: (text: string) => unknown; readonly text: () => string } => {
  let text = '';
  return { write: (more) => (text += more), text: () => text };
};

const outputTo = (format: Format, quiet = false) => {
  const stdout = sink();
  const stderr = sink();
  return { stdout, stderr, output: makeOutput({ format, quiet, colour: true, stdout, stderr, env: {} }) };
};

describe('data and talk', () => {
  test('data goes to stdout, sentences to stderr, --quiet keeps warnings', () => {
    const { stdout, stderr, output } = outputTo('table', true);
    output.data({ text: () => 'a row', json: {} });
    output.say('next: something');
    output.warn('careful');
    expect([stdout.text(), stderr.text()]).toEqual(['a row\n', 'careful\n']);
  });

  test.each([
    ['json', '{\n  "a": 1\n}\n'],
    ['jsonl', '1\n2\n'],
    ['name', 'x\ny\n'],
    ['none', ''],
  ] as const)('-o %s prints one parseable thing and nothing else', (format, expected) => {
    const { stdout, output } = outputTo(format);
    output.data({ text: () => 'text', json: { a: 1 }, lines: [1, 2], names: ['x', 'y'] });
    expect(stdout.text()).toBe(expected);
  });

  test('an error is a document as well, with its outcome', () => {
    const { stdout, stderr, output } = outputTo('json');
    const exit = printError(output, new RunwardError('ACCESS_DENIED', 'not you', { problem: { requestId: 'r1' } }));
    expect(exit).toBe(4);
    expect(JSON.parse(stdout.text())).toMatchObject({ kind: 'Problem', code: 'ACCESS_DENIED', outcome: 'auth_required', requestId: 'r1' });
    expect(stderr.text()).toBe('error: not you\n');
  });

  test('every exit code of the tables has a word for programs', () => {
    const codes = [...Object.values(ERRORS), ...Object.values(RUN_WORDS)].map(({ exit }) => exit);
    expect([...new Set(codes)].filter((code) => OUTCOMES[code] === undefined)).toEqual([]);
  });
});

describe('colour', () => {
  const terminal = { isTTY: true };
  test.each([
    ['a terminal', terminal, {}, true, true],
    ['a pipe', {}, {}, true, false],
    ['NO_COLOR', terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['an empty NO_COLOR', terminal, { NO_COLOR: '' }, true, true],
    ['TERM=dumb', terminal, { TERM: 'dumb' }, true, false],
    ['FORCE_COLOR in a pipe', {}, { FORCE_COLOR: '1' }, true, true],
    ['CLICOLOR_FORCE in a pipe', {}, { CLICOLOR_FORCE: '1' }, true, true],
    ['--no-color', terminal, { FORCE_COLOR: '1' }, false, false],
  ] as const)('%s', (_what, stream, env, flag, expected) => {
    expect(hasColour(stream, env, flag)).toBe(expected);
  });

  test('marks are ASCII where the locale has no UTF-8', () => {
    expect([needsAscii({ LANG: 'C' }), needsAscii({ LC_ALL: 'en_US.UTF-8' }), needsAscii({})]).toEqual([true, false, false]);
  });
});

describe('text', () => {
  test('control characters of targets are shown, not obeyed', () => {
    expect(plainText('a\u001b[31mb\r\u202ec\u0007')).toBe('a␛[31mb␍�c␇');
  });

  test('times and ages', () => {
    expect([clockText(65_000), clockText(3_672_000), clockText(0), clockText(-1)]).toEqual(['1:05', '1:01:12', '0:00', '0:00']);
    expect([ageText(7 * 60_000), ageText(9 * 3_600_000), ageText(50 * 3_600_000), ageText(3000)]).toEqual(['7m', '9h', '2d', '3s']);
  });

  test('tables: capitals, aligned, an empty cell is a dash', () => {
    expect(
      tableText(
        ['RUN', 'STATUS'],
        [
          ['142', 'running'],
          ['7', ''],
        ],
      ),
    ).toBe('RUN  STATUS\n142  running\n7    -');
  });
});

describe('inputs', () => {
  test('become what the runbook asks for', async () => {
    const shapes = {
      properties: { count: { type: 'integer' }, dry: { type: 'boolean' }, list: { type: 'array' }, code: { type: 'string' } },
    };
    expect(await readInputs(['count=3', 'dry=true', 'list=["a"]', 'code=007', 'note=a=b'], undefined, shapes)).toEqual({
      count: 3,
      dry: true,
      list: ['a'],
      code: '007',
      note: 'a=b',
    });
  });

  test('what is no number, boolean or list stays text, so that one check says what is wrong with all of them', async () => {
    const shapes = { properties: { count: { type: 'integer' }, dry: { type: 'boolean' }, list: { type: 'array' } } };
    expect(await readInputs(['count=x', 'dry=1', 'list=['], undefined, shapes)).toEqual({ count: 'x', dry: '1', list: '[' });
  });

  test.each([['=x'], ['plain']])('%s is refused', async (pair) => {
    const shapes = { properties: { count: { type: 'integer' }, dry: { type: 'boolean' }, list: { type: 'array' } } };
    await expect(readInputs([pair], undefined, shapes)).rejects.toMatchObject({ code: 'USAGE_FLAG' });
  });
});

describe('danger without a terminal', () => {
  const session = (yes: boolean): Session => ({
    options: { yes },
    output: outputTo('table').output,
    format: 'table',
    project: '',
    canAsk: false,
    timeoutMs: undefined,
  });
  const danger = (level: 'mild' | 'moderate' | 'severe') => ({ level, what: 'start x', name: 'x' });

  test('mild asks nothing, moderate takes --yes', async () => {
    await expect(confirmDanger(session(false), danger('mild'), {})).resolves.toEqual({});
    await expect(confirmDanger(session(true), danger('moderate'), {})).resolves.toEqual({});
    await expect(confirmDanger(session(false), danger('moderate'), {})).rejects.toMatchObject({ code: 'USAGE_NO_TTY' });
  });

  test('severe takes the name and a reason, never --yes', async () => {
    await expect(confirmDanger(session(false), danger('severe'), { confirm: 'x', reason: 'r' })).resolves.toEqual({
      confirm: 'x',
      reason: 'r',
    });
    await expect(confirmDanger(session(true), danger('severe'), {})).rejects.toMatchObject({ code: 'USAGE_FLAG' });
    await expect(confirmDanger(session(false), danger('severe'), { confirm: 'y', reason: 'r' })).rejects.toMatchObject({
      code: 'USAGE_CONFIRM',
    });
    await expect(confirmDanger(session(false), danger('severe'), { confirm: 'x' })).rejects.toMatchObject({ code: 'USAGE_NO_TTY' });
  });
});
