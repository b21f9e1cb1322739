// The lifeline's geometry: which time is shown, and where everything stands in it.
// Not d3-scale: it brings d3-color, which assigns to what the window's frozen prototypes forbid.
import { timeTicks } from 'd3-time';
import type { Bar, Mark, MarkKind, Trigger, View } from '../contract';
import { axisTime } from '../time/format';
import { renewsAsPlanned } from './face';

export type Shape = Trigger | 'sign_in' | 'failure';

export type PlacedBar = {
  key: string;
  kind: 'past' | 'present' | 'planned';
  row: 0 | 1;
  from: number;
  to: number;
  /** Where the renewal window begins, for the present token. */
  renews: number | null;
};

export type PlacedMark = { key: string; x: number; shape: Shape; acted: boolean };

export type NextStep = { atMs: number; what: 'renews' | 'ends' | 'tries' };

export type Picture = {
  pastMs: number;
  now: number;
  /** Where the present token is renewed, or ends if it cannot be, or where the next try is. */
  next: { x: number; what: NextStep['what']; labelX: number } | null;
  bars: PlacedBar[];
  marks: PlacedMark[];
  ticks: { at: number; x: number; text: string }[];
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Spans of past that are said in words easily. */
const PASTS = [
  ...[2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 4, 7, 14, 30, 60, 120, 365].map((n) => n * DAY),
];

/** How many tokens of the past are worth showing. */
const TOKENS_SHOWN = 6;
/** Room that a label below the axis needs, in pixels. */
const LABEL_PX = 62;
/** Room for what is to come: the words "now" and "renews here" stand side by side. */
const FUTURE_PX = 92;

/** How much of the past is shown: as much as there is, up to a few tokens. */
export function shownPast(view: View, now: number): number {
  const lifetime = view.token?.lifetimeMs ?? lastBar(view)?.lifetime ?? 20 * SECOND;
  const oldest = view.lifeline.tokens[0]?.fromMs ?? now;
  const wanted = Math.max(lifetime, Math.min(now - oldest, lifetime * TOKENS_SHOWN));
  return PASTS.find((past) => past >= wanted) ?? 365 * DAY;
}

export function picture(view: View, now: number, width: number): Picture {
  const pastMs = shownPast(view, now);
  const start = now - pastMs;
  const present = presentBar(view);
  const planned = plannedBar(view);
  const step = nextStep(view, present, now);
  // Some future is always shown, so that the line of the present does not stick to the edge.
  const room = Math.min(0.45, FUTURE_PX / width);
  const end =
    Math.max(
      now + (pastMs * room) / (1 - room),
      present?.toMs ?? 0,
      planned?.toMs ?? 0,
      step?.atMs ?? 0,
    ) +
    pastMs / 40;
  const x = (ms: number): number => ((ms - start) / (end - start)) * width;
  const edge = (ms: number): number => Math.min(width + 20, Math.max(-20, x(ms)));
  const nowX = x(now);
  const next = step && {
    what: step.what,
    x: x(step.atMs),
    labelX: labelPlace(x(step.atMs), nowX, width),
  };

  // A session that has ended promises nothing, whatever its last token is still good for.
  const over = view.status.kind === 'needs_sign_in';
  const bars: PlacedBar[] = view.lifeline.tokens
    .map((bar, index): PlacedBar => {
      const isPresent = bar === present && bar.toMs > now;
      return {
        key: barKey(bar),
        kind: isPresent && !over ? 'present' : 'past',
        // Counted from the newest, so that no bar changes its row when an old one is dropped.
        row: rowOf(view.refreshes - (view.lifeline.tokens.length - 1 - index)),
        from: edge(bar.fromMs),
        to: edge(bar.toMs),
        renews:
          isPresent && bar.renewsMs !== null && renewsAsPlanned(view.status)
            ? edge(bar.renewsMs)
            : null,
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
    });
  }

  const taken = next ? [nowX, next.labelX + LABEL_PX / 2] : [nowX];
  const ticks = timeTicks(new Date(start), new Date(end), Math.max(2, Math.floor(width / 110)))
    .map((tick) => tick.getTime())
    .map((at) => ({ at, x: x(at), text: axisTime(at, end - start) }))
    .filter((tick) => tick.x > 24 && tick.x < width - 24)
    .filter((tick) => taken.every((other) => Math.abs(other - tick.x) > LABEL_PX));

  return {
    pastMs,
    now: nowX,
    next,
    bars,
    marks: view.lifeline.marks
      .filter((mark) => mark.atMs >= start)
      .map((mark, index) => ({
        key: `${mark.atMs}-${index}`,
        x: x(mark.atMs),
        shape: shapeOf(mark.kind),
        acted: mark.kind.kind !== 'trigger',
      })),
    ticks,
  };
}

/** The bar of the token that is in use. */
export function presentBar(view: View): Bar | null {
  const { token, lifeline } = view;
  if (token === null) return null;
  return lifeline.tokens.findLast((bar) => bar.fingerprint === token.fingerprint) ?? null;
}

export function shapeOf(kind: MarkKind): Shape {
  return kind.kind === 'refresh' || kind.kind === 'trigger' ? kind.trigger : kind.kind;
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

function nextStep(view: View, present: Bar | null, now: number): NextStep | null {
  const at = renewsAsPlanned(view.status) ? (view.lifeline.planned?.fromMs ?? null) : null;
  if (at !== null && at > now) return { atMs: at, what: 'renews' };
  const next = nextTryMs(view);
  // What is far off would press everything else together.
  if (next !== null && next > now && next - now <= shownPast(view, now)) {
    return { atMs: next, what: 'tries' };
  }
  if (present && present.toMs > now && view.renewal?.kind === 'no') {
    return { atMs: present.toMs, what: 'ends' };
  }
  return null;
}

/** Beside its line, clear of the word "now" and inside the picture. */
function labelPlace(x: number, nowX: number, width: number): number {
  return Math.min(Math.max(x - 4, nowX + 20), width - LABEL_PX);
}

function lastBar(view: View): { lifetime: number } | null {
  const bar = view.lifeline.tokens.at(-1);
  return bar ? { lifetime: bar.toMs - bar.fromMs } : null;
}

function barKey(bar: Bar): string {
  return `${bar.fingerprint}-${bar.fromMs}`;
}

function rowOf(count: number): 0 | 1 {
  return Math.abs(count) % 2 === 1 ? 1 : 0;
}
