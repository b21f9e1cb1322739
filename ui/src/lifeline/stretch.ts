// The stretch of time that is shown: how it lies on so many pixels, and how far it may be moved.

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The least and the most that can be shown at once. */
export const SHORTEST = MINUTE;
export const LONGEST = 30 * DAY;

/** Where "now" stands while the picture goes along with it: room for what is to come is left. */
export const NOW_AT = 2 / 3;

/** How much empty time may be shown beyond the first and the last thing, as a part of the whole. */
const MARGIN = 0.1;

export type Stretch = { readonly fromMs: number; readonly spanMs: number };

/** From the first to the last thing that there is to see, "now" among them. */
export type Bounds = {
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly now: number;
};

export function xOf(stretch: Stretch, width: number, ms: number): number {
  return ((ms - stretch.fromMs) / stretch.spanMs) * width;
}

export function msAt(stretch: Stretch, width: number, x: number): number {
  return stretch.fromMs + (x / Math.max(width, 1)) * stretch.spanMs;
}

export function clampedSpan(spanMs: number): number {
  return Math.min(LONGEST, Math.max(SHORTEST, spanMs));
}

/** The stretch that goes along with now. */
export function aroundNow(now: number, spanMs: number): Stretch {
  const span = clampedSpan(spanMs);
  return { fromMs: now - NOW_AT * span, spanMs: span };
}

/** The nearest stretch that does not lose itself where there is nothing. */
export function bounded(stretch: Stretch, { earliestMs, latestMs, now }: Bounds): Stretch {
  const spanMs = clampedSpan(stretch.spanMs);
  const first = Math.min(earliestMs - MARGIN * spanMs, now - NOW_AT * spanMs);
  const last = Math.max(latestMs + MARGIN * spanMs, now + (1 - NOW_AT) * spanMs) - spanMs;
  return { fromMs: Math.min(Math.max(stretch.fromMs, first), last), spanMs };
}

/** Shows `factor` times as much time; `atMs` stays where it is. */
export function zoomed(stretch: Stretch, factor: number, atMs: number): Stretch {
  const spanMs = clampedSpan(stretch.spanMs * factor);
  const fromMs = atMs - ((atMs - stretch.fromMs) * spanMs) / stretch.spanMs;
  return { fromMs, spanMs };
}

export function panned(stretch: Stretch, byMs: number): Stretch {
  return { fromMs: stretch.fromMs + byMs, spanMs: stretch.spanMs };
}
