// The lifeline in words: for those who do not see it, and for whoever points at a part of it.
import type { Bar, Mark, MarkKind, View } from '../contract';
import type { Shape } from '../lifeline/shapes';
import { m } from '../paraglide/messages.js';
import { renewsAsPlanned } from '../session/face';
import { nextTryMs, plannedBar, presentBar } from '../session/lifeline-picture';
import { clockTime, span } from '../time/format';
import { triggerWords } from './why';

export type LifelineText = { summary: string[]; past: string[]; marks: string[] };

/** How many kinds of mark a cluster names before it only counts. */
const KINDS_NAMED = 4;

/** Told with the view's own time, so that it changes with the session and not with the clock. */
export function lifelineText(view: View): LifelineText {
  const { nowMs, lifeline } = view;
  const time = (ms: number): string => clockTime(ms, nowMs);
  const present = presentBar(view);
  return {
    summary: summaryWords(view),
    past: lifeline.tokens
      .filter((bar) => bar !== present)
      .map((bar) => m.lifeline_text_past({ from: time(bar.fromMs), to: time(bar.toMs) })),
    marks: lifeline.marks.map((mark) => markText(mark, nowMs)),
  };
}

/** The present token, and what is to come. */
export function summaryWords(view: View): string[] {
  const time = (ms: number): string => clockTime(ms, view.nowMs);
  const present = presentBar(view);
  const summary: string[] = [];
  if (present) {
    summary.push(m.lifeline_text_present({ from: time(present.fromMs), to: time(present.toMs) }));
    if (present.renewsMs !== null && renewsAsPlanned(view.status)) {
      summary.push(m.lifeline_text_renews({ time: time(present.renewsMs) }));
    }
  } else {
    summary.push(m.lifeline_text_empty());
  }
  const planned = plannedBar(view);
  if (planned) {
    const { fromMs, toMs } = planned;
    summary.push(m.lifeline_text_planned({ from: time(fromMs), to: time(toMs) }));
  }
  const next = nextTryMs(view);
  if (next !== null) summary.push(m.lifeline_text_tries({ time: time(next) }));
  return summary;
}

/** A token, or how many there are where they cannot be told apart. */
export function tokenWords(
  bars: readonly Bar[],
  present: Bar | null,
  nowMs: number,
  endMs = Math.max(...bars.map((bar) => bar.toMs)),
): string {
  const [first] = bars;
  if (!first) return '';
  const from = clockTime(first.fromMs, nowMs);
  const to = clockTime(endMs, nowMs);
  if (bars.length > 1) return m.lifeline_told_tokens({ count: bars.length, from, to });
  const isPresent = first.fingerprint === present?.fingerprint && first.fromMs === present.fromMs;
  const named = { name: first.fingerprint, from, to, span: span(first.toMs - first.fromMs) };
  const told = [isPresent ? m.lifeline_told_present(named) : m.lifeline_told_past(named)];
  if (first.renewsMs !== null && first.renewsMs < first.toMs) {
    told.push(m.lifeline_told_renews({ time: clockTime(first.renewsMs, nowMs) }));
  }
  return told.join(' ');
}

export function plannedWords(bar: Bar, nowMs: number): string {
  return m.lifeline_told_planned({
    from: clockTime(bar.fromMs, nowMs),
    to: clockTime(bar.toMs, nowMs),
  });
}

/** A mark, or several in one place: what they are and how often. */
export function markGroupWords(marks: readonly Mark[], nowMs: number): string {
  const [first] = marks;
  const last = marks.at(-1);
  if (!first || !last) return '';
  if (marks.length === 1) return markText(first, nowMs);
  const counts = new Map<string, number>();
  for (const mark of marks) {
    const words = markWords(mark.kind);
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const kinds = [...counts].sort(([, a], [, b]) => b - a);
  const named = kinds
    .slice(0, KINDS_NAMED)
    .map(([what, count]) => (count === 1 ? what : m.lifeline_told_times({ count, what })));
  const more = kinds.slice(KINDS_NAMED).reduce((sum, [, count]) => sum + count, 0);
  if (more > 0) named.push(m.lifeline_told_more({ count: more }));
  return m.lifeline_told_marks({
    count: marks.length,
    from: clockTime(first.atMs, nowMs),
    to: clockTime(last.atMs, nowMs),
    what: named.join(m.lifeline_list_semicolon()),
  });
}

function markText(mark: Mark, nowMs: number): string {
  return m.lifeline_text_mark({ time: clockTime(mark.atMs, nowMs), what: markWords(mark.kind) });
}

export function markWords(kind: MarkKind): string {
  switch (kind.kind) {
    case 'sign_in':
      return m.mark_sign_in();
    case 'sign_out':
      return m.mark_sign_out();
    case 'failure':
      return m.mark_failure();
    case 'refresh':
      return m.mark_renewed({ trigger: triggerWords(kind.trigger) });
    case 'trigger':
      return m.mark_nothing({ trigger: triggerWords(kind.trigger) });
  }
}

/** A shape's name in the legend. */
export function shapeWords(shape: Shape): string {
  switch (shape) {
    case 'sign_in':
      return m.legend_sign_in();
    case 'sign_out':
      return m.legend_sign_out();
    case 'launch':
      return m.legend_launch();
    case 'focus':
      return m.legend_focus();
    case 'wake':
      return m.legend_wake();
    case 'network_back':
      return m.legend_network_back();
    case 'deadline':
      return m.legend_deadline();
    case 'token_wanted':
      return m.legend_token_wanted();
    case 'api_refused':
      return m.legend_api_refused();
    case 'asked':
      return m.legend_asked();
    case 'failure':
      return m.legend_failure();
  }
}
