import { performance } from 'node:perf_hooks';
import type { TextStream, Tone } from './terminal.ts';
import { plainText, toned } from './terminal.ts';

/** The demo's story, one line a fact: seconds since the start, what it is about, what is true. */
export interface DemoLines {
  readonly line: (topic: string, text: string, tone?: Tone) => void;
  /** A further line of the same fact. */
  readonly more: (text: string) => void;
}

const TOPIC_WIDTH = 10;

/** Lines on a stream, with the clock starting now. */
export function demoLines(stream: TextStream, colour: boolean): DemoLines {
  const startMs = performance.now();
  const indent = ' '.repeat(TOPIC_WIDTH + 9);
  return {
    line(topic, text, tone) {
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1).padStart(6);
      stream.write(`${toned(colour, 'dim', seconds)}  ${topic.padEnd(TOPIC_WIDTH)} ${toned(colour, tone, plainText(text))}\n`);
    },
    more(text) {
      for (const part of text.split('\n')) stream.write(`${indent}${part}\n`);
    },
  };
}
