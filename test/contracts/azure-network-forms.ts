import type { ReadForm } from './azure-read-form.ts';
import { GUARD, NETWORK, PROFILE, ROUTES, VNET, found, gets, shouted } from './azure-read-form.ts';

const subnet = (name: string, properties: object | null): object => ({ name, properties });
export const NETWORK_FORMS: readonly ReadForm[] = [
  {
    query: { kind: 'net.network', networkId: VNET },
    requests: [gets(VNET, '2024-05-01')],
    readings: [
      {
        name: 'a network with all that decides whether it is isolated',
        bodies: [
          {
            id: VNET,
            location: 'westeurope',
            properties: {
              addressSpace: { addressPrefixes: ['10.9.0.0/16'] },
              dhcpOptions: { dnsServers: ['10.1.0.4'] },
              virtualNetworkPeerings: [
                { name: 'to-shop', properties: { peeringState: 'Connected', remoteVirtualNetwork: { id: `${VNET}-2` } } },
              ],
              subnets: [
                subnet('a', {
                  networkSecurityGroup: { id: GUARD },
                  routeTable: { id: ROUTES },
                  natGateway: { id: `${NETWORK}/natGateways/n` },
                }),
              ],
            },
          },
        ],
        answer: found({
          id: VNET,
          location: 'westeurope',
          addressPrefixes: ['10.9.0.0/16'],
          dnsServers: ['10.1.0.4'],
          peerings: [{ name: 'to-shop', state: 'Connected', remoteId: `${VNET}-2` }],
          subnets: [{ name: 'a', securityGroupId: GUARD, routeTableId: ROUTES, natGatewayId: `${NETWORK}/natGateways/n` }],
        }),
      },
      {
        name: 'AZ-17: nulls are absent, and a peering stays one in a state nobody knows',
        bodies: [
          {
            id: shouted(VNET),
            properties: {
              addressSpace: { addressPrefixes: ['10.9.0.0/16'] },
              dhcpOptions: null,
              virtualNetworkPeerings: [{ name: null, properties: { peeringState: 'Dreaming', remoteVirtualNetwork: null } }, null],
              subnets: [subnet('a', { networkSecurityGroup: null, routeTable: null, natGateway: null }), subnet('b', null)],
            },
          },
        ],
        answer: found({
          id: shouted(VNET),
          location: '',
          addressPrefixes: ['10.9.0.0/16'],
          dnsServers: [],
          peerings: [
            { name: 'without a name', state: 'Dreaming', remoteId: undefined },
            { name: 'without a name', state: 'Unknown', remoteId: undefined },
          ],
          subnets: [
            { name: 'a', securityGroupId: undefined, routeTableId: undefined, natGatewayId: undefined },
            { name: 'b', securityGroupId: undefined, routeTableId: undefined, natGatewayId: undefined },
          ],
        }),
      },
      {
        name: 'one that does not tell its subnets proves nothing',
        bodies: [{ id: VNET, properties: { addressSpace: { addressPrefixes: ['10.9.0.0/16'] }, virtualNetworkPeerings: [] } }],
        answer: { kind: 'unanswered' },
      },
      {
        name: 'nor does one that does not tell its peerings',
        bodies: [{ id: VNET, properties: { addressSpace: { addressPrefixes: ['10.9.0.0/16'] }, subnets: [] } }],
        answer: { kind: 'unanswered' },
      },
    ],
  },
  {
    query: { kind: 'net.securityGroup', securityGroupId: GUARD },
    requests: [gets(GUARD, '2024-05-01')],
    readings: [
      {
        name: 'its own rules, and as they are written back',
        bodies: [
          {
            id: GUARD,
            location: 'westeurope',
            etag: 'W/"1"',
            tags: { team: 'shop' },
            properties: {
              securityRules: [
                {
                  name: 'web',
                  properties: {
                    provisioningState: 'Succeeded',
                    direction: 'Inbound',
                    access: 'Allow',
                    priority: 100,
                    sourceAddressPrefixes: ['10.0.0.0/8', '192.168.0.0/16'],
                  },
                },
              ],
              defaultSecurityRules: [{ name: 'AllowVnetInBound', properties: { access: 'Allow' } }],
            },
          },
        ],
        answer: found({
          id: GUARD,
          location: 'westeurope',
          etag: 'W/"1"',
          tags: { team: 'shop' },
          written: [
            {
              name: 'web',
              properties: {
                direction: 'Inbound',
                access: 'Allow',
                priority: 100,
                sourceAddressPrefixes: ['10.0.0.0/8', '192.168.0.0/16'],
              },
            },
          ],
          rules: [{ name: 'web', direction: 'Inbound', access: 'Allow', priority: 100, sources: ['10.0.0.0/8', '192.168.0.0/16'] }],
        }),
      },
      {
        name: 'AZ-17: what is missing or of another kind is not guessed',
        bodies: [
          {
            id: shouted(GUARD),
            tags: null,
            properties: {
              securityRules: [
                { name: 'odd', properties: { direction: 'Sideways', access: null, priority: '100', sourceAddressPrefix: '*' } },
              ],
            },
          },
        ],
        answer: {
          value: {
            id: shouted(GUARD),
            etag: undefined,
            tags: {},
            rules: [{ name: 'odd', direction: 'Sideways', access: 'Unknown', priority: 0, sources: ['*'] }],
          },
        },
      },
      { name: 'without its rules it is no security group', bodies: [{ id: GUARD, properties: {} }], answer: { kind: 'unanswered' } },
    ],
  },
  {
    query: { kind: 'net.routeTable', routeTableId: ROUTES },
    requests: [gets(ROUTES, '2024-05-01')],
    readings: [
      {
        name: 'its routes',
        bodies: [
          {
            id: ROUTES,
            properties: {
              routes: [
                { name: 'out', properties: { addressPrefix: '0.0.0.0/0', nextHopType: 'VirtualAppliance', nextHopIpAddress: '10.0.0.4' } },
                { name: null, properties: { addressPrefix: null, nextHopType: 'Wormhole' } },
                { name: 'nowhere', properties: null },
              ],
            },
          },
        ],
        answer: found({
          id: ROUTES,
          routes: [
            { name: 'out', prefix: '0.0.0.0/0', nextHopType: 'VirtualAppliance' },
            { name: 'without a name', prefix: 'unknown', nextHopType: 'Wormhole' },
            { name: 'nowhere', prefix: 'unknown', nextHopType: 'Unknown' },
          ],
        }),
      },
      {
        name: 'AZ-17: none',
        bodies: [{ id: shouted(ROUTES), properties: { routes: [] } }],
        answer: found({ id: shouted(ROUTES), routes: [] }),
      },
      {
        name: 'without its routes it is no route table',
        bodies: [{ id: ROUTES, properties: { routes: null } }],
        answer: { kind: 'unanswered' },
      },
    ],
  },
  {
    query: { kind: 'trafficManager.profile', profileId: PROFILE },
    requests: [gets(PROFILE, '2022-04-01')],
    readings: [
      {
        name: 'its endpoints',
        bodies: [
          {
            id: PROFILE,
            properties: {
              endpoints: [
                { id: `${PROFILE}/externalEndpoints/weu`, name: 'weu', properties: { endpointStatus: 'Enabled' } },
                { id: shouted(`${PROFILE}/externalEndpoints/neu`), name: 'neu', properties: { endpointStatus: null } },
              ],
            },
          },
        ],
        answer: found({
          id: PROFILE,
          endpoints: [
            { id: `${PROFILE}/externalEndpoints/weu`, name: 'weu', status: 'Enabled' },
            { id: shouted(`${PROFILE}/externalEndpoints/neu`), name: 'neu', status: undefined },
          ],
        }),
      },
      {
        name: 'AZ-17: none, and a status nobody knows',
        bodies: [{ id: shouted(PROFILE), properties: { endpoints: null } }],
        answer: found({ id: shouted(PROFILE), endpoints: [] }),
      },
    ],
  },
];
