// What is said of sessions that have ended here, of which their server has still to be told.
import type { UntoldView } from '../contract';
import { m } from '../paraglide/messages.js';
import { clockTime, countdown } from '../time/format';

/** The line; `signedOut`: nobody has signed in since. */
export function outboxLine(outbox: readonly UntoldView[], signedOut: boolean, now: number): string {
  const rest = outbox.length === 1 && outbox[0] ? one(outbox[0], now) : many(outbox.length);
  return signedOut ? m.outbox_here({ rest }) : rest;
}

/** Whose session it was, and where. */
export function untoldName({ user, server }: UntoldView): string {
  return m.outbox_whose({ user, server: server || m.outbox_server() });
}

/** What is behind it; `next`: with the next try, where the line does not tell it. */
export function untoldParts(
  { sinceMs, tries, nextMs }: UntoldView,
  next: boolean,
  madeMs: number,
  now: number,
): string[] {
  const parts = [
    m.outbox_since({ time: clockTime(sinceMs, madeMs) }),
    tries === 0 ? m.outbox_untried() : m.outbox_tries({ n: tries }),
  ];
  if (next && nextMs !== null) parts.push(m.outbox_next({ left: countdown(nextMs - now) }));
  return parts;
}

function one({ user, server, nextMs }: UntoldView, now: number): string {
  const whose = { user, server: server || m.outbox_server() };
  return nextMs === null
    ? m.outbox_one(whose)
    : m.outbox_one_next({ ...whose, left: countdown(nextMs - now) });
}

function many(n: number): string {
  return m.outbox_many({ n });
}
