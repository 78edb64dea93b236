import { readFileSync } from 'node:fs';
import { validate } from './validate.ts';
import type { Service, SpecOperation } from './swagger.ts';

/** How the validator judges Azure's own published examples. */
export interface SelfCheck {
  readonly answers: number;
  readonly answersFit: number;
  readonly requests: number;
  readonly requestsFit: number;
  readonly misses: readonly string[];
}

/** Examples carry a few properties that their own files do not have, so these are not counted here. */
function open(service: Service): Service {
  return { ...service, closed: false };
}

interface Example {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly responses: Readonly<Record<string, { readonly body?: unknown }>>;
}

/** Resource Graph publishes examples whose `data` is an array where the schema says object. */
const KNOWN_MISSES = ['resourcegraph'];

/** Tests the validator on the published examples before it judges anybody. */
export function selfCheck(services: readonly Service[]): SelfCheck {
  let [answers, answersFit, requests, requestsFit] = [0, 0, 0, 0];
  const misses: string[] = [];
  for (const operation of services.flatMap((service) => service.operations)) {
    for (const file of operation.examples) {
      const example = JSON.parse(readFileSync(file, 'utf8')) as Example;
      for (const found of answersOf(operation, example)) {
        answers += 1;
        if (found.fits) answersFit += 1;
        else if (!KNOWN_MISSES.includes(operation.service.name)) misses.push(`${operation.operationId} ${found.status}: ${found.why}`);
      }
      const body = operation.parameters.find((parameter) => parameter.in === 'body');
      const sent = body === undefined ? undefined : example.parameters[body.name];
      if (body?.schema === undefined || sent === undefined) continue;
      requests += 1;
      const findings = validate(body.schema, sent, { service: open(operation.service), direction: 'request' });
      if (findings.length === 0) requestsFit += 1;
      else
        misses.push(
          `${operation.operationId} request: ${findings.map((each) => `${each.pointer} ${each.rule} ${each.message}`).join('; ')}`,
        );
    }
  }
  return { answers, answersFit, requests, requestsFit, misses };
}

function* answersOf(
  operation: SpecOperation,
  example: Example,
): Generator<{ readonly status: string; readonly fits: boolean; readonly why: string }> {
  for (const [status, answer] of Object.entries(example.responses)) {
    const schema = operation.responses[status]?.schema;
    if (schema === undefined || answer.body === undefined) continue;
    const findings = validate(schema, answer.body, { service: open(operation.service), direction: 'answer' });
    yield { status, fits: findings.length === 0, why: findings.map((each) => `${each.pointer} ${each.rule} ${each.message}`).join('; ') };
  }
}
