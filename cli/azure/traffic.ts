import type { ObservedExchange } from '../../adapters/azure/config.ts';

/** Headers that are kept; an Authorization header is never among what is observed. */
const KEPT =
  /^(azure-asyncoperation|location|retry-after|content-type|date|x-ms-request-id|x-ms-correlation-request-id|x-ms-client-request-id|x-ms-ratelimit-.*|if-match|if-none-match)$/;
const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const ADDRESS = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g;
const PERSON = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
/** Members whose value is never kept, whatever it is. */
const SECRET_MEMBER = /script|password|secret|token|\bsas|publickey|keydata|customdata|userdata|protectedparameters|^(output|error)$/i;
/** Names of the services themselves inside ids. */
const PUBLIC_NAME = /^(azure|default|microsoft\.[a-z.]+)$/i;

/**
 * Traffic that can be given away: ids, names, addresses, people, scripts, outputs and the signatures of URLs are replaced, the same by the
 * same; shapes, words of Azure, times and statuses stay.
 */
export function sanitised(exchanges: readonly ObservedExchange[]): readonly object[] {
  const kept = exchanges.map(({ method, url, status, requestHeaders, headers, body, answer }) => ({
    method,
    url: unsigned(url),
    status,
    requestHeaders: keptHeaders(requestHeaders),
    headers: keptHeaders(headers),
    ...(body === undefined ? {} : { body: withoutSecrets(jsonOf(body)) }),
    ...(answer === undefined ? {} : { answer: withoutSecrets(jsonOf(answer)) }),
  }));
  const replace = replacer(JSON.stringify(kept));
  return kept.map((exchange) => JSON.parse(replace(JSON.stringify(exchange))) as object);
}

function keptHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).filter(([name]) => KEPT.test(name.toLowerCase()));
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value.startsWith('https:') ? unsigned(value) : value]));
}

// Operation URLs are signed: their parameters open the operation to whoever has them.
function unsigned(url: string): string {
  const [path = '', query] = url.split('?');
  if (query === undefined) return url;
  const parts = query.split('&').map((part) => {
    const [name = '', value = ''] = part.split('=');
    return /^(api-version|%24filter|\$filter|%24expand|\$expand)$/i.test(name) ? part : `${name}=${'x'.repeat(Math.min(value.length, 8))}`;
  });
  return `${path}?${parts.join('&')}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return `text of ${text.length} characters`;
  }
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value === 'string') return value.startsWith('https:') ? unsigned(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, SECRET_MEMBER.test(name) && member !== null ? '***' : withoutSecrets(member)]),
  );
}

function replacer(all: string): (text: string) => string {
  const numbers = new Map<string, number>();
  const numberOf = (kind: string, text: string): number => {
    const key = `${kind} ${text.toLowerCase()}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size + 1);
    return numbers.size;
  };
  const names = [...namesIn(all)].toSorted((left, right) => right.length - left.length);
  const named = names.length === 0 ? undefined : new RegExp(`(?<![A-Za-z0-9])(?:${names.map(literal).join('|')})(?![A-Za-z0-9])`, 'gi');
  return (text) => {
    const anonymous = named === undefined ? text : text.replace(named, (name) => `name-${numberOf('name', name)}`);
    return anonymous
      .replace(GUID, (id) => `00000000-0000-4000-8000-${String(numberOf('id', id)).padStart(12, '0')}`)
      .replace(PERSON, (person) => `person-${numberOf('person', person)}@example.com`)
      .replace(ADDRESS, (address) => `192.0.2.${numberOf('address', address) % 256}`);
  };
}

function literal(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

// In an ARM id every second part is a name that somebody chose.
function namesIn(all: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [id] of all.matchAll(/\/subscriptions\/[^"?\s\\]+/gi)) {
    for (const [at, part] of id.split('/').slice(1).entries()) {
      const name = decodeURIComponent(part);
      if (at % 2 === 1 && name.length > 2 && !PUBLIC_NAME.test(name) && name.replace(GUID, '') !== '') names.add(name).add(part);
    }
  }
  for (const [, host] of all.matchAll(/https:\/\/([^/":?]+)/g)) if (host !== undefined) names.add(host);
  for (const [, name] of all.matchAll(/"name":"([^"]{3,})"/g)) if (name !== undefined && name.replace(GUID, '') !== '') names.add(name);
  for (const [, tags] of all.matchAll(/"tags":\{([^}]*)\}/g))
    for (const [, text] of (tags ?? '').matchAll(/"([^"]{3,})"/g)) if (text !== undefined) names.add(text);
  return names;
}
