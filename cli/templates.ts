/** What `runward init` can begin with: the folders below templates/, and what each is for. */
export const TEMPLATES = {
  'dr-drill': 'a recovery drill with readiness checks, an approval, measured RTO and a cleanup that always runs',
  backup: 'a nightly backup in waves that stops when the first machine fails',
  drift: 'a nightly comparison of machines with a configuration document',
  empty: 'one check of a web page, to be replaced',
} as const satisfies Readonly<Record<string, string>>;

export type TemplateName = keyof typeof TEMPLATES;
