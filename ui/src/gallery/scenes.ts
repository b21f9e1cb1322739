// What the fixtures have in common: where somebody stands, before the details.
import type {
  AppView,
  Class,
  Holdup,
  Sentence,
  StoreTrouble,
  UntoldView,
  View,
  WriteTrouble,
} from '../contract';
import {
  emptySession,
  exchange,
  HOUR,
  lifeline,
  MINUTE,
  NOW,
  renewed,
  restingApp,
  SECOND,
  serverAccount,
  token,
  withSession,
} from './parts';

export const inTwelve = NOW + 12 * SECOND;
export const inEight = NOW + 8 * MINUTE;

export const hour = token(HOUR, 12 * MINUTE);
const hourLine = lifeline(hour, ['launch', 'deadline', 'deadline', 'wake', 'deadline']);
export const ended = token(HOUR, 64 * MINUTE, { worth: 'expired' });
const endedLine = lifeline(ended, ['launch', 'deadline', 'deadline'], false);

export function failed(failure: Class, status: number | null, detail: string): View['why'] {
  return renewed('deadline', {
    atMs: NOW - 18 * SECOND,
    what: { kind: 'failed', class: failure },
    leftMs: 5 * MINUTE,
    exchange: exchange({
      atMs: NOW - 18 * SECOND,
      url: 'https://auth.example.com/v1/api/refresh_token',
      status,
      response: [],
      tookMs: status === null ? 10_000 : 81,
      detail,
    }),
  });
}

/** A server of one's own with one-hour tokens, twelve minutes into one. */
export function atServer(change: Partial<View>, app: Partial<AppView> = {}): AppView {
  return withSession(
    {
      token: hour,
      lifeline: hourLine,
      why: renewed('deadline', { atMs: NOW - 12 * MINUTE, leftMs: 5 * MINUTE }),
      confirmedMs: NOW - 12 * MINUTE,
      clock: { offsetMs: -252 * SECOND, boundMs: 500 },
      ...change,
    },
    { account: serverAccount, ...app },
  );
}

/** The same after the token has ended. */
export function afterEnd(change: Partial<View>): AppView {
  return atServer({
    token: ended,
    lifeline: {
      ...endedLine,
      marks: [
        ...endedLine.marks,
        { atMs: NOW - 16 * MINUTE, kind: { kind: 'failure' } },
        { atMs: NOW - 9 * MINUTE, kind: { kind: 'failure' } },
        { atMs: NOW - 4 * MINUTE, kind: { kind: 'failure' } },
      ],
    },
    confirmedMs: NOW - 64 * MINUTE,
    why: failed('not_sent', null, 'dns: no address found'),
    ...change,
  });
}

/** Nobody is signed in now, but it is known who was. */
export function ofKnown(change: Partial<View>, app: Partial<AppView> = {}): AppView {
  return {
    ...restingApp,
    ...app,
    session: { ...emptySession, who: { user: 'alice', name: 'Alice' }, ...change },
  };
}

/** Something on this computer is in the way; only whose session it is can be told. */
export function heldUp(
  kind: HeldUp,
  waitingFor: Holdup,
  app: Partial<AppView> = { account: serverAccount },
): AppView {
  return {
    ...restingApp,
    knownAs: 'Alice',
    protection: { kind: 'unknown' },
    ...app,
    session: { ...emptySession, sentence: { kind }, status: { kind: 'restoring', waitingFor } },
  };
}

type HeldUp = Extract<
  Sentence['kind'],
  'locked' | 'keychain_slow' | 'keychain_cancelled' | 'keychain_gone' | 'key_gone' | 'unreadable'
>;

/** The renewal is due, and what it is about to do cannot be written down. */
export function putOff(kind: WriteTrouble): AppView {
  const present = token(HOUR, 56 * MINUTE, { worth: 'due' });
  return atServer({
    sentence: { kind: 'put_off', endsMs: present.endsMs, nextMs: inTwelve },
    status: { kind: 'waiting', why: { kind: 'store' }, untilMs: inTwelve },
    token: present,
    lifeline: lifeline(present, ['launch', 'deadline', 'deadline'], false),
    putOff: trouble(kind),
  });
}

export function untold(change: Partial<UntoldView> = {}): UntoldView {
  return {
    id: '1',
    server: '127.0.0.1:43117',
    user: 'alice',
    sinceMs: NOW - 3 * MINUTE,
    tries: 3,
    nextMs: inTwelve,
    last: exchange({
      atMs: NOW - 48 * SECOND,
      url: 'http://127.0.0.1:43117/api/logout',
      status: null,
      response: [],
      detail: 'connect: refused',
    }),
    ...change,
  };
}

export const several = [
  untold(),
  untold({
    id: '2',
    server: 'auth.example.com',
    user: 'alice@example.com',
    sinceMs: NOW - 26 * HOUR,
    tries: 41,
    nextMs: NOW + 38 * MINUTE,
  }),
  untold({ id: '3', server: '', user: 'bob', tries: 0, nextMs: null, last: null }),
];

export function waiting(failure: Class, untilMs: number): View['status'] {
  return { kind: 'waiting', why: { kind: 'failure', class: failure }, untilMs };
}

export function trouble(kind: WriteTrouble): StoreTrouble {
  return { kind, detail: TROUBLES[kind] };
}

/** As an operating system says it. */
const TROUBLES: Record<WriteTrouble, string> = {
  disk_full: 'No space left on device (os error 28)',
  no_permission: 'Permission denied (os error 13)',
  slow: 'the disk did not answer within 2 s',
  other: 'Input/output error (os error 5)',
};
