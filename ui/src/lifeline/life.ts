// What there is to draw: tokens and marks as far back as they are known, ready to be searched.
import type { Bar, Lifeline, Mark } from '../contract';
import type { Stretch } from './stretch';

/** A life is never changed: what is newer makes another one. */
export type Life = {
  /** Oldest first. */
  readonly tokens: readonly Bar[];
  readonly marks: readonly Mark[];
  /** The same moments as plain numbers: a month of short tokens is gone through at every frame. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** The latest end of any token up to this one: unlike the ends themselves it never falls. */
  readonly reach: Float64Array;
  readonly at: Float64Array;
  /** When renewals failed. */
  readonly failed: Float64Array;
};

/** The indices `first` up to, and without, `last`. */
export type Range = { readonly first: number; readonly last: number };

/** Marks nearer than this to the first of a view are the view's own, told before. */
const SAME_MS = 500;

export function lifeOf(tokens: readonly Bar[], marks: readonly Mark[]): Life {
  const from = Float64Array.from(tokens, (bar) => bar.fromMs);
  const to = Float64Array.from(tokens, (bar) => bar.toMs);
  const reach = new Float64Array(to.length);
  let latest = -Infinity;
  to.forEach((end, index) => {
    latest = Math.max(latest, end);
    reach[index] = latest;
  });
  const at = Float64Array.from(marks, (mark) => mark.atMs);
  const failures = marks.filter((mark) => mark.kind.kind === 'failure');
  const failed = Float64Array.from(failures, (mark) => mark.atMs);
  return { tokens, marks, from, to, reach, at, failed };
}

/**
 * What is known with what a view brings. A view holds the newest tokens and marks whole, so it
 * replaces what was known of them; both are found by the tokens' names. The wall clock may have been
 * set since: then the view tells the same things at other times, and is believed.
 */
export function joined(known: Pick<Life, 'tokens' | 'marks'>, view: Lifeline): Life {
  const tail = Math.max(0, known.tokens.length - 4 * (view.tokens.length + 1));
  const fresh = new Map(view.tokens.map((bar) => [bar.fingerprint, bar]));
  let shift = 0;
  const tokens = known.tokens.filter((bar, index) => {
    const again = index < tail ? undefined : fresh.get(bar.fingerprint);
    if (again) shift = again.fromMs - bar.fromMs;
    return again === undefined;
  });
  const since = view.marks[0]?.atMs ?? Infinity;
  const marks = known.marks.filter((mark) => mark.atMs + shift < since - SAME_MS);
  return lifeOf(
    inOrder([...tokens, ...view.tokens], (bar) => bar.fromMs),
    inOrder([...marks, ...view.marks], (mark) => mark.atMs),
  );
}

/** The tokens that a stretch shows some of. */
export function tokensIn(life: Life, { fromMs, spanMs }: Stretch): Range {
  const { from, to, reach } = life;
  let first = firstAbove(reach, fromMs);
  const last = firstAbove(from, fromMs + spanMs);
  while (first < last && (to[first] ?? 0) <= fromMs) first += 1;
  return { first, last: Math.max(first, last) };
}

/** The marks in a stretch; of both ends, so much more, in milliseconds. */
export function marksIn(life: Life, { fromMs, spanMs }: Stretch, more = 0): Range {
  const first = firstAbove(life.at, fromMs - more - 1);
  return { first, last: Math.max(first, firstAbove(life.at, fromMs + spanMs + more)) };
}

/** Whether a renewal failed at any of these marks. */
export function failedIn(life: Life, { first, last }: Range): boolean {
  const since = life.at[first] ?? Infinity;
  const until = life.at[last - 1] ?? -Infinity;
  return (life.failed[firstAbove(life.failed, since - 1)] ?? Infinity) <= until;
}

/** The index of the first value above `limit` in values that never fall. */
export function firstAbove(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

function inOrder<T>(things: T[], at: (thing: T) => number): T[] {
  const sorted = things.every((thing, index) => {
    const before = things[index - 1];
    return before === undefined || at(before) <= at(thing);
  });
  return sorted ? things : things.sort((a, b) => at(a) - at(b));
}
