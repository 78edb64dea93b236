/** Actions that the language reference lists and this release does not have: they are refused by name, not as typing slips. */
export const RESERVED_ACTIONS: ReadonlySet<string> = new Set(
  (
    'asr.plan.cancel-failover ' +
    'asr.job.resume asr.item.failover asr.item.commit asr.item.reprotect ' +
    'backup.restore-disks ' +
    '' +
    'http.request'
  )
    .split(' ')
    .map((name) => `${name}@1`),
);
