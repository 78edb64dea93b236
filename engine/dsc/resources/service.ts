import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../json.ts';
import { compareExistence, compareValue, type Outcome } from '../compare.ts';
import { exported } from '../exported.ts';
import type { Fact, ProbeKind, ProbeRequest } from '../fact.ts';
import { resourceType } from '../resource.ts';
import { serviceSetting } from './service-setting.ts';
import { spoken } from './spoken.ts';

const schema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9@_.:\\-]{1,200}$/, 'must be the name of a unit, without wildcards'),
  status: z.enum(['running', 'stopped']).optional(),
  startType: z.enum(['enabled', 'disabled', 'masked', 'static']).optional(),
  _exist: z.boolean().default(true),
});

type Service = z.infer<typeof schema>;

const FIELDS = ['LoadState', 'ActiveState', 'SubState', 'UnitFileState'] as const;
const ACTIVE = ['active', 'inactive', 'failed', 'activating', 'deactivating', 'reloading', 'refreshing', 'maintenance'];

const UNIT: ProbeKind = {
  name: 'service.unit',
  body: `need systemctl; o=$(systemctl show -p ${FIELDS.join(',')} -- "$1" 2>&1) || why "$o"
case $o in *LoadState=not-found*) exit 10;; esac
printf '%s\\n' "$o"`,
  decode: (output) => {
    const lines = output.replace(/\n$/, '').split('\n');
    const pairs = lines.map((line) => /^([A-Za-z]+)=([a-z0-9-]*)$/.exec(line));
    const values = new Map(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
    if (lines.length !== FIELDS.length || !FIELDS.every((field) => values.has(field))) return undefined;
    const active = values.get('ActiveState') ?? '';
    if (!ACTIVE.includes(active) || values.get('LoadState') === '') return undefined;
    return { active, startType: values.get('UnitFileState') ?? '' };
  },
  // systemctl(1) shows units in the order in which they were named, with an empty line between two. Each must know its name.
  many: {
    body: `need systemctl; many systemctl show -p Names,${FIELDS.join(',')} -- "$@"; exit 0`,
    decode: (output, asked) => {
      const said = spoken(output);
      const blocks = said === undefined ? [] : said.lines.join('\n').split('\n\n');
      if (said === undefined || said.status !== 0 || said.complaints.length > 0 || blocks.length !== asked.length) return [];
      return asked.map(([name = ''], index) => shown(blocks[index] ?? '', name));
    },
  },
};

function shown(block: string, name: string): Fact | undefined {
  const lines = block.split('\n');
  const names = lines.filter((line) => line.startsWith('Names='));
  if (names.length !== 1 || names[0]?.slice('Names='.length).split(' ').includes(name) !== true) return undefined;
  if (lines.includes('LoadState=not-found')) return { state: 'absent' };
  const rest = lines.filter((line) => !line.startsWith('Names='));
  const value = UNIT.decode(`${rest.join('\n')}\n`, [name]);
  return value === undefined ? undefined : { state: 'value', value };
}

const START_TYPES = ['enabled', 'disabled', 'masked', 'static'];

const UNITS: ProbeKind = {
  name: 'service.units',
  body: `need systemctl; need awk; o=$(systemctl list-unit-files --type=service --no-legend --no-pager) || exit 70
printf '%s\\n' "$o" | awk '$1 !~ /@\\.service$/ { print $1 }'`,
  decode: (output) => {
    const names = output.split('\n').filter((line) => line !== '');
    return names.length > 0 && names.every((name) => /^[A-Za-z0-9@_.:\\-]+\.service$/.test(name)) ? names : undefined;
  },
};

const STATUS: Readonly<Record<string, string>> = { active: 'running', inactive: 'stopped' };

/** A unit of systemd: whether it runs and whether a boot starts it. */
export const service = resourceType<Service>({
  type: 'Runward.Linux/Service',
  version: '1.0.0',
  summary: 'A systemd unit that runs or is stopped, and is started at boot or not',
  schema,
  keys: ['name', '_exist'],
  cannotTell: ['whether the service answers', 'units of users', 'machines without systemd: noTool'],
  requests: (desired) => [unit(desired)],
  judge: (desired, facts): readonly Outcome[] => {
    const fact = facts(unit(desired));
    const existence = compareExistence({ area: 'service', what: desired.name, exist: desired._exist }, fact);
    if (existence.done) return existence.outcomes;
    const head = { area: 'service', what: desired.name };
    const status = (value: JsonValue): string => {
      const { active } = value as { readonly active: string };
      return STATUS[active] ?? active;
    };
    // Generated and transient units have no file, so nobody can tell.
    const startType = (value: JsonValue): JsonValue | undefined => (value as JsonObject)['startType'] || undefined;
    return [
      ...existence.outcomes,
      ...(desired.status === undefined
        ? []
        : [compareValue({ ...head, property: 'status', desired: desired.status }, fact, { read: status })]),
      ...(desired.startType === undefined
        ? []
        : [compareValue({ ...head, property: 'startType', desired: desired.startType }, fact, { read: startType })]),
    ];
  },
  sets: 'systemctl start, stop, enable, disable, mask and unmask; a unit comes and goes with its package, and `static` is only checked',
  setting: (desired, differing) => serviceSetting(unitName(desired), desired, differing),
  exporting: {
    isName: (text) => schema.shape.name.safeParse(text).success,
    list: { kind: UNITS, args: [] },
    requests: (name) => [{ kind: UNIT, args: [unitName({ name })] }],
    // A state on the way to another one, and a unit without a file of its own, are nothing that anybody wanted.
    read: (name, facts) =>
      exported(facts({ kind: UNIT, args: [unitName({ name })] }), { name }, (value) => {
        const { active, startType } = value as { readonly active: string; readonly startType: string };
        const status = STATUS[active];
        return { ...(status === undefined ? {} : { status }), ...(START_TYPES.includes(startType) ? { startType } : {}) };
      }),
  },
});

function unit(desired: Service): ProbeRequest {
  return { kind: UNIT, args: [unitName(desired)] };
}

function unitName({ name }: Pick<Service, 'name'>): string {
  const known = /\.(service|socket|timer|mount|path|target|slice|scope|swap|automount|device)$/.test(name);
  return known ? name : `${name}.service`;
}
