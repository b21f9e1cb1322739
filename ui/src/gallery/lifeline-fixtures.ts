// Lives to look at in the large lifeline: gallery.html?lifeline=month_of_minutes
import type { AppView, Bar, LifeHistory, Mark, Trigger } from '../contract';
import { fixtures } from './fixtures';
import {
  emptySession,
  HOUR,
  lifeline,
  MINUTE,
  NOW,
  restingApp,
  SECOND,
  token,
  withSession,
} from './parts';
import { atServer, inEight, waiting } from './scenes';

export type LifeFixture = { app: AppView; history: LifeHistory };

const DAY = 24 * HOUR;
const NOTHING: LifeHistory = { tokens: [], marks: [] };

/** Tokens of one lifetime that followed each other, up to now; `asleep` says when none was asked for. */
export function life(
  lifetimeMs: number,
  count: number,
  triggerOf: (index: number) => Trigger = () => 'deadline',
  asleep: (ms: number) => boolean = () => false,
): LifeHistory {
  const step = lifetimeMs * 0.8;
  const last = NOW - lifetimeMs * 0.35;
  const tokens: Bar[] = [];
  const marks: Mark[] = [];
  for (let index = 0; index < count; index += 1) {
    const fromMs = last - step * (count - 1 - index);
    if (asleep(fromMs)) continue;
    tokens.push({
      fingerprint: index === count - 1 ? 'a3f09b' : (index + 0x100000).toString(16),
      fromMs,
      toMs: fromMs + lifetimeMs,
      renewsMs: fromMs + step,
    });
    marks.push({
      atMs: fromMs,
      kind: index === 0 ? { kind: 'sign_in' } : { kind: 'refresh', trigger: triggerOf(index) },
    });
  }
  return { tokens, marks };
}

/** The app at the end of a history. */
function at(history: LifeHistory, lifetimeMs: number): AppView {
  const present = token(lifetimeMs, lifetimeMs * 0.35);
  const tail = history.tokens.slice(-24);
  const planned = lifeline(present, ['deadline']).planned;
  return withSession({
    token: present,
    refreshes: history.tokens.length,
    lifeline: { tokens: tail, planned, marks: history.marks.slice(-60) },
  });
}

const now_and_then: Trigger[] = ['deadline', 'focus', 'deadline', 'deadline', 'asked'];
const hourOfShort = life(
  20 * SECOND,
  225,
  (index) => now_and_then[(index * 7) % now_and_then.length] ?? 'deadline',
);

const night = (ms: number): boolean => ms > NOW - 16 * HOUR && ms < NOW - 8 * HOUR;
const day = life(10 * MINUTE, 180, () => 'deadline', night);
day.marks.push(
  ...[0, 1, 2, 4, 7].map((n): Mark => ({
    atMs: NOW - 5 * HOUR + n * 40 * SECOND,
    kind: { kind: 'failure' },
  })),
  { atMs: NOW - 8 * HOUR, kind: { kind: 'trigger', trigger: 'wake' } },
  { atMs: NOW - 8 * HOUR + 900, kind: { kind: 'trigger', trigger: 'network_back' } },
  { atMs: NOW - 3 * HOUR, kind: { kind: 'trigger', trigger: 'focus' } },
  { atMs: NOW - 22 * HOUR, kind: { kind: 'sign_out' } },
);
day.marks.sort((a, b) => a.atMs - b.atMs);

/** As many bars as are remembered: tokens of a minute, one after the other, for a month. */
export const monthOfMinutes = ((): LifeHistory => {
  const month = life(75 * SECOND, 43_200, (index) => (index % 900 === 0 ? 'focus' : 'deadline'));
  return month;
})();

const hours = life(HOUR, 9);

const lives = {
  hour_of_short: { app: at(hourOfShort, 20 * SECOND), history: hourOfShort },
  day_with_a_night: { app: at(day, 10 * MINUTE), history: day },
  month_of_minutes: { app: at(monthOfMinutes, 75 * SECOND), history: monthOfMinutes },
  nothing_yet: { app: { ...restingApp, session: emptySession, account: null }, history: NOTHING },
  cannot_renew: { app: fixtures.no_refresh_token, history: NOTHING },
  unknown_lifetime: {
    app: withSession({
      token: token(HOUR, 12 * MINUTE, { assumed: true, serverSaid: null }),
      lifeline: lifeline(token(HOUR, 12 * MINUTE, { assumed: true }), ['launch', 'deadline']),
    }),
    history: NOTHING,
  },
  next_try_far_off: {
    app: atServer({
      status: waiting('throttled', NOW + 20 * HOUR),
      sentence: { kind: 'throttled', endsMs: NOW + 30 * MINUTE, nextMs: inEight },
    }),
    history: { tokens: hours.tokens.slice(0, 4), marks: hours.marks.slice(0, 4) },
  },
  needs_sign_in: { app: fixtures.needs_sign_in, history: NOTHING },
} satisfies Record<string, LifeFixture>;

export const lifeFixtures: Record<keyof typeof lives, LifeFixture> = lives;

export function isLifeName(name: string): name is keyof typeof lives {
  return name in lives;
}

/** So long a day is, for tests. */
export { DAY };
