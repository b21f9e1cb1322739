// The line under the sentence: what was done last, and why.
import type { Class, Outcome, Trigger, Why } from '../contract';
import { m } from '../paraglide/messages.js';
import { clockTime, span, took } from '../time/format';

/** Its parts, in order: a line may break between them, and only there. */
export function whyParts(why: Why, now: number): string[] {
  const parts = [outcome(why.what, clockTime(why.atMs, now))];
  if (why.reason !== null) parts.push(cause(why.reason, why.leftMs));
  // Without a method it is what a check found, and nothing was sent for it.
  if (why.exchange !== null && why.exchange.method !== '') {
    const { status, code, tookMs } = why.exchange;
    parts.push([status, code, took(tookMs)].filter((part) => part !== null).join(' · '));
  }
  return parts;
}

export function triggerWords(trigger: Trigger): string {
  switch (trigger) {
    case 'launch':
      return m.trigger_launch();
    case 'focus':
      return m.trigger_focus();
    case 'wake':
      return m.trigger_wake();
    case 'network_back':
      return m.trigger_network_back();
    case 'deadline':
      return m.trigger_deadline();
    case 'token_wanted':
      return m.trigger_token_wanted();
    case 'api_refused':
      return m.trigger_api_refused();
    case 'asked':
      return m.trigger_asked();
  }
}

function cause(reason: Trigger, leftMs: number | null): string {
  const trigger = triggerWords(reason);
  if (leftMs === null) return trigger;
  return leftMs >= 0
    ? m.why_trigger_left({ trigger, span: leftSpan(leftMs) })
    : m.why_trigger_past({ trigger, span: leftSpan(leftMs) });
}

/** What was left of a token, or how long it had ended: in whole seconds, as the ring told it. */
export function leftSpan(leftMs: number): string {
  const whole = Math.ceil(Math.abs(leftMs) / 1_000) * 1_000;
  return whole === 0 ? m.unit_seconds({ n: 0 }) : span(whole);
}

function outcome(what: Outcome, time: string): string {
  switch (what.kind) {
    case 'signed_in':
      return m.why_signed_in({ time });
    case 'renewed':
      return m.why_renewed({ time });
    case 'adopted':
      return m.why_adopted({ time });
    case 'id_token_bad':
      return m.why_id_token_bad({ time });
    case 'failed':
      return failed(what.class, time);
  }
}

/** What came of a refresh that failed, without its time. */
export function cameOf(failure: Class): string {
  return failed(failure, '').trim();
}

function failed(failure: Class, time: string): string {
  switch (failure) {
    case 'not_sent':
      return m.why_not_sent({ time });
    case 'unknown_outcome':
      return m.why_unknown_outcome({ time });
    case 'throttled':
      return m.why_throttled({ time });
    case 'server_trouble':
      return m.why_server_trouble({ time });
    case 'not_the_auth_server':
      return m.why_not_the_auth_server({ time });
    case 'set_up':
      return m.why_set_up({ time });
    case 'unclear_refusal':
      return m.why_unclear_refusal({ time });
    case 'refused':
      return m.why_refused({ time });
  }
}
