import type { Finding } from './diagnostics.ts';

/**
 * Findings as workflow commands of GitHub's runner, which shows them beside the lines of a change. Escapes follow the runner's own
 * toolkit (actions/toolkit, packages/core/src/command.ts); it refuses columns of a range over several lines.
 */
export function findingsGithub(findings: readonly Finding[]): string {
  return findings.map(command).join('\n');
}

function command({ severity, file, line, column, endLine, endColumn, code, message, hint }: Finding): string {
  const columns = line === endLine ? `,col=${column},endColumn=${Math.max(endColumn, column)}` : '';
  const place = `file=${property(file)},line=${line},endLine=${endLine}${columns},title=${property(code)}`;
  return `::${severity} ${place}::${data(`${message}. ${hint}`)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
