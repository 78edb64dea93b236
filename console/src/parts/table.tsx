import type { ComponentChildren } from 'preact';

interface Props {
  readonly caption: string;
  /** The headings; a name that ends in `#` is a column of numbers. */
  readonly columns: readonly string[];
  readonly children: ComponentChildren;
}

/** A table that scrolls sideways by itself where the screen is narrow. */
export function Table({ caption, columns, children }: Props) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keys
    <div class="wide" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" class={column.endsWith('#') ? 'n' : undefined}>
                {column.replace(/#$/, '')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
