// How much of a long list stands on the page. A virtual list was considered: WebKit keeps no place for
// the reader when lines of unknown height come in above, and readers, searching in the page and copying
// want real lines. So at most this many stand there, and one can go on to earlier and later ones; those
// out of sight cost no layout (`content-visibility`).
import type { Line } from './group';

/** So many lines come at a time, in entries. */
export const STEP = 200;
/** So many stand on the page at most, in entries. */
export const MOST = 3 * STEP;

export type Page = { shown: Line[]; earlier: number; later: number };

/** `from`: the sequence number of the first line that is shown; `null`: the newest ones are. */
export function pageOf(lines: readonly Line[], from: number | null): Page {
  const start = from === null ? Math.max(0, lines.length - STEP) : startAt(lines, from);
  const end = from === null ? lines.length : Math.min(lines.length, start + MOST);
  return { shown: lines.slice(start, end), earlier: start, later: lines.length - end };
}

/** Where a page begins that shows a step more before `from`, or after it. */
export function turned(lines: readonly Line[], from: number | null, by: number): number | null {
  const start = from === null ? Math.max(0, lines.length - STEP) : startAt(lines, from);
  const last = Math.max(0, lines.length - STEP);
  return lines[Math.min(last, Math.max(0, start + by))]?.entry.seq ?? null;
}

/** Where a page begins in whose middle `seq` stands. */
export function around(lines: readonly Line[], seq: number): number | null {
  return lines[Math.max(0, startAt(lines, seq) - STEP / 2)]?.entry.seq ?? null;
}

function startAt(lines: readonly Line[], seq: number): number {
  const index = lines.findIndex(({ entry }) => entry.seq >= seq);
  return index < 0 ? Math.max(0, lines.length - STEP) : index;
}
