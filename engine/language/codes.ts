interface CodeRow {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

/** Every finding that checking a document can make: texts with `{marks}`. A code is never reused. */
export const CODES = {
  RW101: { severity: 'error', message: 'file is not acceptable: {reason}', hint: 'UTF-8 without NUL, at most 256 KiB' },
  RW102: { severity: 'error', message: 'YAML: {message}', hint: 'look at this line and the one above' },
  RW103: { severity: 'error', message: 'YAML warning: {message}', hint: 'quote the value' },
  RW104: { severity: 'error', message: '{what} is not allowed', hint: 'write the value out; quote a text that starts with `*`, `&`, `!`' },
  RW105: { severity: 'error', message: 'more than one document in a file', hint: 'split the file' },
  RW106: { severity: 'error', message: 'key {key} appears twice', hint: 'keep one' },
  RW107: { severity: 'error', message: 'document too deep or too large: {limit}', hint: 'split the runbook' },
  RW108: { severity: 'error', message: '`{key}` must be a block scalar or quoted', hint: 'write `{key}: |` and the script below' },
  RW109: { severity: 'error', message: 'this expression must be quoted', hint: '{fix}' },
  RW110: { severity: 'error', message: 'number {text} would be read as {value}', hint: 'quote it, or write it in decimal' },
  RW111: { severity: 'error', message: 'empty key', hint: 'remove the text after `}`' },
  RW201: { severity: 'error', message: 'unknown apiVersion {version}', hint: 'this build knows runward/v1' },
  RW202: { severity: 'error', message: 'unknown key {key} in {parent}', hint: 'keys are closed: remove it' },
  RW203: { severity: 'error', message: 'missing required key {key}', hint: 'add it to {parent}' },
  RW204: { severity: 'error', message: 'unknown kind {kind}', hint: 'Runbook or Inventory' },
  RW205: { severity: 'error', message: '{key} must be {type}, found {found}', hint: '{example}' },
  RW206: { severity: 'error', message: '{value} is not one of {list}', hint: 'choose one of them' },
  RW207: { severity: 'error', message: '{key} is out of bounds: {bound}', hint: 'change the value' },
  RW208: { severity: 'error', message: '{id} is not a valid {what}', hint: 'lower case, digits, {separator}, starts with a letter' },
  RW209: {
    severity: 'error',
    message: 'step {id} has {count} bodies: {list}',
    hint: 'write exactly one of uses, run, approval, manual, wait, assert, steps, parallel',
  },
  RW210: { severity: 'error', message: 'key {key} is not allowed on {body} step', hint: '{why}' },
  RW211: { severity: 'error', message: 'target and for_each on one step', hint: 'put one of them on an enclosing block' },
  RW212: {
    severity: 'error',
    message: 'target set {set} has {count} sources',
    hint: 'exactly one of hosts, inventory, azure, recovery_plan',
  },
  RW213: { severity: 'error', message: '{text} is not a duration', hint: '90s, 1h30m, 2d' },
  RW214: { severity: 'error', message: 'cron {text}: {reason}', hint: 'five fields, e.g. "15 1 * * *"' },
  RW215: { severity: 'error', message: 'unknown time zone {zone}', hint: 'an IANA name, e.g. Europe/Berlin' },
  RW216: { severity: 'error', message: 'cron restricts day of month and day of week', hint: 'add day_match: and, or day_match: or' },
  RW217: { severity: 'error', message: 'effect guarded needs done_when, and only it', hint: 'done_when: { run: "test …" }' },
  RW218: { severity: 'error', message: 'until needs a step of class read', hint: 'poll with a second, read-only step' },
  RW219: { severity: 'error', message: 'default of {input} violates its own {bound}', hint: 'change the default or the bound' },
  RW220: { severity: 'error', message: 'needs outside parallel', hint: 'steps already run in written order' },
  RW221: { severity: 'error', message: 'rollout, as or where without a fan-out', hint: 'add target or for_each' },
  RW222: {
    severity: 'error',
    message: 'objectives need clock.start and clock.stop',
    hint: 'name the steps where the clock starts and stops',
  },
  RW223: { severity: 'error', message: '{problem}', hint: 'lower need, or name more groups in by' },
  RW224: {
    severity: 'error',
    message: '{key} is reserved and not available in this release',
    hint: 'remove it until the release notes name it',
  },
  RW301: { severity: 'error', message: 'expression: {message}', hint: 'the expression cannot be read from here' },
  RW302: { severity: 'error', message: 'unknown function {function}', hint: 'the list of functions is closed' },
  RW303: { severity: 'error', message: '{name} is not known here', hint: '{where}' },
  RW304: {
    severity: 'error',
    message: 'expression is {found}, expected {expected}',
    hint: 'compare, or convert with int(), string(), double()',
  },
  RW305: { severity: 'error', message: 'no field {field} on {type}', hint: '{has}' },
  RW306: { severity: 'error', message: '{step} is a fan-out and has no outputs', hint: 'use results (list) or by_key (map)' },
  RW307: { severity: 'error', message: 'outputs of {step} may be null here', hint: 'guard with status, has() or default()' },
  RW308: { severity: 'error', message: 'expression exceeds {limit}', hint: 'compute parts in vars or outputs' },
  RW309: { severity: 'error', message: '`${{ }}` is {problem}', hint: 'bare CEL in conditions and outputs, delimiters elsewhere' },
  RW310: { severity: 'warning', message: 'macro over a map iterates its keys', hint: 'use results, or map keys on purpose with k' },
  RW311: { severity: 'warning', message: '{text} looks like an expression but is text', hint: 'wrap it: "${{ … }}"' },
  RW312: { severity: 'error', message: 'expression failed: {message}', hint: 'a missing key is an error: has()' },
  RW401: { severity: 'error', message: 'unknown step {id}', hint: 'steps are named by their id' },
  RW402: { severity: 'error', message: 'unknown {what} {id}', hint: '{known}' },
  RW403: { severity: 'error', message: 'step id {id} is used twice', hint: 'first used in line {line}' },
  RW404: { severity: 'error', message: '{id} has not ended when {here} runs', hint: 'move the step, or add needs' },
  RW405: { severity: 'error', message: '{id} is inside fan-out {outer}', hint: 'read {name}.results, export through outputs' },
  RW406: { severity: 'error', message: 'unknown action {name}', hint: 'actions are name@major' },
  RW407: { severity: 'error', message: 'argument {argument} of {action}: {reason}', hint: '{signature}' },
  RW409: { severity: 'error', message: 'unknown {what} {name}', hint: 'channels and groups are checked at publish' },
  RW412: { severity: 'error', message: 'clock names unknown step {id}', hint: 'start and stop are ids of steps' },
  RW413: { severity: 'error', message: 'vars form a cycle: {path}', hint: 'compute one of them from inputs' },
  RW414: { severity: 'error', message: 'schedule {id}: input {input} {problem}', hint: 'add it under inputs, or remove it' },
  RW415: { severity: 'error', message: '{kind} name {name} is used by {file}', hint: 'names are unique in a project' },
  RW417: { severity: 'warning', message: 'input {id} is never used', hint: 'remove it, or use it' },
  RW501: { severity: 'error', message: 'expression inside a script', hint: 'pass it: env: { NAME: "${{ … }}" } and use "$NAME"' },
  RW502: { severity: 'error', message: 'secret {input} used in {place}', hint: 'only env and secret-typed arguments' },
  RW503: {
    severity: 'error',
    message: 'literal where a secret reference is expected',
    hint: 'keyvault://vault/name, env://NAME or secret:name',
  },
  RW504: {
    severity: 'warning',
    message: 'effect is not written, so it is blind',
    hint: 'read, named, guarded or blind: runward explain RW504',
  },
  RW505: { severity: 'error', message: '{step} is not of class read', hint: 'readiness must not change anything' },
  RW506: { severity: 'error', message: '{what} inside finally', hint: 'it must be able to run unattended' },
  RW507: { severity: 'error', message: '{what} belongs to {theirs}, the runbook to {ours}', hint: 'one environment per runbook' },
  RW508: {
    severity: 'error',
    message: 'set {set} has {n} targets, max is {max}',
    hint: 'narrow the query or raise max in a reviewed change',
  },
  RW509: { severity: 'error', message: 'set {set} is empty', hint: 'on_empty: skip, if that is expected' },
  RW510: {
    severity: 'error',
    message: 'target is not in the plan and not produced by this run',
    hint: 'use a target set, or steps.x.produced',
  },
  RW511: {
    severity: 'error',
    message: 'freeze: exempt needs purpose failover and the permission freeze:override',
    hint: 'drop the key, or ask for the permission',
  },
  RW512: {
    severity: 'error',
    message: 'scripts on the worker are switched off',
    hint: 'give the step a target, or allow_local_scripts',
  },
  RW513: { severity: 'error', message: 'retry over {what} repeats effects', hint: 'declare the effect, or add rollback' },
  RW514: {
    severity: 'warning',
    message: 'severe step {id} (outside rollback and finally) has no approval before it',
    hint: 'put an approval step before it',
  },
  RW515: { severity: 'error', message: 'env name {name} is reserved', hint: 'choose another name' },
  RW516: { severity: 'error', message: '{problem}', hint: 'plan again; approvals of the earlier plan are void' },
  RW517: { severity: 'error', message: 'input {pointer}: {reason}', hint: '{bounds}' },
  RW519: { severity: 'error', message: 'readiness check {id} failed', hint: 'repair, or have an approver waive it' },
  RW520: { severity: 'error', message: 'group {group} is full', hint: 'wait, or on_conflict: queue' },
  'RW-DSC-101': {
    severity: 'error',
    message: '{what} is not available in this release',
    hint: 'write the literal value; a text that starts with `[` is written `[[`',
  },
  'RW-DSC-102': { severity: 'error', message: 'unknown key {key} in {parent}', hint: 'keys are closed: remove it' },
  'RW-DSC-103': { severity: 'error', message: 'missing required key {key}', hint: 'add it to {parent}' },
  'RW-DSC-104': { severity: 'error', message: '{what} must be {type}', hint: 'change the value' },
  'RW-DSC-105': { severity: 'error', message: 'unknown resource type {type}', hint: 'in Runward.Linux/: {known}' },
  'RW-DSC-106': { severity: 'error', message: 'instance {id} is there twice', hint: 'type and name are unique in a document' },
  'RW-DSC-107': { severity: 'error', message: 'dependsOn names {id}, which is not there', hint: 'write <type>:<percent-encoded name>' },
  'RW-DSC-108': { severity: 'error', message: 'dependsOn forms a cycle: {path}', hint: 'remove one of them' },
  'RW-DSC-109': { severity: 'error', message: 'property {property}: {reason}', hint: 'see the page of the resource type' },
  RW518: { severity: 'warning', message: 'test failover without cleanup in finally', hint: 'add asr.*.test-failover-cleanup' },
} as const satisfies Record<string, CodeRow>;

/** The code of a finding. */
export type Code = keyof typeof CODES;

type MarksIn<Text extends string> = Text extends `${string}{${infer Mark}}${infer Rest}` ? Word<Mark> | MarksIn<Rest> : never;
type Word<Mark extends string> = Mark extends `${string} ${string}` | `{${string}` ? never : Mark;

/** The marks that must be filled in for a code. */
export type Marks<C extends Code> = Readonly<Record<MarksIn<(typeof CODES)[C]['message']> | MarksIn<(typeof CODES)[C]['hint']>, string>>;
