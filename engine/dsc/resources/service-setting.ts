import { cannotSet, commands, type Differing, type SetKind, type Setting, together } from '../setting.ts';

interface ServiceWish {
  readonly status?: 'running' | 'stopped' | undefined;
  readonly startType?: 'enabled' | 'disabled' | 'masked' | 'static' | undefined;
  readonly _exist: boolean;
}

const SYSTEMCTL: SetKind = {
  name: 'service.systemctl',
  seconds: 120,
  body: `need systemctl; u=$1; shift
for v; do case $v in reset-failed) systemctl reset-failed -- "$u" 2>/dev/null || :;; *) systemctl "$v" -- "$u" || exit 1;; esac; done`,
};

const START_TYPE = { enabled: ['unmask', 'enable'], disabled: ['unmask', 'disable'], masked: ['mask'] } as const;
// A unit that failed is not running, and it is not stopped either until the failure is forgotten.
const STATUS = { running: ['start'], stopped: ['stop', 'reset-failed'] } as const;

/** How a unit becomes as desired. */
export function serviceSetting(unit: string, desired: ServiceWish, differing: Differing): Setting {
  if (differing.has('/_exist')) {
    return cannotSet(
      ['/_exist'],
      desired._exist ? 'a unit comes with its package' : 'a unit goes with its package; say stopped and masked',
    );
  }
  const { startType, status } = desired;
  const type = differing.has('/startType') ? startType : undefined;
  const boot = type === undefined || type === 'static' ? [] : START_TYPE[type];
  const now = differing.has('/status') && status !== undefined ? STATUS[status] : [];
  const verbs = status === 'stopped' ? [...now, ...boot] : [...boot, ...now];
  const impossible = type === 'static' ? cannotSet(['/startType'], 'whether a unit is static is written in its own file') : commands();
  if (verbs.length === 0) return impossible;
  const done = verbs.filter((verb) => verb !== 'reset-failed').join(', ');
  return together(commands({ kind: SYSTEMCTL, args: [unit, ...verbs], summary: `systemctl ${done} ${unit}` }), impossible);
}
