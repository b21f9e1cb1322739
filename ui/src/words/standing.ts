// Where a session stands in two or three words, and the colour that goes with them.
import type { AccountLine, Sentence, TimeMoved, View } from '../contract';
import { m } from '../paraglide/messages.js';
import { span } from '../time/format';

/** `good` and `waiting` are colours; `idle` is none, since nothing is kept or nothing is known. */
export type Tone = 'good' | 'waiting' | 'idle' | 'ended';

export type Standing = { tone: Tone; words: string };

/** A difference that nobody would notice. */
const LEVEL_MS = 2_000;
const UNITS = [86_400_000, 3_600_000, 60_000];

export function standing(view: View): Standing {
  return standingOf(view.sentence, tokenEnded(view));
}

/** The same of an account that is not in front, of which only the sentence is known. */
export function lineStanding({ sentence }: AccountLine): Standing {
  const ended =
    sentence.kind === 'waiting_expired' ||
    ((sentence.kind === 'throttled' || sentence.kind === 'id_token') && sentence.endsMs === null);
  return standingOf(sentence, ended);
}

function standingOf({ kind }: Sentence, ended: boolean): Standing {
  switch (kind) {
    case 'restoring':
      return { tone: 'idle', words: m.standing_moment() };
    case 'locked':
    case 'keychain_slow':
    case 'keychain_cancelled':
    case 'keychain_gone':
    case 'key_gone':
    case 'unreadable':
      return { tone: 'waiting', words: m.standing_locked() };
    case 'signed_out':
      return { tone: 'idle', words: m.standing_out() };
    case 'needs_sign_in':
    case 'answer_lost':
    case 'ran_out':
      return { tone: 'ended', words: m.standing_again() };
    case 'resting':
    case 'resting_on_demand':
    case 'no_refresh_token':
    case 'refreshing':
    case 'another_copy':
      return ended
        ? { tone: 'waiting', words: m.standing_kept() }
        : { tone: 'good', words: m.standing_in() };
    case 'unsaved':
    case 'put_off':
    case 'paused':
    case 'stopped':
    case 'api_refuses':
    case 'id_token':
    case 'unclear':
      return ended
        ? { tone: 'waiting', words: m.standing_kept() }
        : { tone: 'waiting', words: m.standing_held() };
    case 'waiting_valid':
    case 'waiting_expired':
    case 'portal':
    case 'throttled':
      return ended
        ? { tone: 'waiting', words: m.standing_kept() }
        : { tone: 'waiting', words: m.standing_waiting() };
  }
}

/** The words with the clock's difference, where that was measured and somebody is signed in. */
export function standingWithClock(view: View): string {
  const { tone, words } = standing(view);
  if (view.clock === null || tone === 'idle' || tone === 'ended') return words;
  return m.standing_clock({ standing: words, offset: clockInShort(view.clock.offsetMs) });
}

/** How far the app's clocks were moved by hand. */
export function timeMovedWords({ sleptMs, clockMs }: TimeMoved): string {
  const what: string[] = [];
  if (sleptMs !== 0) what.push(m.time_slept({ span: span(sleptMs) }));
  if (clockMs > 0) what.push(m.time_clock_ahead({ span: span(clockMs) }));
  if (clockMs < 0) what.push(m.time_clock_back({ span: span(clockMs) }));
  return m.time_moved({ what: what.join(' · ') });
}

function clockInShort(offsetMs: number): string {
  if (Math.abs(offsetMs) < LEVEL_MS) return m.clock_level();
  // In its biggest unit only: the facts tell it whole.
  const unit = UNITS.find((size) => Math.abs(offsetMs) >= size) ?? 1_000;
  const short = span(Math.round(offsetMs / unit) * unit);
  return offsetMs < 0 ? m.clock_ahead({ span: short }) : m.clock_behind({ span: short });
}

export function tokenEnded(view: View): boolean {
  return view.token === null || view.token.worth === 'expired';
}
