import { formatDuration } from '../language/duration.ts';
import { parseInstantMs } from '../language/instant.ts';
import type { Evidence, EvidenceStep } from './document.ts';
import { measuredText } from './objectives.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';

const ROW = 20;
const LEFT = 260;
const WIDTH = 1000;

interface Bar {
  readonly step: EvidenceStep;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The run as bars over time, with the same facts as a table beside it: the picture never says more than the text. */
export function renderTimeline(evidence: Evidence): Html {
  const bars = barsOf(evidence);
  const startMs = Math.min(...bars.map((bar) => bar.fromMs));
  const endMs = Math.max(...bars.map((bar) => bar.toMs));
  if (bars.length === 0) return html`<p>No step was started.</p>`;
  // The picture shows steps; their members stand in the table, where fifty of them can still be read.
  const steps = bars.filter(({ step }) => step.item === undefined);
  return html`${picture(steps, startMs, Math.max(1, endMs - startMs))}
    <table>
      <thead>
        <tr>
          <th>Step</th>
          <th>State</th>
          <th>Started (UTC)</th>
          <th>After</th>
          <th>Took</th>
          <th>Attempts</th>
          <th>Requests</th>
        </tr>
      </thead>
      <tbody>
        ${bars.map((bar) => row(bar, startMs))}
      </tbody>
    </table>`;
}

/** The class of a state: what is not clearly good is never green. */
export function tone(state: string): 'good' | 'bad' | 'open' {
  if (state === 'succeeded' || state === 'met' || state === 'verified') return 'good';
  return ['failed', 'breached', 'rejected', 'timed_out', 'partially_failed', 'cancelled'].includes(state) ? 'bad' : 'open';
}

function picture(bars: readonly Bar[], startMs: number, spanMs: number): Html {
  const height = bars.length * ROW + 30;
  const x = (ms: number): number => LEFT + Math.round(((ms - startMs) / spanMs) * (WIDTH - LEFT - 20));
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = x(startMs + share * spanMs);
    return html`<line x1="${at}" x2="${at}" y1="0" y2="${height - 22}" /><text class="dim" x="${at}" y="${height - 6}" text-anchor="middle"
        >${formatDuration(wholeSeconds(share * spanMs))}</text
      >`;
  });
  const rows = bars.map(({ step, fromMs, toMs }, index) => {
    const kind = tone(step.state);
    const name = step.path.length > 34 ? `${step.path.slice(0, 33)}…` : step.path;
    return html`<text x="0" y="${index * ROW + 14}">${name}</text
      ><rect
        class="${kind === 'good' ? '' : kind}"
        x="${x(fromMs)}"
        y="${index * ROW + 4}"
        width="${Math.max(2, x(toMs) - x(fromMs))}"
        height="12"
        rx="2"
        ><title>${step.path}: ${step.state}, ${measuredText(toMs - fromMs)}</title></rect
      > `;
  });
  return html`<svg
    viewBox="0 0 ${WIDTH} ${height}"
    role="img"
    aria-label="Steps of the run over time; the table below holds the same facts"
  >
    ${ticks} ${rows}
  </svg>`;
}

function row({ step, fromMs, toMs }: Bar, startMs: number): Html {
  const word = step.verdict ?? step.state;
  return html`<tr>
    <td><code>${step.path}</code></td>
    <td class="${tone(word)}">${word.replaceAll('_', ' ')}${step.adopted === true ? ' (adopted)' : ''}</td>
    <td>${step.firstAttemptAt ?? step.createdAt}</td>
    <td class="n">${formatDuration(wholeSeconds(fromMs - startMs))}</td>
    <td class="n">${measuredText(toMs - fromMs)}</td>
    <td class="n">${step.attempts}</td>
    <td class="n">${step.submittedAt === undefined ? '–' : step.sends}</td>
  </tr> `;
}

function barsOf(evidence: Evidence): readonly Bar[] {
  const endMs = parseInstantMs(evidence.run.endedAt ?? evidence.exportedAt) ?? 0;
  return evidence.steps
    .flatMap((step) => {
      const fromMs = parseInstantMs(step.firstAttemptAt ?? step.createdAt ?? '');
      if (fromMs === undefined) return [];
      return [{ step, fromMs, toMs: Math.max(fromMs, parseInstantMs(step.endedAt ?? '') ?? endMs) }];
    })
    .toSorted((a, b) => a.fromMs - b.fromMs || (a.step.path < b.step.path ? -1 : 1));
}

function wholeSeconds(ms: number): number {
  return Math.round(ms / 1000) * 1000;
}
