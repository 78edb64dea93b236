import { TEST_KEY_WORDS } from './key-words-test.ts';

/** What a key of the language is for: one sentence, and what holds when it is not written. */
export interface KeyWords {
  readonly about: string;
  /** Absent: nothing is assumed. */
  readonly whenAbsent?: string;
  readonly example?: string;
}

/** Words about the keys of one map. */
export type KeyRows = Readonly<Record<string, readonly [about: string, whenAbsent?: string | undefined, example?: string]>>;

const DOCUMENT: KeyRows = {
  apiVersion: ['the version of the language; another one is refused, never guessed'],
  kind: ['what the document is'],
  metadata: ['name, title and owner of the document'],
};

const RUNBOOK: KeyRows = {
  ...DOCUMENT,
  purpose: [
    'why runs are made; decides evidence, the recovery board and how a start is confirmed. A list is chosen from with --as',
    undefined,
    'drill',
  ],
  environment: ['the environment of every target and identity that the runbook uses', undefined, 'production'],
  timeout: ['the whole run without rollback and finally; at its end the run stops as by cancel and is timed_out', undefined, '4h'],
  finally_timeout: ['budget of rollback and finally together', '30m'],
  inputs: ['typed values that a start gives'],
  vars: ['values computed once at plan from inputs, targets and other vars'],
  targets: ['named sets of machines, resolved once at plan'],
  objectives: ['recovery time and point that a run is measured against; a breach is a red verdict and never a stop'],
  readiness: [
    'checks that run before anything is changed, again after the last approval when they are older than 5 minutes, and on their own',
  ],
  concurrency: ['how many runs of a group may be under way'],
  locks: ['named locks for the whole run', undefined, '[orders-db]'],
  windows: ['calendars; changing steps start only while one of their windows is open', undefined, '[weekend-night]'],
  at_window_close: [
    'hold lets items under way finish and waits for the next window; finish lets the step or block that has started go on',
    'hold',
  ],
  freeze: ['exempt passes freezes; only for purpose failover and with the permission freeze:override', 'obey'],
  on_failure: ['what a failed top-level step means where it does not say so itself', 'stop; pause for failover and failback'],
  steps: ['what is done, in written order'],
  finally: ['steps that run once at the end, after rollback, whatever happened before'],
  outputs: ['values of the run, computed at its end; null where they cannot be', undefined, 'updated: size(targets.web)'],
  triggers: ['what may start runs'],
  notify: ['who is told about which events'],
};

const METADATA: KeyRows = {
  name: ['unique in the project; runs, schedules and approvals are named by it', undefined, 'shop-drill'],
  title: ['one line for lists and pages'],
  owner: ['the team that is shown and told about failures', undefined, 'team-shop'],
  description: ['Markdown for whoever opens the runbook'],
  labels: ['texts to select by', undefined, '{ app: shop }'],
  links: ['addresses of what one should read beside it'],
};

const INPUT: KeyRows = {
  type: ['what kind of value it is; secret is a reference that is resolved at use'],
  description: ['what the starter is asked for'],
  default: ['the value when a start gives none; without it the input is required'],
  enum: ['the only values allowed'],
  pattern: ['what a text must match; a linear subset of regular expressions', undefined, '"^[a-z]+$"'],
  min_length: ['least characters of a text, least items of a list'],
  max_length: ['most characters of a text, most items of a list', '4096 for texts, 1000 for lists'],
  min: ['least value'],
  max: ['greatest value'],
  items: ['the definition of the items of a list'],
  fields: ['the definitions of the members of an object'],
  resource_type: ['the type that an Azure id must have', undefined, 'Microsoft.Network/virtualNetworks'],
};

const TARGET_SET: KeyRows = {
  hosts: ['machines written here'],
  inventory: ['name of an inventory document', undefined, 'shop-linux'],
  azure: ['a query for virtual machines'],
  recovery_plan: ['the machines of a recovery plan of Azure Site Recovery'],
  where: ['which of them belong to the set', 'all', 'target.tags.tier == "web"'],
  max: ['more machines than this and the run does not start; nothing is cut off'],
  on_empty: ['skip lets steps on an empty set be skipped', 'fail'],
  on_unreachable: ['record keeps a machine that cannot be reached in the set and lets its items fail when their turn comes', 'fail'],
  sample: ['picks some of the machines instead of all'],
};

const HOST: KeyRows = {
  name: ['the name in paths and reports'],
  address: ['name or address that is connected to'],
  os: ['decides the shell', 'linux'],
  via: ['how scripts reach the machine', 'run-command for Azure machines, ssh otherwise'],
  user: ['the user who logs in over ssh'],
  port: ['the port of ssh', '22'],
  credential: ['reference to the private key', undefined, '"secret:ssh-shop"'],
  tags: ['texts to select by'],
  id: ['the full Azure id where the machine has one'],
};

const STEP: KeyRows = {
  id: ['unique in the file; paths, logs and expressions name the step by it', undefined, 'failover_db'],
  name: ['a line for people', 'the id'],
  if: ['false leaves the step out; on a fan-out it is asked per item when it mentions the item', 'true', 'run.purpose == "drill"'],
  needs: ['siblings in a parallel block that must have ended well; otherwise this step is left out'],
  uses: ['the action that is carried out', undefined, 'asr.item.test-failover@1'],
  with: ['arguments of the action, or inputs of the called runbook'],
  run: ['a script; a block scalar or quoted, without expressions', undefined, '|'],
  shell: ['which shell runs the script', 'sh on Linux, powershell on Windows'],
  env: ['the only way values reach a script', undefined, '{ UNIT: "${{ inputs.unit }}" }'],
  effect: ['what the script does: read, named, guarded or blind; decides what happens when an answer is lost', 'blind'],
  done_when: ['a script that exits 0 exactly when the work is done; goes with effect guarded'],
  approval: ['people must say yes before the run goes on'],
  manual: ['a person does something and reports it'],
  wait: ['a pause: a duration or a time', undefined, '10m'],
  assert: ['conditions that must hold; all of them are looked at and every failure is shown'],
  call: ['name of a runbook that runs as a child of this run'],
  undo: ['id of an earlier step or block whose rollback runs now, once', undefined, 'drain'],
  steps: ['a block of steps in written order'],
  parallel: ['a block of steps that start together'],
  finally: ['steps at the end of the block, per item, whatever happened in it'],
  max_parallel: ['branches of a parallel block at once', '10'],
  target: [
    'the machines that the step is done for: a set, a narrowed set, or machines that this run made',
    undefined,
    '{ set: shop, where: target.recovery_group == 1 }',
  ],
  for_each: ['a list that the step is done for, item by item', undefined, '"${{ inputs.names }}"'],
  as: ['the name of the item inside', 'target or item'],
  rollout: ['waves, how many at once, and how many failures are borne', 'one at a time, none'],
  until: ['a read is asked again until a condition holds'],
  success_if: ['replaces the verdict of the step', 'that of the action; exit code 0', 'result.stdout.trim() == "active"'],
  outputs: ['values for later steps, from the result', "the action's result; none for scripts"],
  retry: ['further tries after a definite failure', 'none', '{ attempts: 2, delay: 30s }'],
  timeout: ['one attempt of one item; on a block the whole block per item', "the action's; 15m for scripts"],
  on_failure: ['what is done when the step has failed after its retries', "stop; at the top level the runbook's"],
  rollback: ['steps that take this one back; [] leaves out the undo of the action', "the action's own, or none"],
  rollback_on_failure: ['false leaves the rollback out when this step itself failed', 'true'],
  locks: ['named locks for as long as the step is under way'],
  windows: ['calendars that must be open for what the block changes'],
  at_window_close: ['as at the top level, for this block', 'hold'],
  preview: ['a read-only script that plan runs to show what would happen'],
};

/** The words of every key, by the title of its map. */
export const KEY_WORDS: Readonly<Record<string, Readonly<Record<string, KeyWords>>>> = Object.fromEntries(
  Object.entries({
    'the runbook': RUNBOOK,
    'the inventory': {
      ...DOCUMENT,
      environment: ['the environment of all its machines'],
      defaults: ['what holds for hosts that do not say it'],
      hosts: ['the machines'],
    },
    'the calendar': {
      ...DOCUMENT,
      windows: ['when changes may start'],
      freezes: ['when no changing step starts, for every run of their environments'],
    },
    ...TEST_KEY_WORDS,
    metadata: METADATA,
    input: INPUT,
    'target set': TARGET_SET,
    host: HOST,
    defaults: HOST,
    step: STEP,
    azure: {
      subscriptions: ['ids of the subscriptions that are searched'],
      type: ['the type of the resources'],
      resource_groups: ['only in these groups', 'all'],
      tags: ['only with every one of these tags and values'],
      locations: ['only in these regions', 'all'],
    },
    recovery_plan: {
      subscription: ['id of the subscription'],
      resource_group: ['group of the vault'],
      vault: ['the Recovery Services vault'],
      name: ['the recovery plan'],
    },
    sample: {
      count: ['how many are picked'],
      weight: ['restore_test_age picks those first whose last restore test is longest ago', 'none'],
      seed: ['the same seed picks the same machines', 'the id of the run'],
    },
    objectives: {
      rto: ['recovery time that must not be passed', undefined, '1h'],
      rpo: ['age that the recovery point must not pass', undefined, '15m'],
      drill_every: ['how old the last proven drill may be', undefined, '90d'],
      clock: ['between which steps the recovery time is measured'],
    },
    clock: {
      start: ['the clock starts with the first attempt of this step, or with the run', 'run'],
      stop: ['the clock stops with the first success of this step; without it the time is not measured'],
      count: ['active leaves out the time in which everything waited for a person', 'wall'],
    },
    readiness: { every: ['how often the checks run on their own', 'never', '1h'], checks: ['steps that change nothing'] },
    concurrency: {
      group: ['the runs that are counted together'],
      limit: ['how many may be under way', '1'],
      on_conflict: ['queue waits, reject refuses the start', 'queue'],
    },
    rollout: {
      waves: ['sizes of the waves, counts or shares of the total; the last one repeats', 'one wave', '[1, 25%]'],
      max_parallel: ['items at once inside a wave; a run works on 100 leaves at once at most', '1; 10 for reads'],
      max_failures: ['how many items of the whole rollout may fail, a count or a share; a share never lets all of them fail', '0'],
      on_exceeded: ['what is done when more have failed: stop, pause or rollback of every touched item', 'stop'],
      order_by: ['a value per item; ascending', 'the order of the targets', 'target.tags.rank'],
      after_wave: ['steps after every wave but the last; their failure stops the rollout'],
    },
    target: { set: ['name of a target set'], where: ['narrows the set', 'all'] },
    done_when: { run: ['a script that exits 0 exactly when the work is done'] },
    approval: {
      by: ['groups whose members may decide', undefined, '[group:dr-approvers]'],
      need: ['how many must say yes'],
      need_from: ['groups that must each supply one of them'],
      self: ['true lets the starter decide as well', 'false'],
      timeout: ['how long the run waits', '24h; 4h before a severe step'],
      on_timeout: ['skip leaves the step out instead of ending the run', 'stop'],
      remind_before: ['how long before the end people are reminded', 'a quarter of the timeout'],
      escalate: ['who is told when nobody has decided for a while'],
      message: ['what is asked, with the facts that it depends on'],
      form: ['values that the decider fills in'],
    },
    escalate: { after: ['how long to wait before'], to: ['channels that are told'] },
    manual: {
      by: ['groups whose members may report'],
      instructions: ['Markdown: what is to be done'],
      form: ['values that the person fills in'],
      timeout: ['how long the run waits', '24h'],
    },
    wait: { until_time: ['a time with an offset that is waited for'], signal: ['a signal that is waited for'], timeout: ['how long'] },
    assert: { that: ['must be true'], message: ['what is shown when it is not'] },
    until: {
      condition: ['ends the asking', undefined, 'result.open'],
      every: ['pause between two looks'],
      timeout: ['after this the step is timed_out'],
    },
    retry: {
      attempts: ['how many further tries'],
      delay: ['pause before the first of them', '10s'],
      backoff: ['factor by which the pause grows', '1'],
      max_delay: ['longest pause', '5m'],
      max_duration: ['no new try after this long'],
      if: ['only when this holds for the failure', 'always'],
    },
    on_failure: {
      do: ['steps that run first; they see the error of the step'],
      // The word of the language; nothing awaits this table.
      // oxlint-disable-next-line unicorn/no-thenable
      then: ['what follows: stop, continue, pause, rollback, recover or retry'],
    },
    triggers: {
      manual: ['false forbids starts by hand', 'true'],
      schedules: ['what starts runs by the clock'],
      webhooks: ['what starts runs by a signed request'],
    },
    schedule: {
      id: ['unique in the runbook', undefined, 'nightly'],
      cron: ['five fields', undefined, '"15 1 * * *"'],
      timezone: ['an IANA name', undefined, 'Europe/Berlin'],
      inputs: ['the inputs of its runs'],
      jitter: ['spreads starts; derived from the slot, so that a preview shows it', '0s'],
      overlap: ['what a slot means while the run before is under way: skip, queue or allow', 'skip'],
      missed: ['what becomes of slots that nobody looked at in time'],
      day_match: ['how a day of month and a day of week are joined: and, or'],
      from: ['no slots before'],
      until: ['no slots after'],
      enabled: ['false: it stands there and fires nothing', 'true'],
      pause_after_failures: ['pauses the schedule after so many failed runs in a row', 'never'],
    },
    missed: {
      run: ['none, latest or all of them', 'latest where nothing is changed or an approval stands before; none otherwise'],
      within: ['how late a slot may still run', 'the smaller of 1h and half the period'],
      max: ['most runs that are made up for', '10'],
    },
    webhook: {
      id: ['unique in the runbook'],
      inputs: ['inputs that the request may give'],
      set: ['inputs with fixed values'],
      secret: ['reference to the key that signs the requests'],
    },
    notify: { to: ['a channel: kind:name', undefined, 'teams:shop'], when: ['the events'] },
    window: {
      cron: ['when it opens'],
      day_match: ['how a day of month and a day of week are joined: and, or'],
      duration: ['how long it stays open'],
      timezone: ['an IANA name'],
    },
    freeze: {
      from: ['when it begins'],
      to: ['when it ends'],
      reason: ['what people are told'],
      environments: ['where it holds', 'everywhere'],
    },
  } satisfies Readonly<Record<string, KeyRows>>).map(([title, rows]) => [
    title,
    Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, words(row)])),
  ]),
);

function words([about, whenAbsent, example]: KeyRows[string]): KeyWords {
  return { about, ...(whenAbsent === undefined ? {} : { whenAbsent }), ...(example === undefined ? {} : { example }) };
}
