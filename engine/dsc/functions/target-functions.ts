import { assert } from '../../errors.ts';
import { fail } from '../expression/problem.ts';
import type { TargetAnswers } from '../expression/scope.ts';
import type { Value } from '../expression/value.ts';
import { type DscFunction, STRING, textArgument } from './function.ts';

/** Functions that only a target, or a run that has reached it, can answer. */
export const TARGET_FUNCTIONS: readonly DscFunction[] = [
  asks({
    name: 'context',
    syntax: 'context()',
    summary: 'The operating system and the rights at the target',
    args: [],
    ask: ({ context }) => context?.(),
  }),
  asks({
    name: 'systemRoot',
    syntax: 'systemRoot()',
    summary: 'The root folder of the target',
    args: [],
    ask: ({ systemRoot }) => systemRoot?.(),
  }),
  asks({ name: 'stdout', syntax: 'stdout()', summary: 'What the resource printed', args: [], ask: ({ stdout }) => stdout?.() }),
  asks({
    name: 'envvar',
    syntax: "envvar('NAME')",
    summary: 'A variable of the environment at the target',
    args: [STRING],
    ask: ({ envvar }, [name]) => envvar?.(textArgument(name)),
  }),
  asks({
    name: 'tryWhich',
    syntax: "tryWhich('program')",
    summary: 'Where a program is at the target; null when it is not there',
    args: [STRING],
    ask: ({ tryWhich }, [name]) => tryWhich?.(textArgument(name)),
  }),
  asks({
    name: 'reference',
    syntax: "reference(resourceId('Owner/Type', 'name'))",
    summary: 'The state of another instance',
    args: [STRING],
    ask: ({ reference }, [id]) => reference?.(textArgument(id)),
  }),
  asks({
    name: 'stateChanged',
    syntax: "stateChanged(resourceId('Owner/Type', 'name'))",
    summary: 'Whether a set has changed an instance',
    args: [STRING],
    ask: ({ stateChanged }, [id]) => stateChanged?.(textArgument(id)),
  }),
  asks({
    name: 'restartRequired',
    syntax: "restartRequired('system' | 'service' | 'process'[, name])",
    summary: 'Whether something must be started anew',
    args: [STRING],
    optional: [STRING],
    ask: restart,
  }),
  asks({
    name: 'secret',
    syntax: "secret('name'[, 'vault'])",
    summary: 'A secret from a vault',
    args: [STRING],
    optional: [STRING],
    ask: ({ secret }, [name, vault]) => secret?.(textArgument(name), optional(vault)),
  }),
];

type Asking = Omit<DscFunction, 'call' | 'needs'> & {
  readonly name: keyof TargetAnswers;
  readonly ask: (answers: TargetAnswers, args: readonly Value[]) => Value | undefined;
};

/** A question about a target. It is asked only where somebody can answer it. */
function asks({ ask, ...rest }: Asking): DscFunction {
  return {
    ...rest,
    needs: rest.name,
    call: (args, { answers }) => {
      const answer = ask(answers, args);
      assert(answer !== undefined, `${rest.name}() is answered where it may be asked`);
      return answer;
    },
  };
}

function restart({ restartRequired }: TargetAnswers, [kind, name]: readonly Value[]): Value | undefined {
  const what = textArgument(kind);
  if (what !== 'system' && what !== 'service' && what !== 'process') return fail('restartRequired() asks for system, service or process');
  if ((what === 'system') !== (name === undefined))
    return fail('restartRequired() takes a name for a service and a process, and none for the system');
  return restartRequired?.(what, optional(name));
}

function optional(value: Value | undefined): string | undefined {
  return value === undefined ? undefined : textArgument(value);
}
