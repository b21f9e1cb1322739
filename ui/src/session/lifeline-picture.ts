// The small lifeline's geometry: which time is shown, and where everything stands in it.
import type { Bar, Mark, View } from '../contract';
import { gathered } from '../lifeline/pieces';
import { acted, shapeOf, type Shape } from '../lifeline/shapes';
import { DAY, HOUR, MINUTE, SECOND, xOf, type Stretch } from '../lifeline/stretch';
import { guessed, ticks, type Measure, type Tick } from '../lifeline/ticks';
import { renewsAsPlanned } from './face';

export type PlacedBar = {
  key: string;
  kind: 'past' | 'present' | 'planned';
  row: 0 | 1;
  from: number;
  to: number;
  /** Where the renewal window begins, where it still is one. */
  renews: number | null;
  bar: Bar;
};

/** One mark, or several that would lie on each other. */
export type PlacedMark = { key: string; x: number; shape: Shape; acted: boolean; marks: Mark[] };

export type NextStep = { atMs: number; what: 'renews' | 'ends' | 'tries' };

export type Picture = {
  stretch: Stretch;
  pastMs: number;
  /** The first thing there is, where nothing before it was left out. */
  sinceMs: number | null;
  now: number;
  /**
   * Where the present token is renewed, or ends if it cannot be, or where the next try is; `far`
   * where that lies beyond the picture, and only its time can be told.
   */
  next: { x: number; atMs: number; what: NextStep['what']; labelX: number; far: boolean } | null;
  bars: PlacedBar[];
  marks: PlacedMark[];
  ticks: Tick[];
};

/** Spans of past that are said in words easily. */
const PASTS = [
  ...[2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 4, 7, 14, 30, 60, 120, 365].map((n) => n * DAY),
];

/** How many tokens of the past are worth showing. */
const TOKENS_SHOWN = 6;
/** After so many lifetimes without a token, the one before it is too far off to be seen beside it. */
const GAP_SHOWN = 24;
/** Room for what is to come: the words "now" and "renews here" stand side by side. */
const FUTURE_PX = 92;
/** From now to the words of what comes next. */
const CLEAR_OF_NOW = 24;

/**
 * How much of the past is shown: as much as there is, up to a few tokens. Where a young token comes
 * after a long sleep, the end of the one before it is shown too: that is what there is to see.
 */
export function shownPast(view: View, now: number): number {
  const last = view.lifeline.tokens.at(-1);
  const lifetime = view.token?.lifetimeMs ?? (last ? last.toMs - last.fromMs : 20 * SECOND);
  const oldest = view.lifeline.tokens[0]?.fromMs ?? now;
  const wanted = Math.max(
    lifetime,
    Math.min(now - oldest, lifetime * TOKENS_SHOWN),
    sinceBefore(view, now, lifetime),
  );
  return PASTS.find((past) => past >= wanted) ?? 365 * DAY;
}

/** How long ago something of the token before a gap is seen; 0 where there is nothing to go back for. */
function sinceBefore({ lifeline }: View, now: number, lifetime: number): number {
  const [before, present] = lifeline.tokens.slice(-2);
  if (!before || !present || before.toMs >= present.fromMs) return 0;
  const since = now - Math.max(before.fromMs, before.toMs - lifetime / 2);
  const young = now - present.fromMs < lifetime;
  return young && since <= Math.min(GAP_SHOWN * lifetime, DAY) ? since : 0;
}

export function picture(
  view: View,
  now: number,
  width: number,
  measure: Measure = guessed(12),
  /** What stands beside a line that says what comes next. */
  label: (step: NextStep, far: boolean) => string = ({ what }) => what,
): Picture {
  const { lifeline } = view;
  const pastMs = shownPast(view, now);
  const start = now - pastMs;
  const present = presentBar(view);
  const planned = plannedBar(view);
  const step = nextStep(view, present, now);
  // What is far off would press everything else together.
  const far = step !== null && step.what === 'tries' && step.atMs - now > pastMs;
  const words = step ? label(step, far) : '';
  // Some future is always shown, so that the line of the present does not stick to the edge.
  const room = Math.min(0.45, Math.max(FUTURE_PX, measure(words) + 2 * CLEAR_OF_NOW) / width);
  const end =
    Math.max(
      now + (pastMs * room) / (1 - room),
      present?.toMs ?? 0,
      planned?.toMs ?? 0,
      far ? 0 : (step?.atMs ?? 0),
    ) +
    pastMs / 40;
  const stretch = { fromMs: start, spanMs: end - start };
  const x = (ms: number): number => xOf(stretch, width, ms);
  const edge = (ms: number): number => Math.min(width + 20, Math.max(-20, x(ms)));
  const nowX = x(now);
  const nextX = far ? width - 1 : x(step?.atMs ?? now);
  const next = step && {
    ...step,
    x: nextX,
    far,
    labelX: Math.min(Math.max(nextX - 4, nowX + CLEAR_OF_NOW), width - measure(words) - 4),
  };

  // A session that has ended promises nothing, whatever its last token is still good for.
  const over = view.status.kind === 'needs_sign_in';
  const bars: PlacedBar[] = lifeline.tokens
    .map((bar, index): PlacedBar => {
      const isPresent = bar === present && bar.toMs > now;
      return {
        key: barKey(bar),
        kind: isPresent && !over ? 'present' : 'past',
        // Counted from the newest, so that no bar changes its row when an old one is dropped.
        row: rowOf(view.refreshes - (lifeline.tokens.length - 1 - index)),
        from: edge(bar.fromMs),
        to: edge(bar.toMs),
        renews:
          isPresent && bar.renewsMs !== null && renewsAsPlanned(view.status)
            ? edge(bar.renewsMs)
            : null,
        bar,
      };
    })
    .filter((bar) => bar.to > 0);
  if (planned) {
    bars.push({
      key: 'planned',
      kind: 'planned',
      row: rowOf(view.refreshes + 1),
      from: edge(planned.fromMs),
      to: edge(planned.toMs),
      renews: null,
      bar: planned,
    });
  }

  const taken = [{ x: nowX, room: measure('14:32') }];
  if (next) taken.push({ x: next.labelX + measure(words) / 2, room: measure(words) });

  const first = Math.min(lifeline.tokens[0]?.fromMs ?? now, lifeline.marks[0]?.atMs ?? now);
  return {
    stretch,
    pastMs,
    sinceMs: first > start ? first : null,
    now: nowX,
    next,
    bars,
    marks: placedMarks(lifeline.marks, stretch, width),
    ticks: ticks(stretch, width, measure, taken),
  };
}

/** The bar of the token that is in use. */
export function presentBar(view: View): Bar | null {
  const { token, lifeline } = view;
  if (token === null) return null;
  return lifeline.tokens.findLast((bar) => bar.fingerprint === token.fingerprint) ?? null;
}

/** The shapes in a picture, each once, in the order in which they came. */
export function shapesIn(marks: readonly Mark[], since: number): Shape[] {
  return [...new Set(marks.filter((mark) => mark.atMs >= since).map((mark) => shapeOf(mark.kind)))];
}

/** The next token, where nothing stands between it and its plan. */
export function plannedBar(view: View): Bar | null {
  return view.status.kind === 'resting' ? view.lifeline.planned : null;
}

/** The next try of a renewal that did not go as planned. */
export function nextTryMs({ status, next }: View): number | null {
  return status.kind === 'waiting' || status.kind === 'stopped' ? (next?.atMs ?? null) : null;
}

/** What is done next, or that nothing is and the token ends. */
export function nextStep(view: View, present: Bar | null, now: number): NextStep | null {
  const at = renewsAsPlanned(view.status) ? (view.lifeline.planned?.fromMs ?? null) : null;
  if (at !== null && at > now) return { atMs: at, what: 'renews' };
  const next = nextTryMs(view);
  if (next !== null && next > now) return { atMs: next, what: 'tries' };
  if (present && present.toMs > now && view.renewal?.kind === 'no') {
    return { atMs: present.toMs, what: 'ends' };
  }
  return null;
}

function placedMarks(all: readonly Mark[], stretch: Stretch, width: number): PlacedMark[] {
  const shown = all.filter((mark) => mark.atMs >= stretch.fromMs);
  const at = Float64Array.from(shown, (mark) => mark.atMs);
  return gathered(at, stretch, width).flatMap(({ first, last, x }) => {
    const marks = shown.slice(first, last);
    const [one] = marks;
    if (!one) return [];
    const alone = { shape: shapeOf(one.kind), acted: marks.some(acted) };
    return { key: `${one.atMs}-${first}`, x, marks, ...alone };
  });
}

function barKey(bar: Bar): string {
  return `${bar.fingerprint}-${bar.fromMs}`;
}

function rowOf(count: number): 0 | 1 {
  return Math.abs(count) % 2 === 1 ? 1 : 0;
}
