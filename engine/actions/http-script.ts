import type { Failed } from './action.ts';
import { failedCheck } from './check-from-target.ts';
import type { SeenAnswer } from './http-expectation.ts';
import type { EndedScript } from './script-attempt.ts';

/**
 * Asks an address with curl, or with wget where that is enough, and prints body, status and seconds. The request comes on curl's
 * standard input: a header can be a secret, and command lines are read by every user of a machine.
 */
export const HTTP_SCRIPT = `
if command -v curl >/dev/null 2>&1; then
  printf "%s" "$CHECK_REQUEST" | curl -sS -g --proto "=http,https" --max-time "$CHECK_SECONDS" --max-filesize 1048576 -K - -o - -w "\\n@runward %{http_code} %{time_total}\\n"
  code=$?
elif ! command -v wget >/dev/null 2>&1; then
  echo "this machine has neither curl nor wget" >&2
  exit 127
elif [ "$CHECK_PLAIN" != yes ]; then
  echo "this machine has no curl, and wget cannot make this request" >&2
  exit 127
elif ! wget --help 2>&1 | grep -q max-redirect; then
  echo "this machine has no curl, and its wget follows redirects" >&2
  exit 127
else
  wget -q --max-redirect=0 -T "$CHECK_SECONDS" -O - "$CHECK_URL"
  code=$?
  [ "$code" -ne 0 ] || printf "\\n@runward 200 -\\n"
  [ "$code" -ne 0 ] || exit 0
  [ "$code" -ne 8 ] || echo "the server answered with an error status" >&2
fi
exit "$code"
`;

/** A request as curl reads it from a configuration file (curl(1), option --config). */
export function httpRequestText(request: {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}): string {
  const method = request.method === 'HEAD' ? 'head' : `request = ${quoted(request.method)}`;
  // An empty value removes a header in curl's notation; with a semicolon it is sent empty.
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `header = ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`,
  );
  return `${[`url = ${quoted(request.url)}`, method, ...headers].join('\n')}\n`;
}

/** What the script's output says; status 0 with an error when nothing answered, a failure when the machine has no tool. */
export function readHttpAnswer(ended: EndedScript): (SeenAnswer & { readonly error?: string }) | Failed {
  const complaint = ended.stderr.trim().split('\n').at(-1) ?? '';
  if (ended.exitCode === 127) return failedCheck(complaint === '' ? 'this machine has no tool for HTTP' : complaint);
  const at = ended.stdout.lastIndexOf(MARK);
  const [status = '0', seconds = '-'] =
    at < 0
      ? []
      : ended.stdout
          .slice(at + MARK.length)
          .trim()
          .split(' ');
  const seen = {
    status: Number(status),
    body: at < 0 ? '' : ended.stdout.slice(0, at),
    durationMs: seconds === '-' ? 0 : Number(seconds) * 1000,
    cut: ended.truncated,
  };
  if (ended.exitCode === 0) return seen;
  const error = ended.timedOut ? 'no answer in time' : complaint === '' ? `no answer (exit code ${ended.exitCode})` : complaint;
  return { ...seen, status: 0, error };
}

const MARK = '\n@runward ';

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\t', '\\t')}"`;
}
