/** The parts of a conformance run. Each is asked for by name; `read` alone sends nothing that changes anything. */
export const SCENARIO_NAMES = ['read', 'network', 'power', 'script', 'backup', 'restore', 'asr'] as const;

export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** A thing about Azure that documents do not settle, and how the product behaves until somebody has looked. */
export interface Question {
  readonly id: string;
  readonly question: string;
  /** What the engine takes for true, on the safe side, until a run confirms it. */
  readonly byDefault: string;
  /** What a verdict `refuted` means for whoever runs this program, where it is no reason to stop. */
  readonly whenRefuted?: string;
  /** The scenario that answers it; absent: this release has none that does. */
  readonly scenario?: ScenarioName;
}

/** All of them, in a fixed order: numbers are never given again. */
export const QUESTIONS: readonly Question[] = [
  { id: 'U1', question: 'Does Site Recovery Operator get 403 on operation URLs?', byDefault: 'yes: the job is followed first' },
  {
    id: 'U2',
    question: 'What do an item and its allowed operations say after a test failover?',
    byDefault: 'as published; task names are never compared',
    scenario: 'asr',
  },
  {
    id: 'U3',
    question: 'Do jobs of a recovery plan carry our request id?',
    byDefault: 'the job of the plan does, its children are ignored',
    scenario: 'asr',
  },
  { id: 'U4', question: 'Do jobs of Backup carry our request id?', byDefault: 'yes, when read one by one', scenario: 'backup' },
  { id: 'U5', question: 'Does Azure drop a second request with the same request id?', byDefault: 'no', scenario: 'power' },
  {
    id: 'U6',
    question: 'What happens to a second failover while one is under way?',
    byDefault: 'refused, or a job that fails; never a second effect',
    scenario: 'asr',
  },
  {
    id: 'U7',
    question: 'Do the seconds of an expiry time of a recovery point survive?',
    byDefault: 'no: what was cut proves nothing',
    scenario: 'backup',
  },
  { id: 'U8', question: 'Is a second backup refused while one is under way?', byDefault: 'yes', scenario: 'backup' },
  {
    id: 'U9',
    question: 'Which word is the direction of a plan after its machines were reversed?',
    byDefault: 'computed from where its items are',
    scenario: 'asr',
  },
  {
    id: 'U10',
    question: 'Is `If-None-Match: *` answered with 412 when the machine exists?',
    byDefault: 'yes, and it is looked for first as well',
    scenario: 'power',
  },
  {
    id: 'U11',
    question: 'Which names, tags and times do restored disks have?',
    byDefault: 'no tags: before and after are compared',
    scenario: 'restore',
  },
  { id: 'U12', question: 'Does a second patch installation get refused?', byDefault: 'the status of the machine is asked first' },
  {
    id: 'U13',
    question: 'Does deleting a managed run command stop its script?',
    byDefault: 'no: the script may go on',
    whenRefuted: 'on the safe side: a script whose run command was deleted is still taken for one that may have gone on',
    scenario: 'script',
  },
  {
    id: 'U14',
    question: 'Under which header do answers tell what is left of the rate limit?',
    byDefault: 'any that begins with x-ms-ratelimit-remaining',
    scenario: 'read',
  },
  { id: 'U15', question: 'How far is the clock of Azure from ours?', byDefault: 'less than 5 minutes', scenario: 'read' },
  {
    id: 'U16',
    question: 'Do audience, hosts and API versions of this sovereign cloud fit?',
    byDefault: 'as its documentation says',
    scenario: 'read',
  },
  { id: 'U17', question: 'Does a lock inside a failover show as a warning of its job?', byDefault: 'yes: it becomes a finding' },
  { id: 'U18', question: 'Do 6 KB of headers pass the proxy of this network?', byDefault: 'up to 16 KB are read', scenario: 'asr' },
  {
    id: 'U19',
    question: 'Is a change of security rules refused whose If-Match is out of date?',
    byDefault: 'yes: rules that somebody else has changed are not replaced',
    scenario: 'network',
  },
  {
    id: 'U20',
    question: 'How soon does GET show what a PUT has made?',
    byDefault: 'within the quiet time of 2 minutes, and not at once',
    scenario: 'network',
  },
];
