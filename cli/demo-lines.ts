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
      const [first = '', ...rest] = wrapped(plainText(text), widthOf(stream) - indent.length);
      stream.write(`${toned(colour, 'dim', seconds)}  ${topic.padEnd(TOPIC_WIDTH)} ${toned(colour, tone, first)}\n`);
      for (const line of rest) stream.write(`${indent}${toned(colour, tone, line)}\n`);
    },
    more(text) {
      const lines = text.split('\n').flatMap((part) => wrapped(part, widthOf(stream) - indent.length));
      for (const line of lines) stream.write(`${indent}${line}\n`);
    },
  };
}

/** Terminals are filled to their width; a pipe gets each sentence on one line. */
function widthOf(stream: TextStream): number {
  return stream.isTTY === true ? Math.max(60, stream.columns ?? 100) : Infinity;
}

/** Breaks a text between words; a word longer than the width stays whole, so that an address can be copied. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
