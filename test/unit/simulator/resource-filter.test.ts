import { expect, test } from 'vitest';
import { resourceFilter } from '../../../simulator/resources/filter.ts';

const at = (group: string, type: string, name: string, tags: Readonly<Record<string, string>> = {}) => ({
  id: `/subscriptions/s/resourceGroups/${group}/providers/${type}/${name}`,
  name,
  type,
  location: 'westeurope',
  tags,
});
const RESOURCES = [
  at('rg-shop', 'Microsoft.Compute/virtualMachines', 'web-01', { env: 'prod', Department: 'shop' }),
  at('rg-shop', 'Microsoft.Compute/disks', "web-01's disk", { env: 'test' }),
  at('rg-else', 'Microsoft.Network/networkInterfaces', 'web-01-nic'),
];
const found = (filter: string) => RESOURCES.filter((each) => resourceFilter(filter)?.keeps(each)).map(({ name }) => name);

test.each([
  ["resourceType eq 'microsoft.compute/DISKS'", ["web-01's disk"]],
  ["resourceType ne 'Microsoft.Compute/disks'", ['web-01', 'web-01-nic']],
  ["resourceType eq 'Microsoft.Compute/disks' or resourceType eq 'Microsoft.Network/networkInterfaces'", ["web-01's disk", 'web-01-nic']],
  ["name eq 'web-01''s disk'", ["web-01's disk"]],
  ["resourceGroup eq 'RG-SHOP' and name eq 'web-01'", ['web-01']],
  ["substringof('nic', name)", ['web-01-nic']],
  [
    "(substringof('shop',resourceGroup) or substringof('nic', name)) and location eq 'westeurope'",
    ['web-01', "web-01's disk", 'web-01-nic'],
  ],
  [
    "substringof('else', resourceGroup) or substringof('shop', resourceGroup) and substringof('disk', name)",
    ["web-01's disk", 'web-01-nic'],
  ],
  ["tagName eq 'ENV'", ['web-01', "web-01's disk"]],
  ["tagname eq 'env' and tagvalue eq 'prod'", ['web-01']],
  ["startswith(tagName, 'depart')", ['web-01']],
  ["plan/name eq 'any'", []],
  ["identity ne 'any'", ['web-01', "web-01's disk", 'web-01-nic']],
])('%s', (filter, names) => {
  expect(found(filter)).toEqual(names);
});

test.each([
  '',
  "tagValue eq 'prod'",
  "tagName ne 'env'",
  "tagName eq 'env' or tagValue eq 'prod'",
  "tagName eq 'env' and resourceType eq 'Microsoft.Compute/disks'",
  "substringof('disks', resourceType)",
  "startswith(name, 'web')",
  "size eq 'big'",
  'name eq web-01',
  "name eq 'web-01",
  "name gt 'web'",
  "(name eq 'a'",
  "name eq 'a' and",
  "name eq 'a' name eq 'b'",
])('Azure does not take %j', (filter) => {
  expect(resourceFilter(filter)).toBeUndefined();
});

test('tags are not told of what was found by name and value of one', () => {
  expect(resourceFilter("tagName eq 'env' and tagValue eq 'prod'")?.hidesTags).toBe(true);
  expect(resourceFilter("tagName eq 'env'")?.hidesTags).toBe(false);
});
