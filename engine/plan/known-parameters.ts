import { configure } from '../dsc/document.ts';
import type { Template } from '../dsc/template.ts';
import type { JsonObject } from '../json.ts';
import { quoted } from '../language/diagnostics.ts';
import type { LateFinding } from '../language/late-finding.ts';
import type { Segment } from '../language/tree.ts';

/** What a document has against the parameters of a step that are known when the plan is made. `path` is the way to the step's arguments. */
export function parameterProblems(template: Template, parameters: JsonObject, path: readonly Segment[]): readonly LateFinding[] {
  const at = [...path, 'parameters'];
  const made = configure(template, parameters);
  switch (made.kind) {
    case 'configured':
      return [];
    case 'refused':
      return made.inputs.map(({ name, reason }) => ({
        code: 'RW-DSC-113',
        path: Object.hasOwn(parameters, name) ? [...at, name] : at,
        marks: { name: quoted(name), reason },
      }));
    case 'failed': {
      const [first] = made.findings;
      const marks = { message: first?.message ?? '', place: `${template.path}:${first?.line ?? 1}` };
      return [{ code: 'RW-DSC-119', path: at, marks }];
    }
  }
}
