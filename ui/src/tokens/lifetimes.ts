// When what ends: the access token, the refresh token, the server's own session.
import type { AppView, TokenDetails } from '../contract';
import { m } from '../paraglide/messages.js';
import { clockTime, span } from '../time/format';

export type Lifetime = { key: string; label: string; value: string };

export function lifetimes(
  { session }: AppView,
  { sessionEndsMs }: TokenDetails,
  nowMs: number,
): Lifetime[] {
  return [
    { key: 'access', label: m.fact_access_token(), value: access(session.token, nowMs) },
    { key: 'refresh', label: m.fact_refresh_token(), value: refresh(session.renewal, nowMs) },
    { key: 'session', label: m.token_session(), value: end(sessionEndsMs, nowMs) },
  ];
}

function access(token: AppView['session']['token'], nowMs: number): string {
  if (token === null) return m.token_none();
  return token.assumed
    ? m.token_assumed({ time: clockTime(token.endsMs, nowMs) })
    : end(token.endsMs, nowMs);
}

function refresh(by: AppView['session']['renewal'], nowMs: number): string {
  if (by === null || by.kind === 'no') return m.token_none();
  return by.kind === 'itself' ? m.token_self() : end(by.endsMs, nowMs);
}

function end(atMs: number | null, nowMs: number): string {
  if (atMs === null) return m.token_not_said();
  const time = clockTime(atMs, nowMs);
  return atMs > nowMs ? m.token_ends({ time, span: span(atMs - nowMs) }) : m.token_ended({ time });
}
