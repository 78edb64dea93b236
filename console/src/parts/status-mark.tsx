import type { Words } from '../words.ts';

/** Mark and word of a state, in the colour of its tone. */
export function StatusMark({ words }: { readonly words: Words }) {
  return (
    <span class={`status ${words.tone}`}>
      <span aria-hidden="true" class="mark">
        {words.mark}
      </span>{' '}
      {words.word}
    </span>
  );
}
