import type { ScriptAttempt } from '../../engine/ports.ts';

/**
 * What the start program reads from its standard input: one line per value, then the script's bytes up to the end. Values travel
 * here and on no command line, where every user of the machine could read them.
 */
export function attemptFrame(attempt: ScriptAttempt): Buffer {
  const script = Buffer.from(attempt.script, 'utf8');
  const lines = [
    `seconds ${Math.max(1, Math.ceil(attempt.timeoutMs / 1000))}`,
    `shell ${attempt.shell}`,
    ...Object.entries(attempt.env).map(([name, value]) => `env ${name} ${octalEscaped(value)}`),
    `script ${script.length}`,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\n`, 'latin1'), script]);
}

/** Text as the `%b` of POSIX printf decodes it, byte for byte: letters and digits as they are, every other byte as `\0ooo`. */
export function octalEscaped(text: string): string {
  let escaped = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(byte);
    escaped += /[A-Za-z0-9]/.test(char) ? char : `\\0${byte.toString(8).padStart(3, '0')}`;
  }
  return escaped;
}
