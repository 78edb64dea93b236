import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { configure, readConfiguration } from '../../../engine/dsc/document.ts';
import { parameterDigest } from '../../../engine/dsc/parameter-digest.ts';
import { factsOf } from '../../../engine/dsc/fact.ts';
import { makeVerdict, verdictId } from '../../../engine/dsc/verdict.ts';
import type { JsonObject } from '../../../engine/json.ts';
import type { Finding } from '../../../engine/language/diagnostics.ts';
import { configured } from '../../support/configured.ts';

const HEAD = '$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json\n';
const PATH = 'configurations/x.dsc.yaml';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const FLEET = `${HEAD}parameters:
  port: { type: int, minValue: 1, maxValue: 65535 }
  admins: { type: array, defaultValue: [ada], maxLength: 3 }
  tier: { type: string, defaultValue: "[concat('w', 'eb')]", allowedValues: [web, db] }
variables:
  title: "[format('{0}:{1}', parameters('tier'), parameters('port'))]"
  kept: { as: "[parameters('port')]" }
functions:
  - namespace: Ssh
    members:
      line:
        parameters: [{ name: key, type: string }, { name: value, type: int }]
        output: { type: string, value: "[format('{0} {1}', parameters('key'), parameters('value'))]" }
resources:
  - type: Runward.Linux/User
    name: "[concat('admin-', parameters('admins')[copyIndex()])]"
    copy: { name: each, count: "[length(parameters('admins'))]" }
    dependsOn: ["[resourceId('Runward.Linux/File', 'motd (all)')]"]
    properties: { name: "[parameters('admins')[copyIndex('each')]]" }
  - type: Runward.Linux/FileLine
    name: port
    dependsOn: ["Runward.Linux/File:motd%20(all)"]
    properties: { path: /etc/ssh/sshd_config, line: "[Ssh.line('Port', parameters('port'))]" }
  - type: Runward.Linux/File
    name: motd (all)
    condition: "[equals(parameters('tier'), 'db')]"
    properties: { path: /etc/motd, mode: "0644" }
  - { type: Runward.Linux/FileLine, name: title, properties: { path: /etc/motd, line: "[variables('title')]" } }
`;

function tried(text: string, parameters: JsonObject) {
  const findings: Finding[] = [];
  const template = readConfiguration({ path: PATH, text }, findings);
  return template === undefined ? findings.map(({ code, message }) => `${code} ${message}`) : configure(template, parameters);
}

describe('a document with parameters', () => {
  it('is one document for a fleet: values, copies, conditions, variables and functions of its own', () => {
    const made = configured({ path: PATH, text: FLEET }, { port: 2222, admins: ['ada', 'bob'] });
    expect(
      made.instances.map(({ id, properties, dependsOn, index }) => ({
        id,
        index,
        dependsOn,
        line: properties['line'] ?? properties['name'],
      })),
    ).toEqual([
      { id: 'Runward.Linux/User:admin-ada', index: 0, dependsOn: [], line: 'ada' },
      { id: 'Runward.Linux/User:admin-bob', index: 1, dependsOn: [], line: 'bob' },
      { id: 'Runward.Linux/FileLine:port', index: 2, dependsOn: [], line: 'Port 2222' },
      { id: 'Runward.Linux/FileLine:title', index: 4, dependsOn: [], line: 'web:2222' },
    ]);
    expect(made.skipped.map(({ id }) => id)).toEqual(['Runward.Linux/File:motd%20%28all%29']);
    const database = configured({ path: PATH, text: FLEET }, { port: 22, tier: 'db' });
    expect(database.instances.map(({ id }) => id)[0]).toBe('Runward.Linux/File:motd%20%28all%29');
    expect(database.instances[1]?.dependsOn).toEqual(['Runward.Linux/File:motd%20%28all%29']);
  });

  it('says of every value that it does not take why, and never the value', () => {
    expect(tried(FLEET, { port: 70_000, admins: [1, 2, 3, 4], teir: 'x' })).toEqual({
      kind: 'refused',
      inputs: [
        { name: 'port', reason: 'must be at most 65535' },
        { name: 'admins', reason: 'must have at most 3 elements, and has 4' },
        { name: 'teir', reason: 'the document has no such parameter', hint: 'did you mean "tier"?', isUnknown: true },
      ],
    });
    expect(tried(FLEET, {})).toEqual({ kind: 'refused', inputs: [{ name: 'port', reason: 'has no default, and no value was given' }] });
    expect(tried(FLEET, { port: '22' })).toMatchObject({ inputs: [{ reason: 'must be an integer, and is a text' }] });
    expect(tried(FLEET, { port: 2.5 })).toMatchObject({ inputs: [{ reason: 'must be an integer, and is a float' }] });
    const secret = `${HEAD}parameters: { pin: { type: secureString } }\nresources: []\n`;
    expect(tried(secret, { pin: 'hidden' })).toMatchObject({ kind: 'refused', inputs: [{ name: 'pin' }] });
    expect(JSON.stringify(tried(secret, { pin: 'hidden' }))).not.toContain('hidden');
  });

  it('is checked without its parameters as far as they do not count', () => {
    const text = FLEET.replace('path: /etc/motd, mode: "0644"', 'path: /etc/motd, mode: "0999"')
      .replace("[equals(parameters('tier'), 'db')]", '[true()]')
      .replace("variables('title')", "variables('titel')");
    expect(tried(text, {})).toEqual(["RW-DSC-110 expression: there is no variable 'titel'"]);
    expect(tried(text.replace("variables('titel')", "string(parameters('port'))"), {})).toEqual([
      'RW-DSC-115 copy "each" will be removed from DSC',
      expect.stringContaining('RW-DSC-109 property "mode"'),
    ]);
  });

  it('has other verdicts, and other names of them, for other values', () => {
    const verdictWith = (parameters: JsonObject) => {
      const configuration = configured({ path: PATH, text: FLEET }, parameters);
      const digest = parameterDigest(configuration, sha256);
      return makeVerdict({
        configuration,
        facts: factsOf(new Map()),
        sealed: true,
        target: 'web-01',
        evaluatedAt: '2026-01-05T00:00:00Z',
        inputs: { document: 'sha256:d', evidence: 'sha256:e', engine: '1.0.0', ...(digest === undefined ? {} : { parameters: digest }) },
        sha256,
      });
    };
    const [one, same, other] = [verdictWith({ port: 22 }), verdictWith({ port: 22, tier: 'web' }), verdictWith({ port: 22, admins: [] })];
    expect(verdictId(one, sha256)).toBe(verdictId(same, sha256));
    expect(verdictId(one, sha256)).not.toBe(verdictId(other, sha256));
    expect(one.resources.find(({ id }) => id.includes('motd'))).toMatchObject({ status: 'notApplicable', outcomes: [] });
    expect(one.counts).toEqual({ drifted: 0, unknown: 3, compliant: 0, notApplicable: 1 });
  });
});
