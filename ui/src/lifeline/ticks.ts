// The marks on the time axis: the finest even step whose labels have room beside each other.
//
// d3-time knows the calendar (months, daylight saving). Its own choice of ticks goes by a number of
// them and knows nothing of the room that a label takes, so the choice is ours.
import {
  timeDay,
  timeHour,
  timeMinute,
  timeMonth,
  timeSecond,
  timeYear,
  type TimeInterval,
} from 'd3-time';
import { axisTime } from '../time/format';
import { DAY, HOUR, MINUTE, SECOND, xOf, type Stretch } from './stretch';

export type Tick = { at: number; x: number; text: string };

/** How much room a text takes, in pixels. */
export type Measure = (text: string) => number;

/** What must be left free between two labels, in pixels. */
const GAP = 16;
/** Letters may turn out a little wider than they were measured. */
const EDGE = 4;

type Step = { readonly every: TimeInterval; readonly ms: number };

/** Every so many of a unit, where the unit can be divided so. */
function each(
  unit: { every(count: number): TimeInterval | null },
  unitMs: number,
  counts: number[],
): Step[] {
  return counts.flatMap((count) => {
    const every = unit.every(count);
    return every ? { every, ms: count * unitMs } : [];
  });
}

/** Counted from a fixed day: `timeDay.every` begins anew each month, the 31st beside the 1st. */
function days(count: number): TimeInterval {
  return timeDay.filter((day) => timeDay.count(new Date(0), day) % count === 0);
}

const STEPS: readonly Step[] = [
  ...each(timeSecond, SECOND, [1, 2, 5, 10, 15, 30]),
  ...each(timeMinute, MINUTE, [1, 2, 5, 10, 15, 30]),
  ...each(timeHour, HOUR, [1, 2, 3, 6, 12]),
  { every: timeDay, ms: DAY },
  ...[2, 5, 10].map((n) => ({ every: days(n), ms: n * DAY })),
  ...each(timeMonth, 30 * DAY, [1, 3, 6]),
  ...each(timeYear, 365 * DAY, [1]),
];

/** Ticks whose labels keep clear of each other, of the edges, and of what stands at `taken`. */
export function ticks(
  stretch: Stretch,
  width: number,
  measure: Measure,
  taken: readonly { x: number; room: number }[] = [],
): Tick[] {
  const wide = (ms: number): number => {
    // Midnight is told by its day, which is the widest that a step writes.
    const noon = stretch.fromMs + stretch.spanMs / 2;
    return Math.max(
      measure(axisTime(noon, ms)),
      measure(axisTime(timeDay.floor(new Date(noon)).getTime(), ms)),
    );
  };
  const chosen = STEPS.find(({ ms }) => (ms / stretch.spanMs) * width >= wide(ms) + GAP);
  if (!chosen || width <= 0) return [];
  const placed: Tick[] = [];
  let clear = 0;
  for (const date of chosen.every.range(
    chosen.every.ceil(new Date(stretch.fromMs)),
    new Date(stretch.fromMs + stretch.spanMs),
  )) {
    const at = date.getTime();
    const x = xOf(stretch, width, at);
    const text = axisTime(at, chosen.ms);
    const half = measure(text) / 2;
    // Where clocks are set forward two even hours are nearer to each other than any others.
    if (x - half < clear || x + half > width - EDGE) continue;
    if (taken.some((other) => Math.abs(other.x - x) < half + other.room / 2 + GAP / 2)) continue;
    placed.push({ at, x, text });
    clear = x + half + GAP / 2;
  }
  return placed;
}

/** About what a text takes at so many pixels of height, where nothing can be measured. */
export function guessed(fontPx: number): Measure {
  return (text) => {
    let units = 0;
    for (const letter of text) units += letter > '\u2e80' ? 1 : 0.62;
    return units * fontPx;
  };
}
