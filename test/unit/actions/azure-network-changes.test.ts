import { describe, expect, test } from 'vitest';
import { azureNsgSetRules } from '../../../engine/actions/azure-nsg-set-rules.ts';
import { azureTrafficmanagerSetEndpoint } from '../../../engine/actions/azure-trafficmanager-set-endpoint.ts';
import type { AzureSecurityGroup } from '../../../engine/azure-calls.ts';
import type { JsonObject } from '../../../engine/json.ts';
import { context, effect, portsWith, writtenAzure } from './written-azure.ts';

const GROUP = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg';
const PROFILE = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/trafficManagerProfiles/tm';
const none = { target: undefined };

describe('azure.nsg.set-rules', () => {
  const action = effect(azureNsgSetRules);
  const WEB = { name: 'web', priority: 200, direction: 'Inbound', access: 'Allow', protocol: 'Tcp', destination_port: '443' } as const;
  const WRITTEN: JsonObject = {
    priority: 200,
    direction: 'Inbound',
    access: 'Allow',
    protocol: 'Tcp',
    sourceAddressPrefix: '*',
    sourcePortRange: '*',
    destinationAddressPrefix: '*',
    destinationPortRange: '443',
  };
  const given = context(
    action,
    { id: GROUP, rules: [WEB] },
    { ...none, before: { etag: 'W/"1"', location: 'westeurope', tags: {}, rules: [] } },
  );
  const group = (written: AzureSecurityGroup['written'], etag: string | undefined = 'W/"1"') => {
    const azure = writtenAzure();
    azure.put('net.securityGroup', GROUP, { id: GROUP, location: 'westeurope', etag, tags: { tier: 'web' }, written, rules: [] });
    return azure;
  };
  const web = (changes: JsonObject = {}) => [{ name: 'WEB', properties: { ...WRITTEN, description: 'of Azure', ...changes } }];

  test.each([
    ['the wanted rules, in any order and with what Azure adds', group(web()), { kind: 'reached' }],
    ['the rules from before', group([]), { kind: 'absent' }],
    ['a rule that differs in one property, written by somebody', group(web({ priority: 300 }), 'W/"2"'), { kind: 'unclear' }],
    ['one rule too many, written by somebody', group([...web(), { name: 'more', properties: {} }], 'W/"2"'), { kind: 'unclear' }],
    ['nothing that can be read', writtenAzure(), { kind: 'unanswered' }],
  ])('after a lost answer: %s', async (_what, azure, expected) => {
    expect(await action.find(portsWith(azure), given)).toMatchObject(expected);
  });

  test.each([
    ['done', group(web(), 'W/"2"'), { kind: 'succeeded', result: { before: [], changed: true } }],
    ['not yet', group([]), { kind: 'not_yet' }],
    ['not known', writtenAzure(), { kind: 'unanswered' }],
  ])('done is read from the group: %s', async (_what, azure, expected) => {
    expect(await action.verify(portsWith(azure), given, undefined)).toMatchObject(expected);
  });

  test('nothing is sent when the rules are there, or when a change of somebody else could be overwritten', async () => {
    expect(await action.precheck(portsWith(group(web())), given)).toMatchObject({ kind: 'succeeded', result: { changed: false } });
    const blind = writtenAzure();
    blind.put('net.securityGroup', GROUP, { id: GROUP, location: 'w', etag: undefined, tags: {}, written: [], rules: [] });
    expect(await action.precheck(portsWith(blind), given)).toMatchObject({ kind: 'failed' });
    const azure = group([]);
    azure.submitAnswer = { kind: 'refused', reason: 'exists', code: 'PreconditionFailed', message: 'etag', receipt: { status: 412 } };
    expect(await action.submit(portsWith(azure), given)).toMatchObject({
      kind: 'refused',
      failure: { message: expect.stringContaining('changed since it was read') },
    });
  });

  test('rules as a read of the group shows them are set again without what only Azure writes', async () => {
    const read = {
      id: `${GROUP}/securityRules/web`,
      name: 'web',
      etag: 'W/"1"',
      type: 'Microsoft.Network/networkSecurityGroups/securityRules',
    };
    const rules = [{ ...read, properties: { ...WRITTEN, provisioningState: 'Succeeded' } }];
    const azure = group([]);
    await action.submit(portsWith(azure), { ...given, ...context(action, { id: GROUP, rules }, none), before: given.before });
    expect(azure.submits[0]?.operation).toMatchObject({ rules: [{ name: 'web', properties: WRITTEN }] });
    expect(JSON.stringify(azure.submits)).not.toContain('provisioningState');
  });
});

describe('azure.trafficmanager.set-endpoint', () => {
  const action = effect(azureTrafficmanagerSetEndpoint);
  const ENDPOINT = `${PROFILE}/externalEndpoints/recovery`;
  const given = context(
    action,
    { profile: PROFILE, endpoint: 'Recovery', status: 'Enabled' },
    { ...none, before: { endpoint: ENDPOINT, status: 'Disabled' } },
  );
  const profile = (status: string | undefined, name = 'recovery') => {
    const azure = writtenAzure();
    azure.put('trafficManager.profile', PROFILE, { id: PROFILE, endpoints: [{ id: ENDPOINT, name, status }] });
    return azure;
  };
  const busy = writtenAzure();
  busy.refuse('trafficManager.profile', PROFILE, { kind: 'unanswered', message: 'busy', retryAfterMs: 7000 });

  test.each([
    ['as wanted', profile('Enabled'), 'succeeded', 'reached', 'succeeded'],
    ['as before', profile('Disabled'), 'proceed', 'absent', 'not_yet'],
    ['in no state that Azure tells', profile(undefined), 'proceed', 'absent', 'not_yet'],
    ['gone', profile('Enabled', 'primary'), 'failed', 'unclear', 'not_yet'],
    ['in a profile that does not answer', busy, 'unanswered', 'unanswered', 'unanswered'],
  ])('an endpoint %s: before the request, after a lost answer, at the end', async (_what, azure, before, found, end) => {
    const ports = portsWith(azure);
    const kinds = [await action.precheck(ports, given), await action.find(ports, given), await action.verify(ports, given, undefined)];
    expect(kinds.map(({ kind }) => kind)).toEqual([before, found, end]);
  });
});
