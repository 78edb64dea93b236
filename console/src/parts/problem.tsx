import type { ApiProblem } from '../api.ts';

/** What the server said when it refused, with every finding. */
export function Problem({ problem }: { readonly problem: ApiProblem | undefined }) {
  if (problem === undefined) return null;
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{problem.code}</strong> {problem.message}
      </p>
      {problem.findings.length > 0 && (
        <ul>
          {problem.findings.map((finding) => (
            <li key={`${finding.file} ${finding.line} ${finding.column} ${finding.code}`}>
              {finding.file}:{finding.line}:{finding.column} {finding.code} {finding.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
