// The lifeline in words, for those who do not see it.
import type { MarkKind, View } from '../contract';
import { m } from '../paraglide/messages.js';
import { renewsAsPlanned } from '../session/face';
import { nextTryMs, plannedBar, presentBar, type Shape } from '../session/lifeline-picture';
import { clockTime } from '../time/format';
import { triggerWords } from './why';

export type LifelineText = { summary: string[]; past: string[]; marks: string[] };

/** Told with the view's own time, so that it changes with the session and not with the clock. */
export function lifelineText(view: View): LifelineText {
  const { nowMs, lifeline } = view;
  const time = (ms: number): string => clockTime(ms, nowMs);
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
  return {
    summary,
    past: lifeline.tokens
      .filter((bar) => bar !== present)
      .map((bar) => m.lifeline_text_past({ from: time(bar.fromMs), to: time(bar.toMs) })),
    marks: lifeline.marks.map((mark) =>
      m.lifeline_text_mark({ time: time(mark.atMs), what: markWords(mark.kind) }),
    ),
  };
}

export function markWords(kind: MarkKind): string {
  switch (kind.kind) {
    case 'sign_in':
      return m.mark_sign_in();
    case 'failure':
      return m.mark_failure();
    case 'refresh':
      return m.mark_renewed({ trigger: triggerWords(kind.trigger) });
    case 'trigger':
      return m.mark_nothing({ trigger: triggerWords(kind.trigger) });
  }
}

/** A shape's name, short enough for the legend. */
export function shapeWords(shape: Shape): string {
  switch (shape) {
    case 'sign_in':
      return m.legend_sign_in();
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
