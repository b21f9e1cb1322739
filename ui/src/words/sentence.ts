// The sentence: am I signed in, what happens next, what must I do.
import type { Sentence, StoreTrouble, View, WriteTrouble } from '../contract';
import { m } from '../paraglide/messages.js';
import { countdown, moment, span } from '../time/format';
import { tokenEnded } from './standing';

/** As it is shown: what is left counts down with `now`. */
export function sentence(view: View, now: number): string {
  const said: Sentence = view.sentence;
  const at = (ms: number): string => moment(ms, view.nowMs);
  const left = (ms: number): string => countdown(ms - now);
  const name = nameOf(view);
  switch (said.kind) {
    case 'restoring':
      return m.one_moment();
    case 'locked':
      return m.sentence_locked();
    case 'keychain_slow':
      return m.sentence_keychain_slow();
    case 'keychain_cancelled':
      return m.sentence_keychain_cancelled();
    case 'keychain_gone':
      return m.sentence_keychain_gone();
    case 'key_gone':
      return m.sentence_key_gone();
    case 'unreadable':
      return m.sentence_unreadable();
    case 'signed_out':
      return m.sentence_signed_out();
    case 'resting':
      return m.sentence_resting({ left: left(said.renewsMs) });
    case 'resting_on_demand':
      return m.sentence_resting_on_demand();
    case 'no_refresh_token':
      return said.endsMs === null
        ? m.sentence_no_refresh_token_no_end()
        : m.sentence_no_refresh_token({ end: at(said.endsMs) });
    case 'refreshing':
      return m.sentence_refreshing();
    case 'waiting_valid':
      return said.endsMs === null
        ? m.sentence_waiting_no_end({ left: left(said.nextMs) })
        : m.sentence_waiting_valid({ end: at(said.endsMs), left: left(said.nextMs) });
    case 'waiting_expired':
      return m.sentence_waiting_expired();
    case 'portal':
      return m.sentence_portal();
    case 'throttled':
      return said.endsMs === null
        ? m.sentence_throttled_kept({ next: at(said.nextMs) })
        : m.sentence_throttled({ end: at(said.endsMs), next: at(said.nextMs) });
    case 'paused':
      return m.sentence_paused({ until: at(said.untilMs) });
    case 'unclear':
      return m.sentence_unclear();
    case 'stopped':
      return m.sentence_stopped();
    case 'api_refuses':
      return m.sentence_api_refuses();
    case 'id_token':
      return said.endsMs === null
        ? m.sentence_id_token_kept()
        : m.sentence_id_token({ end: at(said.endsMs) });
    case 'needs_sign_in':
      return name ? m.sentence_needs_sign_in({ name }) : m.sentence_needs_sign_in_unnamed();
    case 'answer_lost':
      return m.sentence_answer_lost();
    case 'ran_out':
      return name ? m.sentence_ran_out({ name }) : m.sentence_ran_out_unnamed();
    case 'another_copy':
      return m.sentence_another_copy();
    case 'unsaved':
      return unsaved(view);
    case 'put_off': {
      const reason = putOff(view.putOff);
      return said.endsMs === null
        ? m.sentence_put_off_kept({ reason, left: left(said.nextMs) })
        : m.sentence_put_off({ end: at(said.endsMs), reason, left: left(said.nextMs) });
    }
  }
}

/** As it is announced: nothing in it moves, so it is said once and not every second. */
export function announcement(view: View): string {
  const said = view.sentence;
  if (said.kind === 'resting') return m.sentence_resting_still();
  if (said.kind === 'waiting_valid') {
    return said.endsMs === null
      ? m.sentence_waiting_no_end_still()
      : m.sentence_waiting_valid_still({ end: moment(said.endsMs, view.nowMs) });
  }
  if (said.kind === 'put_off') {
    const reason = putOff(view.putOff);
    return said.endsMs === null
      ? m.sentence_put_off_kept_still({ reason })
      : m.sentence_put_off_still({ end: moment(said.endsMs, view.nowMs), reason });
  }
  return sentence(view, view.nowMs);
}

function unsaved(view: View): string {
  const reason = view.unsaved && writeTrouble(view.unsaved.kind);
  if (tokenEnded(view)) {
    return reason ? m.sentence_unsaved_kept({ reason }) : m.sentence_unsaved_kept_bare();
  }
  return reason ? m.sentence_unsaved({ reason }) : m.sentence_unsaved_bare();
}

/** Why something could not be written down, as part of a sentence; `null` where there is no plain reason. */
function writeTrouble(kind: WriteTrouble): string | null {
  switch (kind) {
    case 'disk_full':
      return m.trouble_disk_full();
    case 'no_permission':
      return m.trouble_no_permission();
    case 'slow':
      return m.trouble_slow();
    case 'other':
      return null;
  }
}

/** Why a renewal waits, as the beginning of a sentence. */
function putOff(trouble: StoreTrouble | null): string {
  switch (trouble?.kind) {
    case 'disk_full':
      return m.put_off_disk_full();
    case 'no_permission':
      return m.put_off_no_permission();
    case 'slow':
      return m.put_off_slow();
    case 'other':
    case undefined:
      return m.put_off_other();
  }
}

/** Said above the sentence while the session cannot be opened, and it is known whose it is. */
export function greeting(view: View, knownAs: string | null): string[] {
  return view.status.kind === 'restoring' && knownAs
    ? [m.sentence_welcome_back({ name: knownAs })]
    : [];
}

/**
 * What is said below the sentence for a while: that the session outlived a sleep, or that the clock was
 * moved.
 */
export function asides(view: View): string[] {
  const said: string[] = [];
  if (view.keptOverMs !== null) {
    const kept = { span: span(view.keptOverMs) };
    said.push(justRenewed(view) ? m.kept_over_renewed(kept) : m.kept_over(kept));
  }
  if (view.clockJumpedMs !== null) {
    said.push(clockMoved(view, view.clockJumpedMs));
  }
  return said;
}

/** A promise about the sign-in is made only where there is one to keep. */
function clockMoved(view: View, byMs: number): string {
  const by = { span: span(byMs) };
  if (view.token === null) return byMs > 0 ? m.clock_moved_ahead(by) : m.clock_moved_back(by);
  return byMs > 0 ? m.clock_jumped_ahead(by) : m.clock_jumped_back(by);
}

/** The next try, where neither the sentence names it nor the ring counts down to it. */
export function nextTry(view: View): number | null {
  const said = view.sentence;
  if (tokenEnded(view)) return null;
  return said.kind === 'waiting_expired' || said.kind === 'portal' || said.kind === 'unclear'
    ? said.nextMs
    : null;
}

/** The deadline that the sentence counts down to. */
export function countsDownTo(view: View): number | null {
  const said = view.sentence;
  if (said.kind === 'resting') return said.renewsMs;
  if (said.kind === 'waiting_valid' || said.kind === 'put_off') return said.nextMs;
  return nextTry(view);
}

/** What people call them, else what the server does. */
export function nameOf(view: View): string {
  return view.who ? view.who.name || view.who.user : '';
}

function justRenewed({ why, nowMs }: View): boolean {
  return why !== null && why.what.kind === 'renewed' && nowMs - why.atMs < 2 * 60_000;
}
