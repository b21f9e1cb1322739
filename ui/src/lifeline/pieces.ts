// What can be drawn of a life on so many pixels: bars, bands of bars too narrow to be told apart, and
// marks, those gathered that would lie on each other.
import { marksIn, tokensIn, type Life, type Range } from './life';
import { xOf, type Stretch } from './stretch';

/** One token, or several that would be narrower than can be seen. */
export type Piece = Range & {
  readonly x0: number;
  readonly x1: number;
  /** On which of the two rows, so that overlap is seen; a band takes both. */
  readonly row: 0 | 1 | null;
};

/** One mark, or several in one place. */
export type Cluster = Range & { readonly x: number };

/** Narrower than this, in pixels, bars become a band. */
const NARROW = 3;
/** Gaps of a band below this are not seen. */
const SEAM = 1;
/** The least between the middles of two marks, in pixels: a count of two digits has room in it. */
export const APART = 22;

/**
 * At most about one for each few pixels, however many tokens there are. The token at index `alone` is
 * never part of a band.
 */
export function pieces(life: Life, stretch: Stretch, width: number, alone = -1): Piece[] {
  const { first, last } = tokensIn(life, stretch);
  const { from, to } = life;
  const msPerPx = stretch.spanMs / Math.max(width, 1);
  const narrow = NARROW * msPerPx;
  const seam = SEAM * msPerPx;
  /** Too short to be seen, or too near to the one that follows. */
  const indistinct = (index: number): boolean => {
    const start = from[index] ?? 0;
    const next = index + 1 < last ? (from[index + 1] ?? Infinity) : Infinity;
    return index !== alone && Math.min(to[index] ?? 0, next) - start < narrow;
  };
  const found: Piece[] = [];
  let index = first;
  while (index < last) {
    const start = index;
    const startMs = from[index] ?? 0;
    let endMs = to[index] ?? 0;
    let band = indistinct(index);
    index += 1;
    while (band && index < last && indistinct(index)) {
      const nextMs = from[index] ?? 0;
      band = nextMs - endMs < seam || nextMs - startMs < narrow;
      if (!band) break;
      endMs = Math.max(endMs, to[index] ?? 0);
      index += 1;
    }
    found.push({
      first: start,
      last: index,
      x0: xOf(stretch, width, startMs),
      x1: xOf(stretch, width, endMs),
      row: index - start > 1 ? null : start % 2 === 1 ? 1 : 0,
    });
  }
  return found;
}

/**
 * Marks whose shapes would lie on each other, as one. Counting begins at a moment that stays the same
 * while the picture is moved a little, so that what is gathered does not change at each step.
 */
export function clusters(life: Life, stretch: Stretch, width: number): Cluster[] {
  const block = Math.ceil(stretch.spanMs);
  const anchor = Math.floor(stretch.fromMs / block) * block;
  const before = stretch.fromMs - anchor;
  const { first, last } = marksIn(
    life,
    { fromMs: anchor, spanMs: before + stretch.spanMs },
    (APART * stretch.spanMs) / Math.max(width, 1),
  );
  return gathered(life.at.subarray(first, last), stretch, width, first).filter(
    (cluster) => cluster.x >= -APART && cluster.x <= width + APART,
  );
}

/** Gathers moments, oldest first; `offset` is the index of the first of them. */
export function gathered(at: Float64Array, stretch: Stretch, width: number, offset = 0): Cluster[] {
  const found: Cluster[] = [];
  const pxPerMs = width / stretch.spanMs;
  let index = 0;
  while (index < at.length) {
    const start = index;
    const firstX = ((at[index] ?? 0) - stretch.fromMs) * pxPerMs;
    let lastX = firstX;
    index += 1;
    while (index < at.length) {
      const x = ((at[index] ?? 0) - stretch.fromMs) * pxPerMs;
      // Both together keep the middles apart: of what is left out, and of what is taken in.
      if (x >= (firstX + lastX) / 2 + APART || x > firstX + 2 * APART) break;
      lastX = x;
      index += 1;
    }
    found.push({ first: offset + start, last: offset + index, x: (firstX + lastX) / 2 });
  }
  return found;
}
