/** True when an IPv4 address lies in a prefix such as `10.90.0.0/16`. Everything else, IPv6 too, is false: it is then reported, not trusted. */
export function holdsAddress(prefix: string, address: string): boolean {
  const [base = '', length = ''] = prefix.split('/');
  const bits = Number(length);
  const network = ipv4(base);
  const host = ipv4(address);
  if (network === undefined || host === undefined || !/^\d+$/.test(length) || bits > 32) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(network / size) === Math.floor(host / size);
}

function ipv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
