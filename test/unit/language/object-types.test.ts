import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';

const HEAD = `apiVersion: runward/v1
kind: Runbook
metadata: { name: rooms, title: Look after rooms, owner: team-web }
purpose: operations
environment: test
timeout: 1h
inputs:
  place: { type: object, fields: { country: { type: string }, floor: { type: integer }, at: { type: object, fields: { lat: { type: number } } } } }
  spare: { type: object, fields: { floor: { type: integer }, country: { type: string }, at: { type: object, fields: { lat: { type: number } } } } }
  rooms: { type: array, items: { type: object, fields: { name: { type: string }, seats: { type: integer } } } }
vars: { here: "\${{ inputs.place }}" }
steps:
`;

function findings(steps: string): readonly string[] {
  const loaded = loadDocuments([{ path: 'rooms.yaml', text: HEAD + steps }], { actions });
  return loaded.findings.filter(({ code }) => code !== 'RW417').map(({ code, message, hint }) => `${code} ${message} → ${hint}`);
}
const asserted = (that: string): readonly string[] => findings(`  - { id: a, assert: [{ that: '${that}', message: no }] }\n`);

describe('an input of type object', () => {
  it.each([
    ['inputs.place.contry == "de"', 'RW305 no field "contry" on inputs.place → did you mean "country"?'],
    ['inputs.place.at.lon > 1.0', 'RW305 no field "lon" on inputs.place.at → it has lat'],
    ['inputs.rooms.all(room, room.seat > 1)', 'RW305 no field "seat" on an item of inputs.rooms → did you mean "seats"?'],
    ['vars.here.flor > 1', 'RW305 no field "flor" on inputs.place → did you mean "floor"?'],
    [
      'inputs.place.country == 1',
      'RW304 expression is string == int, expected operands that fit → compare, or convert with int(), string(), double()',
    ],
  ])('has the fields that it lists and no others: %s', (that, finding) => {
    expect(asserted(that)).toEqual([finding]);
  });

  it.each([
    'inputs.place.country == "de" && inputs.place.at.lat > 1.0',
    'has(inputs.place.country) && "floor" in inputs.place && inputs.place["country"] != ""',
    '(inputs.place.floor > 1 ? inputs.place : inputs.spare).floor > 1',
    'inputs.place == inputs.spare || inputs.place in [inputs.spare] || inputs.place != null',
    'max(inputs.rooms.map(room, room.seats)) > 2 && inputs.rooms[0].name != ""',
    'default(inputs.place.country, "de") == "de"',
  ])('is read as before where it is read rightly: %s', (that) => {
    expect(asserted(that)).toEqual([]);
  });

  it('is checked in texts, and as the item of a fan-out', () => {
    const env = (text: string): string => `  - { id: a, effect: read, env: { P: "${text}" }, run: "true" }\n`;
    expect(findings(env('floor ${{ inputs.place.flor }}'))).toEqual(['RW305 no field "flor" on inputs.place → did you mean "floor"?']);
    expect(findings(env('${{ inputs.place }} ${{ inputs.rooms }}'))).toEqual([]);
    const each = `  - { id: a, for_each: "\${{ inputs.rooms }}", effect: read, env: { P: "\${{ item.nam }}" }, run: "true" }\n`;
    expect(findings(each)).toEqual(['RW305 no field "nam" on an item of inputs.rooms → did you mean "name"?']);
  });
});

it('an object of a form is typed where its step and later ones read it', () => {
  const gate = (more = ''): string => `  - id: go
    approval: { by: [group:leads], need: 1, message: go, form: { room: { type: object, fields: { name: { type: string } } } } }
${more}  - { id: after, assert: [{ that: 'READ == "x"', message: no }] }
`;
  const wrong = ['RW305 no field "nam" on steps.go.outputs.room → did you mean "name"?'];
  expect(findings(gate().replace('READ', 'steps.go.outputs.room.nam'))).toEqual(wrong);
  expect(findings(gate().replace('READ', 'steps.go.outputs.room.name'))).toEqual([]);
  expect(findings(gate('    outputs: { room: result.room.nam }\n').replace('READ', 'vars.here.country'))).toEqual(wrong);
});

it('an object given to a called runbook where text is expected is called a map', () => {
  const called = HEAD.replace('name: rooms', 'name: child').replace(
    /inputs:[^]*$/,
    'inputs: { text: { type: string } }\nsteps:\n  - { id: a, wait: "1s" }\n',
  );
  const text = `${HEAD}  - { id: a, call: child, with: { text: "\${{ inputs.place }}" } }\n`;
  const loaded = loadDocuments(
    [
      { path: 'rooms.yaml', text },
      { path: 'child.yaml', text: called },
    ],
    { actions },
  );
  expect(loaded.findings.map(({ code, message }) => `${code} ${message}`)).toContain('RW304 expression is map, expected string');
});
