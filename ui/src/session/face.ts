// What the ring shows, decided apart from how it is drawn.
import type { TokenView, View } from '../contract';

export type Face =
  /** A token that runs: what remains of it, clockwise from the top. */
  | { kind: 'running'; tone: 'good' | 'waiting'; token: TokenView }
  /** The token has ended and the session is kept; `nextMs` is the next try. */
  | { kind: 'broken'; nextMs: number | null; renewing: boolean }
  /** Past an assumed end: the token may well be good, so nothing is counted. */
  | { kind: 'unknown_end'; tone: 'good' | 'waiting' }
  /** Somebody must sign in. */
  | { kind: 'key'; signedOut: boolean }
  /** Something on this computer is in the way. */
  | { kind: 'lock'; how: 'locked' | 'closed' | 'held' }
  | { kind: 'quiet' };

export function face(view: View, now: number): Face {
  switch (view.sentence.kind) {
    case 'restoring':
      return { kind: 'quiet' };
    case 'locked':
      return { kind: 'lock', how: 'locked' };
    case 'keychain_slow':
    case 'keychain_cancelled':
      return { kind: 'lock', how: 'closed' };
    case 'keychain_gone':
    case 'key_gone':
    case 'unreadable':
      return { kind: 'lock', how: 'held' };
    case 'signed_out':
    case 'needs_sign_in':
    case 'answer_lost':
    case 'ran_out':
      return { kind: 'key', signedOut: view.sentence.kind === 'signed_out' };
    case 'resting':
    case 'resting_on_demand':
    case 'no_refresh_token':
    case 'refreshing':
    case 'waiting_valid':
    case 'waiting_expired':
    case 'portal':
    case 'throttled':
    case 'paused':
    case 'unclear':
    case 'stopped':
    case 'api_refuses':
    case 'id_token':
    case 'another_copy':
    case 'unsaved':
    case 'put_off':
      return ofToken(view, now);
  }
}

function ofToken(view: View, now: number): Face {
  const { token, status } = view;
  const held = status.kind === 'stopped' || status.kind === 'waiting';
  const alone = status.kind === 'waiting' && status.why.kind === 'another_copy';
  const warns = (held && !alone) || view.sentence.kind === 'unsaved';
  const tone = warns ? 'waiting' : 'good';
  if (token === null || token.worth === 'expired') {
    return {
      kind: 'broken',
      nextMs: status.kind === 'waiting' ? status.untilMs : null,
      renewing: status.kind === 'refreshing',
    };
  }
  if (token.assumed && now >= token.endsMs) return { kind: 'unknown_end', tone };
  return { kind: 'running', tone, token };
}

/** What remains of a token, from 1 (all of it) to 0. */
export function remaining(token: TokenView, now: number): number {
  if (token.lifetimeMs <= 0) return 0;
  return Math.min(1, Math.max(0, (token.endsMs - now) / token.lifetimeMs));
}

/** Whether the renewal goes the way it was planned: nothing has come between. */
export function renewsAsPlanned(status: View['status']): boolean {
  return status.kind === 'resting' || status.kind === 'refreshing';
}

/** Where on the ring it renews: what will remain then. `null` where that is not planned. */
export function renewalMark({ token, status }: View): number | null {
  if (token === null || !renewsAsPlanned(status)) return null;
  if (token.renewsMs === null || token.lifetimeMs <= 0) return null;
  const left = (token.endsMs - token.renewsMs) / token.lifetimeMs;
  return left > 0 && left < 1 ? left : null;
}
