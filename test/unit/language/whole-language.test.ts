import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';

/** Most of what the language can say, in one runbook: a gate, fan-outs inside each other, a set in the middle, handlers, ways back, an end. */
const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: move-shelves, title: Move the shelves to another baseline, owner: team-shelves, labels: { shop: warehouse } }
purpose: [operations, drill]
environment: staging
timeout: 5h
inputs:
  row: { type: string, enum: [north, south], default: north }
  key: { type: secret, default: "secret:shelf-key" }
  wanted: { type: file, default: configurations/shelf.dsc.yaml }
vars: { where: "row \${{ inputs.row }}" }
targets:
  shelves: { inventory: warehouse, where: target.tags.row == inputs.row, max: 8, on_empty: skip }
  door: { hosts: [{ name: door-1, address: 10.9.0.2, os: linux, user: ops, credential: "secret:door" }], max: 1 }
objectives: { rto: 45m, clock: { start: move, stop: open }, drill_every: 60d }
readiness: { every: 2h, checks: [{ id: certificate, uses: tls.check@1, with: { host: shelves.example.com, min_days: 10 } }] }
steps:
  - { id: label, target: shelves, effect: read, run: "cat /etc/shelf.json", outputs: { label: json(result.stdout).label }, on_failure: continue }
  - { id: labelled, assert: [{ that: 'steps.label.results.all(it, it.status == "succeeded")', message: A shelf has no label }] }
  - id: agree
    approval: { by: [group:keepers, group:owners], need: 2, need_from: [group:owners], message: "Move \${{ size(targets.shelves) }} in \${{ vars.where }}?" }
  - id: move
    target: shelves
    as: shelf
    rollout: { waves: [1, 50%], max_failures: 20%, order_by: shelf.name, after_wave: [{ id: rest, wait: 5m }] }
    on_failure: rollback
    steps:
      - id: close
        target: door
        effect: named
        env: { SHELF: "\${{ shelf.name }}" }
        run: |
          doorctl close "$SHELF"
        rollback: [{ id: reopen, target: door, effect: named, env: { SHELF: "\${{ shelf.name }}" }, run: "doorctl open \\"$SHELF\\"" }]
      - { id: before, uses: dsc.test@1, with: { document: "\${{ inputs.wanted }}", fail_on: [unknown] } }
      - id: baseline
        uses: dsc.set@1
        with: { document: "\${{ inputs.wanted }}", plan: "\${{ steps.before.outputs.evidence }}", max_changes: 5 }
        retry: { attempts: 2, delay: 20s }
      - id: looks
        parallel:
          - { id: listens, uses: tcp.check@1, with: { host: "\${{ shelf.address }}", port: 9000 }, until: { condition: result.open, every: 3s, timeout: 1m } }
          - id: unlocks
            needs: [listens]
            effect: read
            env: { KEY: "\${{ inputs.key }}" }
            run: "/opt/shelf/bin/unlock"
            on_failure: { do: [{ id: oil, effect: named, run: "systemctl restart shelf" }], then: retry }
      - { id: back, undo: close }
  - id: like_the_first
    if: size(targets.shelves) > 1
    uses: dsc.compare@1
    with:
      document: \${{ inputs.wanted }}
      left: "sha256:0000000000000000000000000000000000000000000000000000000000000000"
      right: "sha256:1111111111111111111111111111111111111111111111111111111111111111"
      expect_different: ["Runward.Linux/File:*/content"]
  - { id: as_it_is, uses: dsc.export@1, target: door, with: { types: [Runward.Linux/Service] } }
  - { id: seen, if: 'run.purpose == "drill"', manual: { by: [group:keepers], instructions: Count them., form: { count: { type: integer } } } }
  - { id: open, uses: http.check@1, with: { url: "https://shelves.example.com/" }, until: { condition: result.ok, every: 10s, timeout: 3m } }
finally:
  - { id: tell, uses: notify.send@1, with: { to: "teams:shelves", text: "\${{ run.id }}: \${{ run.status }}" } }
outputs: { moved: 'steps.move.results.filter(it, it.status == "succeeded").map(it, it.key)' }
triggers: { schedules: [{ id: monthly, cron: "0 7 3 * *", timezone: Europe/Berlin, missed: { run: none } }] }
notify: [{ to: "teams:shelves", when: [waiting, failed, partially_failed, objective_breached] }]
`;

const INVENTORY = `apiVersion: runward/v1
kind: Inventory
metadata: { name: warehouse, title: Shelves, owner: team-shelves }
environment: staging
hosts:
  - { name: shelf-1, address: 10.9.1.1, os: linux, user: ops, credential: "secret:shelf", tags: { row: north } }
`;

const DOCUMENT = `$schema: https://aka.ms/dsc/schemas/v3/bundled/config/document.json
resources:
  - { type: Runward.Linux/Service, name: shelf, properties: { name: shelf, status: running } }
`;

describe('a runbook with most of the language', () => {
  const load = (runbook: string) =>
    loadDocuments(
      [
        { path: 'runbooks/move-shelves.yaml', text: runbook },
        { path: 'runbooks/inventories/warehouse.yaml', text: INVENTORY },
        { path: 'configurations/shelf.dsc.yaml', text: DOCUMENT },
      ],
      { actions },
    ).findings.map(({ code, line, column, message }) => `${code} ${line}:${column} ${message}`);

  it('has no finding', () => {
    expect(load(RUNBOOK)).toEqual([]);
  });

  it('has the one that is made in it, at its place', () => {
    const line = RUNBOOK.split('\n').findIndex((text) => text.includes('max_changes')) + 1;
    expect(load(RUNBOOK.replace('max_changes: 5', 'max_changes: 0'))).toEqual([
      expect.stringMatching(new RegExp(`^RW\\d+ ${line}:`)) as string,
    ]);
    expect(load(RUNBOOK.replace('types: [Runward.Linux/Service]', 'types: [Runward.Linux/FileLine]'))).toHaveLength(1);
  });
});
