import type { RunEvent } from '../api.ts';
import { plainText } from '../plain-text.ts';
import { logTime } from '../time.ts';
import { VirtualRows } from './virtual-rows.tsx';

/** The history of a run as it was told, one numbered line an event. */
export function EventList({ events }: { readonly events: readonly RunEvent[] }) {
  return (
    <VirtualRows
      count={events.length}
      label="History"
      tail
      row={(index) => {
        const event = events[index];
        return event === undefined ? null : <EventRow key={event.seq} event={event} />;
      }}
    />
  );
}

/** One event: number, time, where, what, and what is known about it. */
export function EventRow({ event }: { readonly event: RunEvent }) {
  return (
    <li class="log">
      <span class="n">{event.seq}</span> <span class="dim">{logTime(event.at)}</span> <span class="type">{wordOf(event.type)}</span>{' '}
      <span class="text">{plainText([event.step ?? '', factsOf(event)].filter((text) => text !== '').join(' · '))}</span>
    </li>
  );
}

function wordOf(type: string): string {
  return type.replace(/^runward\./, '').replaceAll('_', ' ');
}

function factsOf({ data }: RunEvent): string {
  const error = data['error'] as { readonly message?: string } | undefined;
  const facts = [data['state'], data['reason'], error?.message, typeof data['jobId'] === 'string' ? `job ${data['jobId']}` : undefined];
  const attempt = typeof data['attempt'] === 'number' && data['attempt'] > 1 ? `attempt ${data['attempt']}` : undefined;
  return [...facts, attempt].filter((fact) => typeof fact === 'string').join(' · ');
}
