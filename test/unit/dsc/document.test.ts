import { describe, expect, it } from 'vitest';
import { configure, readConfiguration } from '../../../engine/dsc/document.ts';
import type { Finding } from '../../../engine/language/diagnostics.ts';

const HEAD = '$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json\n';

function read(body: string, head = HEAD) {
  const findings: Finding[] = [];
  const template = readConfiguration({ path: 'configurations/x.dsc.yaml', text: head + body }, findings);
  const made = template === undefined ? undefined : configure(template, {});
  return {
    configuration: made?.kind === 'configured' ? made.configuration : undefined,
    findings: findings.map(({ line, column, code, pointer, message }) => `${line}:${column} ${code} ${pointer} ${message}`),
  };
}

describe('a configuration document', () => {
  it('becomes instances in the order of their dependencies, with checked properties and places', () => {
    const { configuration, findings } = read(`resources:
  - { type: Runward.Linux/Service, name: web, dependsOn: ["Runward.Linux/Package:web%20server"], properties: { name: nginx, status: running } }
  - type: Runward.Linux/Package
    name: web server
    metadata: { severity: high }
    properties: { name: nginx }
`);
    expect(findings).toEqual([]);
    expect(configuration?.instances.map(({ id, severity, at }) => ({ id, severity, line: at.line }))).toEqual([
      { id: 'Runward.Linux/Package:web%20server', severity: 'high', line: 4 },
      { id: 'Runward.Linux/Service:web', severity: 'medium', line: 3 },
    ]);
    expect(configuration?.instances[0]?.properties).toEqual({ name: 'nginx', manager: 'auto', _exist: true });
  });

  it('may be JSON, and writes a text that starts with a bracket as [[', () => {
    const text = JSON.stringify({
      $schema: 'x',
      resources: [{ type: 'Runward.Linux/FileLine', name: 'l', properties: { path: '/etc/x', line: '[[section]' } }],
    });
    expect(read(text, '').configuration?.instances[0]?.properties['line']).toBe('[section]');
  });

  it.each([
    [
      'metadata: { runward: { engine: native } }\nresources: []\n',
      '2:13 RW-DSC-101 /metadata/runward "metadata.runward" is not available in this release',
    ],
    [
      'resources:\n  - { type: Runward.Linux/Sysctl, name: a, properties: { key: a.b, value: "[parameters(\'x\')]" } }\n',
      "3:88 RW-DSC-110 /resources/0/properties/value expression: there is no parameter 'x'",
    ],
    ['resources:\n  - { type: Microsoft/OSInfo, name: a }\n', '3:13 RW-DSC-105 /resources/0/type unknown resource type "Microsoft/OSInfo"'],
    [
      'resources:\n  - { type: Runward.Linux/User, name: a, properties: { name: bob, sheel: /bin/sh } }\n',
      '3:67 RW-DSC-102 /resources/0/properties/sheel unknown key "sheel" in Runward.Linux/User',
    ],
    [
      'resources:\n  - { type: Runward.Linux/Package, name: a, properties: { name: "ssh*" } }\n',
      '3:65 RW-DSC-109 /resources/0/properties/name property "name": must be the name of a package, without wildcards',
    ],
    ['surprise: 1\nresources: []\n', '2:1 RW-DSC-102 /surprise unknown key "surprise" in the document'],
    ['resources: { a: 1 }\n', '2:12 RW-DSC-104 /resources "resources" must be a list'],
  ])('is refused by name and place: %j', (body, finding) => {
    const { configuration, findings } = read(body);
    expect(configuration).toBeUndefined();
    expect(findings).toEqual([finding]);
  });

  it('names twins, dependencies that are not there, and the whole path of a cycle', () => {
    const one = (name: string, after: string): string =>
      `  - { type: Runward.Linux/User, name: ${name}, dependsOn: ["Runward.Linux/User:${after}"], properties: { name: bob } }\n`;
    expect(read(`resources:\n${one('a', 'b')}${one('b', 'c')}${one('c', 'a')}`).findings).toEqual([
      expect.stringContaining('RW-DSC-108 /resources/0/dependsOn dependsOn forms a cycle: Runward.Linux/User:a → Runward.Linux/User:b → '),
    ]);
    expect(read(`resources:\n${one('a', 'nobody')}`).findings[0]).toContain('RW-DSC-107 /resources/0/dependsOn/0');
    const twin = '  - { type: Runward.Linux/User, name: a, properties: { name: bob } }\n';
    expect(read(`resources:\n${twin}${twin}`).findings[0]).toContain('RW-DSC-106 /resources/1');
  });
});
