import type { ReadForm } from './azure-read-form.ts';
import { ALERTS, GROUP, PROFILE, RULE, SUBSCRIPTION_ID, found, gets, shouted } from './azure-read-form.ts';

const ANY_READ = {
  id: PROFILE,
  name: 'tm-shop',
  type: 'Microsoft.Network/trafficManagerProfiles',
  location: 'global',
  tags: { team: 'shop' },
  properties: {},
};
const ANY_TOLD = {
  id: PROFILE,
  name: 'tm-shop',
  type: 'Microsoft.Network/trafficManagerProfiles',
  location: 'global',
  tags: { team: 'shop' },
};
const alert = (id: string, essentials: object | null): object => ({ id: `${ALERTS}/${id}`, properties: { essentials } });
const raised = (id: string, monitorCondition: string, startDateTime: string): object =>
  alert(id, { alertRule: shouted(RULE), monitorCondition, startDateTime });

export const RESOURCE_FORMS: readonly ReadForm[] = [
  {
    query: { kind: 'resource.get', id: PROFILE, apiVersion: '2018-08-01' },
    requests: [gets(PROFILE, '2018-08-01')],
    readings: [
      {
        name: 'a resource',
        bodies: [{ ...ANY_TOLD, properties: { odd: [1, null] } }],
        answer: found({ ...ANY_READ, properties: { odd: [1, null] } }),
      },
      {
        name: 'AZ-17: with little',
        bodies: [{ id: shouted(PROFILE), tags: null, location: null, properties: {} }],
        answer: found({ id: shouted(PROFILE), name: 'TM-SHOP', type: '', location: undefined, tags: {}, properties: {} }),
      },
    ],
  },
  {
    query: {
      kind: 'resource.list',
      subscription: SUBSCRIPTION_ID,
      resourceGroup: 'rg-shop-weu',
      type: 'Microsoft.Network/trafficManagerProfiles',
    },
    requests: [gets(`${GROUP}/resources`, '2025-04-01', { $filter: "resourceType eq 'Microsoft.Network/trafficManagerProfiles'" })],
    readings: [
      {
        name: 'AZ-39: over two pages',
        bodies: [
          { value: [ANY_TOLD], nextLink: 'ORIGIN/next?page=2' },
          { value: [{ ...ANY_TOLD, id: `${PROFILE}-2`, name: 'tm-shop-2', tags: null }] },
        ],
        answer: found([ANY_READ, { ...ANY_READ, id: `${PROFILE}-2`, name: 'tm-shop-2', tags: {} }]),
      },
      {
        name: 'AZ-39: a resource on two pages counts once, and the list is read once more for the one on none',
        bodies: [
          { value: [ANY_TOLD], nextLink: 'ORIGIN/next?page=2' },
          { value: [{ ...ANY_TOLD, id: shouted(PROFILE) }] },
          { value: [ANY_TOLD, { ...ANY_TOLD, id: `${PROFILE}-2`, name: 'tm-shop-2' }] },
        ],
        answer: found([ANY_READ, { ...ANY_READ, id: `${PROFILE}-2`, name: 'tm-shop-2' }]),
      },
      { name: 'none', bodies: [{ value: [], nextLink: '' }], answer: found([]) },
      { name: 'one without an id makes no list', bodies: [{ value: [ANY_TOLD, { name: 'tm-shop-2' }] }], answer: { kind: 'unanswered' } },
    ],
  },
  {
    query: { kind: 'alert.get', alertId: `${ALERTS}/a1` },
    requests: [gets(`${ALERTS}/a1`, '2019-03-01')],
    readings: [
      {
        name: 'an alert',
        bodies: [alert('a1', { monitorCondition: 'Fired', startDateTime: '2026-01-05T09:00:00.1234567Z' })],
        answer: found({ id: `${ALERTS}/a1`, state: 'Fired', firedAtMs: Date.UTC(2026, 0, 5, 9, 0, 0, 123) }),
      },
      {
        name: 'a condition that nobody knows stays what it is',
        bodies: [alert('A1', { monitorCondition: 'Smouldering', startDateTime: 'soon' })],
        answer: found({ id: `${ALERTS}/A1`, state: 'Smouldering', firedAtMs: undefined }),
      },
      {
        name: 'without its essentials',
        bodies: [alert('a1', null)],
        answer: found({ id: `${ALERTS}/a1`, state: undefined, firedAtMs: undefined }),
      },
    ],
  },
  {
    query: { kind: 'alert.rule', ruleId: RULE },
    requests: [gets(RULE, '2018-03-01'), gets(ALERTS, '2019-03-01', { alertRule: RULE, timeRange: '30d' })],
    readings: [
      {
        name: 'AZ-17 AZ-39: the alert that fires counts, on whichever page and in whatever spelling; alerts of others do not',
        bodies: [
          { id: RULE, properties: { enabled: true } },
          { value: [raised('new', 'Resolved', '2026-01-05T10:00:00Z')], nextLink: 'ORIGIN/next?page=2' },
          {
            value: [
              raised('old', 'FIRED', '2026-01-05T09:00:00Z'),
              alert('other', { alertRule: `${RULE}-2`, monitorCondition: 'Fired', startDateTime: '2026-01-05T11:00:00Z' }),
            ],
          },
        ],
        answer: found({ id: RULE, enabled: true, alert: { id: `${ALERTS}/old`, state: 'FIRED', firedAtMs: Date.UTC(2026, 0, 5, 9) } }),
      },
      {
        name: 'a disabled rule that has raised nothing',
        bodies: [{ id: shouted(RULE), properties: { enabled: false } }, { value: [] }],
        answer: found({ id: shouted(RULE), enabled: false, alert: undefined }),
      },
    ],
  },
];
