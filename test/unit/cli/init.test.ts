import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TEMPLATES } from '../../../cli/templates.ts';
import { runward } from '../../support/command-line.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-init-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('runward init', () => {
  it.each(Object.keys(TEMPLATES))(
    'writes a project %s that passes validate, lint, fmt and test',
    async (template) => {
      const made = await runward(['init', 'new', '--template', template], folder);
      expect(made).toMatchObject({ exit: 0, stderr: expect.stringContaining('next: cd new && runward validate --strict') });
      const project = join(folder, 'new');
      const checks = [['validate', '--strict'], ['lint'], ['fmt', '--check'], ['test']];
      const ends = await Promise.all(checks.map((words) => runward(words, project)));
      expect(ends.map(({ exit, stdout, stderr }) => (exit === 0 ? 0 : `${stdout}${stderr}`))).toEqual([0, 0, 0, 0]);
    },
    60_000,
  );

  it('writes settings for editors that lead to schemas beside them, and CI of this very version', async () => {
    await runward(['init'], folder);
    const settings = JSON.parse(readFileSync(join(folder, '.vscode', 'settings.json'), 'utf8')) as {
      'yaml.schemas': Record<string, unknown>;
    };
    for (const schema of Object.keys(settings['yaml.schemas'])) expect(existsSync(join(folder, schema)), schema).toBe(true);
    const { stdout } = await runward(['version', '-o', 'json'], folder);
    const { version } = JSON.parse(stdout) as { version: string };
    const workflow = readFileSync(join(folder, '.github', 'workflows', 'runward.yaml'), 'utf8');
    expect(workflow).toContain(`runward@${version} test`);
    expect(parse(workflow)).toHaveProperty('jobs.check.steps');
  });

  it('leaves a folder alone that is not empty, unless it is told', async () => {
    writeFileSync(join(folder, 'README.md'), 'mine\n');
    const refused = await runward(['init'], folder);
    expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining('is not empty: nothing was written') });
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('mine\n');
    expect(await runward(['init', '--force'], folder)).toMatchObject({ exit: 0 });
  });

  it('lists what can be chosen', async () => {
    const { stdout, exit } = await runward(['init', '--list-templates', '-o', 'name'], folder);
    expect({ exit, names: stdout.trim().split('\n') }).toEqual({ exit: 0, names: Object.keys(TEMPLATES) });
  });
});
