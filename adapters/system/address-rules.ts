import { BlockList, isIP, isIPv6 } from 'node:net';

/** May a check reach this address? */
type AddressVerdict = 'allowed' | 'never' | 'not listed';

/** Decides by address and by the entries that the operator has listed: hosts, host:port pairs and CIDR blocks. */
export interface AddressRules {
  readonly judge: (wanted: { readonly host: string; readonly port: number; readonly address: string }) => AddressVerdict;
}

/**
 * Link-local and metadata addresses, multicast and the like: nothing that is listed opens them. 168.63.129.16 is Azure's own channel to a
 * machine (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
 */
const NEVER = blocks(
  ['169.254.0.0/16', '168.63.129.16/32', '0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'],
  ['fe80::/10', 'fd00:ec2::254/128', '::/128', 'ff00::/8'],
);

/** Loopback, private, shared and translated ranges: only what is listed. */
const CLOSED = blocks(
  ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '192.0.0.0/24', '198.18.0.0/15'],
  ['::1/128', 'fc00::/7', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16'],
);

/** Rules with these entries listed. An entry that is no CIDR block is a host, compared without case, with a port or for every port. */
export function makeAddressRules(allowHosts: readonly string[]): AddressRules {
  const ranges = allowHosts.filter(isBlock);
  const listed = blocks(
    ranges.filter((range) => !range.includes(':')),
    ranges.filter((range) => range.includes(':')),
  );
  const hosts = new Set(allowHosts.filter((entry) => !isBlock(entry)).map((entry) => entry.toLowerCase()));
  return {
    judge({ host, port, address }) {
      const plain = unmapped(address);
      if (contains(NEVER, plain)) return 'never';
      if (!contains(CLOSED, plain) || contains(listed, plain)) return 'allowed';
      const names = [host.toLowerCase(), plain].flatMap((name) => [name, `${isIPv6(name) ? `[${name}]` : name}:${port}`]);
      return names.some((name) => hosts.has(name)) ? 'allowed' : 'not listed';
    },
  };
}

/** An IPv4 address that is written as IPv6 is judged as what it is. */
function unmapped(address: string): string {
  const dotted = /^::(?:ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const value = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

function isBlock(entry: string): boolean {
  const [address = '', bits = ''] = entry.split('/');
  return isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv6(address) ? 128 : 32);
}

function blocks(v4: readonly string[], v6: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [family, ranges] of [
    ['ipv4', v4],
    ['ipv6', v6],
  ] as const) {
    for (const range of ranges) {
      const [address = '', bits = ''] = range.split('/');
      list.addSubnet(address, Number(bits), family);
    }
  }
  return list;
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
