/**
 * What stands in for curl on a host that has none: a program for Node, which is there since the simulator runs on it. It knows plain HTTP and the
 * options that scripts use to ask a service; any other option ends with 64, as in every shim. Exit codes and messages are those of curl.
 */
export const ownCurl = String.raw`import { request } from 'node:http';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

const given = process.argv.slice(2);
const gap = (what) => {
  process.stderr.write('not simulated: curl ' + what + '\n');
  appendFileSync('/run/sim/unmatched', 'curl ' + what + '\n');
  process.exit(64);
};
const LONG = {
  silent: 's', 'show-error': 'S', globoff: 'g', fail: 'f', location: 'L', include: 'i', head: 'I', insecure: 'k', output: 'o', 'write-out': 'w',
  'max-time': 'm', request: 'X', data: 'd', 'data-raw': 'd', header: 'H', config: 'K', 'user-agent': 'A', url: 'url', proto: 'proto', noproxy: 'noproxy',
  'connect-timeout': 'connect-timeout', 'max-filesize': 'max-filesize', 'connect-to': 'connect-to', interface: 'interface',
};
const FLAGS = 'sSgfLiIk';
const set = { urls: [], H: [], 'connect-to': [] };
const take = (name, value) => {
  if (name === 'url') set.urls.push(value);
  else if (name === 'H' || name === 'connect-to') set[name].push(value);
  else if (name === 'd') set.d = set.d === undefined ? value : set.d + '&' + value;
  else if (name === 'K') config(readFileSync(value === '-' ? 0 : value, 'utf8'));
  else set[name] = value;
};
const config = (text) => {
  for (const line of text.split('\n')) {
    const match = /^\s*([\w-]+)\s*[=:]?\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))?\s*$/.exec(line);
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    if (match === null) gap('--config ' + line);
    const name = LONG[match[1]];
    if (name === undefined) gap('--config ' + match[1]);
    take(name, FLAGS.includes(name) ? true : (match[2] ?? match[3] ?? '').replace(/\\(.)/g, (_all, char) => ({ t: '\t', n: '\n', r: '\r' })[char] ?? char));
  }
};
for (let place = 0; place < given.length; place += 1) {
  const word = given[place];
  if (word.startsWith('--')) {
    const name = LONG[word.slice(2)];
    if (name === undefined) gap(word);
    if (FLAGS.includes(name)) take(name, true);
    else take(name, given[(place += 1)] ?? '');
  } else if (word.startsWith('-') && word !== '-') {
    for (let at = 1; at < word.length; at += 1) {
      const name = word[at];
      if (FLAGS.includes(name)) take(name, true);
      else if ('owmXdHKA'.includes(name)) {
        take(name, word.slice(at + 1) || (given[(place += 1)] ?? ''));
        break;
      } else gap('-' + name);
    }
  } else set.urls.push(word);
}
if (set.urls.length !== 1) gap(given.join(' '));

const url = new URL(/^[a-z]+:/.test(set.urls[0]) && set.urls[0].includes('://') ? set.urls[0] : 'http://' + set.urls[0]);
const begin = performance.now();
let answered = { code: 0, bytes: 0 };
const end = (code, message) => {
  if (message !== undefined && (set.s !== true || set.S === true)) process.stderr.write('curl: (' + code + ') ' + message + '\n');
  const values = { http_code: String(answered.code).padStart(3, '0'), response_code: String(answered.code).padStart(3, '0'), size_download: String(answered.bytes),
    time_total: ((performance.now() - begin) / 1000).toFixed(6), url_effective: url.href };
  const text = (set.w ?? '').replace(/%\{(\w+)\}/g, (_all, name) => values[name] ?? gap('-w %{' + name + '}')).replace(/\\n/g, '\n').replace(/\\t/g, '\t');
  process.stdout.write(text, () => process.exit(code));
};
if (url.protocol !== 'http:') end(1, 'Protocol "' + url.protocol.slice(0, -1) + '" not supported');
else ask();

function ask() {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port || '80';
  const led = set['connect-to'].map((entry) => entry.split(':')).find(([from, at]) => (from === '' || from === host) && (at === '' || at === port));
  const headers = Object.fromEntries(set.H.map((line) => line.split(/:\s*(.*)/s)).filter(([, value]) => value !== undefined && value !== ''));
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'host')) headers.Host = url.host;
  if (set.d !== undefined && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) headers['Content-Type'] = 'application/x-www-form-urlencoded';
  const method = set.X ?? (set.I === true ? 'HEAD' : set.d === undefined ? 'GET' : 'POST');
  const sent = request({ host: led?.[2] || host, port: led?.[3] || port, path: url.pathname + url.search, method, headers, localAddress: set.interface, agent: false }, receive);
  const seconds = Number(set.m ?? set['connect-timeout'] ?? 300);
  setTimeout(() => end(28, 'Operation timed out after ' + seconds * 1000 + ' milliseconds'), seconds * 1000).unref();
  sent.on('error', (error) => (error.code === 'ECONNREFUSED' ? end(7, 'Failed to connect to ' + host + ' port ' + port + ': Connection refused') : end(52, 'Empty reply from server')));
  sent.end(set.d);
}

async function receive(answer) {
  const parts = [];
  for await (const part of answer) parts.push(part);
  const body = Buffer.concat(parts);
  answered = { code: answer.statusCode, bytes: body.length };
  if (set.L === true && answer.statusCode >= 300 && answer.statusCode < 400) gap('--location');
  if (set.f === true && answer.statusCode >= 400) return end(22, 'The requested URL returned error: ' + answer.statusCode);
  if (body.length > Number(set['max-filesize'] ?? Infinity)) return end(63, 'Maximum file size exceeded');
  let head = '';
  if (set.i === true || set.I === true) {
    head = 'HTTP/1.1 ' + answer.statusCode + ' ' + answer.statusMessage + '\r\n';
    for (let at = 0; at < answer.rawHeaders.length; at += 2) head += answer.rawHeaders[at] + ': ' + answer.rawHeaders[at + 1] + '\r\n';
    head += '\r\n';
  }
  const whole = Buffer.concat([Buffer.from(head), body]);
  if (set.o !== undefined && set.o !== '-') {
    writeFileSync(set.o, whole);
    return end(0);
  }
  return process.stdout.write(whole, () => end(0));
}
`;
