// The text equivalent of what is shown.
import type { Bar } from '../contract';
import { clockTime } from '../time/format';
import { markWords, tokenWords } from '../words/lifeline';
import { marksIn, tokensIn, type Life } from './life';
import type { Stretch } from './stretch';

export type Row = { key: string; at: number; when: string; what: string };

/** More than this nobody reads; and so many elements are made at once without a pause. */
export const ROWS_LISTED = 60;

/** The newest tokens and marks of a stretch, newest first, and how many more there are. */
export function listed(
  life: Life,
  stretch: Stretch,
  present: Bar | null,
  now: number,
): { rows: Row[]; more: number } {
  const tokens = tokensIn(life, stretch);
  const marks = marksIn(life, stretch);
  const rows: Row[] = [];
  let token = tokens.last - 1;
  let mark = marks.last - 1;
  while (rows.length < ROWS_LISTED) {
    const bar = token >= tokens.first ? life.tokens[token] : undefined;
    const event = mark >= marks.first ? life.marks[mark] : undefined;
    if (event && (!bar || event.atMs >= bar.fromMs)) {
      rows.push({
        key: `m${mark}`,
        at: event.atMs,
        when: clockTime(event.atMs, now),
        what: markWords(event.kind),
      });
      mark -= 1;
    } else if (bar) {
      rows.push({
        key: `t${token}`,
        at: bar.fromMs,
        when: clockTime(bar.fromMs, now),
        what: tokenWords([bar], present, now),
      });
      token -= 1;
    } else {
      break;
    }
  }
  const all = tokens.last - tokens.first + (marks.last - marks.first);
  return { rows, more: all - rows.length };
}
