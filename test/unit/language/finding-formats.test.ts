import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import type { Finding } from '../../../engine/language/diagnostics.ts';
import { judged } from '../../../engine/language/finding-report.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { FINDING_FORMATS, type FindingFormat, renderFindings } from '../../../engine/language/render.ts';
import { sourceText } from '../../../engine/language/source-text.ts';
import { findingsOf, GOLDENS } from '../../support/goldens.ts';
import { sarifLog } from './sarif-structure.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Project {
  readonly findings: readonly Finding[];
  readonly sources: readonly ReturnType<typeof sourceText>[];
}

async function everything(): Promise<Project> {
  const findings: Finding[] = [];
  for (const golden of GOLDENS) findings.push(...(await findingsOf(golden)));
  return { findings, sources: GOLDENS.flatMap(({ files }) => files.map((file) => sourceText(file.path, file.text))) };
}

function projectOf(path: string, text: string): Project {
  return { findings: loadDocuments([{ path, text }], { actions }).findings, sources: [sourceText(path, text)] };
}

function printed(format: FindingFormat, project: Project): string {
  return renderFindings(format, { ...project, digest });
}

const HEAD =
  'apiVersion: runward/v1\nkind: Runbook\nmetadata: { name: a, title: A, owner: team-a }\npurpose: drill\nenvironment: test\ntimeout: 1h\n';

describe('the five formats', () => {
  it('show the same findings, all of them', async () => {
    const all = await everything();
    const places = all.findings.map(({ code, file, line, column }) => `${code} ${file}:${line}:${column}`);
    expect(FINDING_FORMATS).toHaveLength(5);
    const human = [...printed('human', all).matchAll(/^(?:error|warning)\[(\S+)\]: .*\n {2}--> (\S+)$/gm)];
    expect(human.map((match) => `${match[1]} ${match[2]}`)).toEqual(places);
    const json = JSON.parse(printed('json', all)) as { findings: Finding[] };
    expect(json.findings).toEqual(all.findings);
    const sarif = sarifLog.parse(JSON.parse(printed('sarif', all)));
    const located = sarif.runs[0]?.results.map(({ ruleId, locations }) => {
      const { artifactLocation, region } = locations[0]?.physicalLocation ?? {
        artifactLocation: { uri: '' },
        region: { startLine: 0, startColumn: 0 },
      };
      return `${ruleId} ${decodeURIComponent(artifactLocation.uri)}:${region.startLine}:${region.startColumn}`;
    });
    expect(located).toEqual(places);
    const github = printed('github', all).split('\n');
    expect(github.map((line) => /title=([^:]+)::/.exec(line)?.[1])).toEqual(all.findings.map((finding) => finding.code));
    const junit = [...printed('junit', all).matchAll(/<testcase classname="([^"]+)" name="(\S+) at (\S+)"/g)];
    expect(junit.map((match) => `${match[2]} ${match[1]}:${match[3]}`).toSorted()).toEqual(places.toSorted());
  });
});

describe('sarif', () => {
  it('names each rule once, and results point at it', async () => {
    const log = sarifLog.parse(JSON.parse(printed('sarif', await everything())));
    const run = log.runs[0];
    const ids = run?.tool.driver.rules.map((rule) => rule.id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
    expect(run?.results.filter((result) => ids[result.ruleIndex] !== result.ruleId)).toEqual([]);
    expect(run?.columnKind).toBe('unicodeCodePoints');
  });

  it('keeps the fingerprint of a finding that only moved, and gives twins different ones', () => {
    const body = 'steps:\n  - { id: a, wait: 1x }\n  - { id: b, wait: 1x }\n';
    const fingerprints = (text: string) =>
      sarifLog
        .parse(JSON.parse(printed('sarif', projectOf('runbooks/a.yaml', text))))
        .runs[0]?.results.map((one) => one.partialFingerprints);
    const before = fingerprints(HEAD + body);
    expect(before).toHaveLength(2);
    expect(before?.[0]).not.toEqual(before?.[1]);
    expect(fingerprints(`# moved\n\n${HEAD}${body}`)).toEqual(before);
  });

  it('writes a path as a relative reference', () => {
    const project = projectOf('runbooks/a b#ü.yaml', HEAD);
    expect(printed('sarif', project)).toContain('"uri": "runbooks/a%20b%23%C3%BC.yaml"');
    expect(printed('sarif', { findings: [], sources: [] })).toContain('"results": []');
  });
});

describe('github', () => {
  it('escapes what the runner would read as its own, and leaves columns out of ranges over several lines', () => {
    const [finding] = projectOf('runbooks/a.yaml', `${HEAD}steps: [{ id: a, wait: 1x }]\n`).findings;
    if (finding === undefined) throw new Error('there is no finding');
    const odd = { ...finding, file: 'runbooks/50%, a:b.yaml', message: 'one\ntwo 100%' };
    expect(renderFindings('github', { findings: [odd], sources: [], digest })).toBe(
      '::error file=runbooks/50%25%2C a%3Ab.yaml,line=7,endLine=7,col=24,endColumn=26,title=RW213::one%0Atwo 100%25. 90s, 1h30m, 2d',
    );
    const long = { ...finding, endLine: finding.line + 1 };
    expect(renderFindings('github', { findings: [long], sources: [], digest })).toContain('line=7,endLine=8,title=RW213::');
  });

  it('says warning for a warning, and error with strict', () => {
    const { findings, sources } = projectOf('runbooks/a.yaml', `${HEAD}steps: [{ id: a, run: "true" }]\n`);
    expect(printed('github', { findings, sources })).toMatch(/^::warning /);
    expect(printed('github', { findings: judged(findings, true), sources })).toMatch(/^::error /);
  });
});

describe('junit', () => {
  it('has a passing case for a clean file, fails for errors only, and is well-formed XML of allowed characters', () => {
    const bad = projectOf('runbooks/a.yaml', `${HEAD}steps: [{ id: a, run: "true" }, { id: b, wait: "1\\u0001<&\\"" }]\n`);
    const clean = sourceText('runbooks/clean.yaml', HEAD);
    const xml = renderFindings('junit', { findings: bad.findings, sources: [...bad.sources, clean], digest });
    expect(xml).toContain('<testsuites name="runward" tests="3" failures="1" errors="0">');
    expect(xml).toContain('<testcase classname="runbooks/clean.yaml" name="no findings"/>');
    expect(xml.match(/<failure /g)).toHaveLength(1);
    expect(xml.match(/<system-out>/g)).toHaveLength(1);
    expect(xml).toContain('&lt;&amp;');
    expect(Array.from(xml).filter((character) => character < ' ' && character !== '\n')).toEqual([]);
    expect(xml.replaceAll(/&(?:amp|lt|gt|quot);/g, '')).not.toContain('&');
    const opened = [...xml.matchAll(/<(\/?)([a-z-]+)[^>]*?(\/?)>/g)].filter((match) => match[3] !== '/');
    expect(opened.filter((match) => match[1] === '').length).toBe(opened.filter((match) => match[1] === '/').length);
  });
});
