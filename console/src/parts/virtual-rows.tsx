import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Props {
  /** How many rows there are; `row` makes one of them. */
  readonly count: number;
  readonly row: (index: number) => ComponentChildren;
  readonly label: string;
  /** Stay at the last row while rows come in, until the reader scrolls up. */
  readonly tail?: boolean;
  /** Told which rows are seen, from (included) to (not included). */
  readonly onSeen?: (from: number, to: number) => void;
}

/** The height of every row; the style sheet has the same number. */
const ROW_PX = 20;
const AROUND = 20;
// Browsers cut elements that are higher than some 16 million pixels.
const HEIGHT_MAX_PX = 10_000_000;

/** A list of any length of which only what is seen, and a little around it, is in the page. */
export function VirtualRows({ count, row, label, tail = false, onSeen }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  const follows = useRef(tail);
  const full = count * ROW_PX;
  const drawn = Math.min(full, HEIGHT_MAX_PX);
  // Beyond the highest element the scroll bar stands for a share of the list, not for pixels.
  const share = drawn <= height ? 0 : top / (drawn - height);
  const offset = full > HEIGHT_MAX_PX ? share * (full - height) : top;
  const from = Math.max(0, Math.floor(offset / ROW_PX) - AROUND);
  const to = Math.min(count, Math.ceil((offset + height) / ROW_PX) + AROUND);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    setHeight(element.clientHeight);
    if (follows.current) element.scrollTop = element.scrollHeight;
  }, [count]);
  useEffect(() => {
    // Rows above the last ones pass by before a list that stays at its end has been scrolled there.
    if (!follows.current || to === count) onSeen?.(from, to);
  }, [from, to, count]);

  const scrolled = (element: HTMLDivElement): void => {
    follows.current = tail && element.scrollTop + element.clientHeight >= element.scrollHeight - 2 * ROW_PX;
    setTop(element.scrollTop);
    setHeight(element.clientHeight);
  };
  const firstTop = from * ROW_PX - offset + top;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keys
    <div class="rows" ref={box} role="region" aria-label={label} tabIndex={0} onScroll={(event) => scrolled(event.currentTarget)}>
      <div class="rows-all" style={{ height: `${drawn}px` }}>
        <ol class="rows-seen" style={{ transform: `translateY(${firstTop}px)` }}>
          {Array.from({ length: Math.max(0, to - from) }, (_, index) => row(from + index))}
        </ol>
      </div>
    </div>
  );
}
