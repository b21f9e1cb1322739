// What is known of the session, and what is not.
import type { AppView, ClockView, Protection, RenewalView, View } from '../contract';
import { m } from '../paraglide/messages.js';
import { clockTime, moment, span, tenths } from '../time/format';

export type Fact = { key: string; label: string; value: string };

/** From here on a difference is told in words, with what was done about it. */
const WORTH_SAYING_MS = 10_000;
const MINUTE = 60_000;

export function facts(app: AppView): Fact[] {
  const { session } = app;
  const now = session.nowMs;
  return [
    { key: 'access', label: m.fact_access_token(), value: access(session, now) },
    { key: 'refresh', label: m.fact_refresh_token(), value: renewal(session.renewal, now) },
    { key: 'kept', label: m.fact_kept_in(), value: kept(app) },
    {
      key: 'confirmed',
      label: m.fact_confirmed(),
      value: session.confirmedMs === null ? m.fact_not_yet() : clockTime(session.confirmedMs, now),
    },
    { key: 'clock', label: m.fact_clock(), value: clock(session.clock) },
    { key: 'refreshes', label: m.fact_refreshes(), value: String(session.refreshes) },
  ];
}

function access({ token, status }: View, now: number): string {
  if (token === null) return m.fact_none();
  const lifetime = span(token.lifetimeMs);
  if (token.worth === 'refused_by_api') return m.fact_api_refused({ span: lifetime });
  if (token.assumed) {
    return token.serverSaid === null
      ? m.fact_assumed({ span: lifetime })
      : m.fact_assumed_said({ span: lifetime, said: token.serverSaid });
  }
  const time = clockTime(token.endsMs, now);
  if (status.kind === 'needs_sign_in' && token.worth !== 'expired') {
    return m.fact_accepted_still({ time });
  }
  return token.worth === 'expired'
    ? m.fact_expired({ time, span: lifetime })
    : m.fact_expires({ time, span: lifetime });
}

function renewal(by: RenewalView | null, now: number): string {
  if (by === null) return m.fact_none();
  if (by.kind === 'itself') return m.fact_renews_itself();
  if (by.kind === 'no') return m.fact_cannot_renew();
  const first =
    by.rotates === null ? m.fact_rotation_unseen() : by.rotates ? m.fact_rotates() : m.fact_stays();
  const second =
    by.endsMs === null ? m.fact_end_not_told() : m.fact_ends({ time: moment(by.endsMs, now) });
  return m.fact_joined({ first, second });
}

function kept({ account, protection, session }: AppView): string {
  if (account?.memoryOnly) return m.kept_memory();
  if (session.unsaved !== null) return m.kept_unsaved();
  return keptBy(protection);
}

function keptBy(protection: Protection): string {
  switch (protection.kind) {
    case 'unknown':
      return m.kept_unknown();
    case 'keychain':
      return m.kept_keychain();
    case 'key_file':
      return m.kept_key_file();
  }
}

/** `boundMs` is not known of a difference that an earlier run measured. */
function clock(difference: ClockView | null): string {
  if (difference === null) return m.fact_clock_unmeasured();
  const { offsetMs, boundMs } = difference;
  if (Math.abs(offsetMs) < WORTH_SAYING_MS) {
    const offset = tenths(offsetMs);
    return boundMs === null
      ? m.fact_clock_small_before({ offset })
      : m.fact_clock_small({ offset, bound: tenths(boundMs) });
  }
  if (boundMs === null) {
    return offsetMs < 0
      ? m.fact_clock_ahead_before({ span: span(offsetMs) })
      : m.fact_clock_behind_before({ span: span(offsetMs) });
  }
  return offsetMs < 0
    ? m.fact_clock_ahead({ span: span(rounded(offsetMs, boundMs)) })
    : m.fact_clock_behind({ span: span(rounded(offsetMs, boundMs)) });
}

/** A whole minute, where the difference may as well be that: no finer than it was measured. */
function rounded(offsetMs: number, boundMs: number): number {
  const minutes = Math.round(offsetMs / MINUTE) * MINUTE;
  return minutes !== 0 && Math.abs(offsetMs - minutes) <= boundMs ? minutes : offsetMs;
}
