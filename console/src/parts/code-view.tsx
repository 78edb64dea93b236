import type { Finding } from '../../../engine/language/diagnostics.ts';
import { plainText } from '../plain-text.ts';

/** A document with line numbers; findings stand under the line that they are about. */
export function CodeView({ text, findings }: { readonly text: string; readonly findings: readonly Finding[] }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keys
    <div class="code" role="region" aria-label="Text of the runbook" tabIndex={0}>
      <ol>
        {text.split('\n').map((line, index) => (
          <li key={`${index + 1}`}>
            <span class="n" aria-hidden="true">
              {index + 1}
            </span>
            <span class="text">{plainText(line)}</span>
            {findings
              .filter((finding) => finding.line === index + 1)
              .map((finding) => (
                <p key={`${finding.code} ${finding.column}`} class={finding.severity === 'error' ? 'bad' : 'open'}>
                  {finding.code} {finding.message} {finding.hint}
                </p>
              ))}
          </li>
        ))}
      </ol>
    </div>
  );
}
