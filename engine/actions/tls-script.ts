import type { EndedScript } from './script-attempt.ts';

/** A certificate that verified, or the reason why none did. */
export type SeenCertificate =
  | { readonly kind: 'verified'; readonly notAfterMs: number; readonly issuer: string; readonly subject: string }
  | { readonly kind: 'rejected'; readonly message: string };

/*
 * openssl ends with 0 only when chain and name verify (-verify_return_error); a version that lacks one of these options prints its
 * usage and ends with another code. An address is compared as an address and is not sent as a server name.
 */
export const TLS_SCRIPT = `
if ! command -v openssl >/dev/null 2>&1; then
  echo "this machine has no openssl, so it cannot look at a certificate: install it, or use from: worker" >&2
  exit 127
fi
limit=
if command -v timeout >/dev/null 2>&1; then limit="timeout $CHECK_SECONDS"; fi
host=$CHECK_HOST
case $host in *:*) host="[$host]" ;; esac
case $CHECK_NAME in
  *:*) set -- -noservername -verify_ip "$CHECK_NAME" ;;
  *[!0-9.]*) set -- -servername "$CHECK_NAME" -verify_hostname "$CHECK_NAME" ;;
  *) set -- -noservername -verify_ip "$CHECK_NAME" ;;
esac
said=$($limit openssl s_client -connect "$host:$CHECK_PORT" -verify_return_error "$@" </dev/null 2>&1)
code=$?
if [ "$code" != 0 ]; then
  why=$(printf "%s\\n" "$said" | sed -n "s/^verify error:num=[0-9]*://p" | head -n 1)
  if [ -z "$why" ] && [ "$code" = 124 ]; then why="no answer in time"; fi
  if [ -z "$why" ]; then why=$(printf "%s\\n" "$said" | grep -i -E "errno|error|refused|unknown option|not known" | head -n 1); fi
  echo "rejected \${why:-openssl ended with code $code}"
  exit 0
fi
printf "%s\\n" "$said" | openssl x509 -noout -enddate -issuer -subject -nameopt esc_ctrl,utf8,dump_nostr,sep_comma_plus_space,sname || exit 1
echo verified
`;

/** Reads what the script printed; undefined when it did not come to an end, which is never a success. */
export function readTlsAnswer(ended: EndedScript): SeenCertificate | undefined {
  if (ended.exitCode !== 0 || ended.timedOut || ended.truncated) return undefined;
  const lines = ended.stdout.trim().split('\n');
  const rejected = lines[0]?.startsWith('rejected ') === true ? lines[0].slice('rejected '.length) : undefined;
  if (rejected !== undefined) return { kind: 'rejected', message: rejected };
  const value = (name: string): string | undefined =>
    lines
      .find((line) => line.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .trim();
  const notAfterMs = certificateDateMs(value('notAfter') ?? '');
  const [issuer, subject] = [value('issuer'), value('subject')];
  if (lines.at(-1) !== 'verified' || notAfterMs === undefined || issuer === undefined || subject === undefined) return undefined;
  return { kind: 'verified', notAfterMs, issuer, subject };
}

/** Milliseconds since 1970 of openssl's own form, `Dec 28 01:00:00 2026 GMT`. */
function certificateDateMs(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/.test(text)) return undefined;
  // oxlint-disable-next-line no-restricted-globals -- calendar arithmetic on a given instant; the clock is not read
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
