// One AppView for every sentence, and for what else changes the picture. Tests and the gallery read
// the same ones.
import type { AppView, Class, StoreTrouble, View, WriteTrouble } from '../contract';
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

const hour = token(HOUR, 12 * MINUTE);
const hourLine = lifeline(hour, ['launch', 'deadline', 'deadline', 'wake', 'deadline']);
const ended = token(HOUR, 64 * MINUTE, { worth: 'expired' });
const endedLine = lifeline(ended, ['launch', 'deadline', 'deadline'], false);

function failed(failure: Class, status: number | null, detail: string): View['why'] {
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
function atServer(change: Partial<View>, app: Partial<AppView> = {}): AppView {
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
function afterEnd(change: Partial<View>): AppView {
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
function ofKnown(change: Partial<View>, app: Partial<AppView> = {}): AppView {
  return {
    ...restingApp,
    ...app,
    session: { ...emptySession, who: { user: 'alice', name: 'Alice' }, ...change },
  };
}

function waiting(failure: Class, untilMs: number): View['status'] {
  return { kind: 'waiting', why: { kind: 'failure', class: failure }, untilMs };
}

function trouble(kind: WriteTrouble): StoreTrouble {
  return { kind, detail: TROUBLES[kind] };
}

/** As an operating system says it. */
const TROUBLES: Record<WriteTrouble, string> = {
  disk_full: 'No space left on device (os error 28)',
  no_permission: 'Permission denied (os error 13)',
  slow: 'the disk did not answer within 2 s',
  other: 'Input/output error (os error 5)',
};

const inTwelve = NOW + 12 * SECOND;
const inEight = NOW + 8 * MINUTE;

const each = {
  welcome: { ...restingApp, session: emptySession, account: null },
  demo_problem: {
    ...restingApp,
    session: emptySession,
    account: null,
    demo: {
      ...restingApp.demo,
      baseUrl: null,
      problem: { code: 'port_taken', message: 'port 43117 is in use', field: null, exchange: null },
    },
  },
  restoring: {
    ...restingApp,
    session: {
      ...emptySession,
      status: { kind: 'restoring', waitingFor: 'store' },
      sentence: { kind: 'restoring' },
    },
    account: null,
    protection: { kind: 'unknown' },
  },
  resting: restingApp,
  resting_hour: atServer({ sentence: { kind: 'resting', renewsMs: NOW + 43 * MINUTE } }),
  resting_day: atServer({
    sentence: { kind: 'resting', renewsMs: NOW + 62 * HOUR },
    token: token(72 * HOUR, 9 * HOUR),
    lifeline: lifeline(token(72 * HOUR, 9 * HOUR), ['launch']),
  }),
  resting_on_demand: withSession({
    sentence: { kind: 'resting_on_demand' },
    token: token(4 * SECOND, SECOND, { renewsMs: null }),
    next: null,
  }),
  just_signed_in: withSession({
    sentence: { kind: 'resting', renewsMs: NOW + 14 * SECOND },
    token: token(20 * SECOND, 2 * SECOND),
    why: { ...renewed('asked'), what: { kind: 'signed_in' }, reason: null, leftMs: null },
    renewal: {
      kind: 'refresh_token',
      fingerprint: 'd2518c',
      endsMs: NOW + 720 * HOUR,
      rotates: null,
    },
    refreshes: 0,
    lifeline: lifeline(token(20 * SECOND, 2 * SECOND), ['asked']),
    clock: { offsetMs: 0, boundMs: 500 },
  }),
  kept_over: withSession({
    keptOverMs: 62 * HOUR,
    why: renewed('wake', { leftMs: -62 * HOUR + 11 * SECOND }),
  }),
  assumed: atServer({
    sentence: { kind: 'resting', renewsMs: NOW + 43 * MINUTE },
    token: { ...hour, assumed: true, serverSaid: 'soon' },
    clock: null,
  }),
  assumed_past: atServer({
    sentence: { kind: 'waiting_valid', endsMs: null, nextMs: inTwelve },
    status: waiting('not_sent', inTwelve),
    token: { ...ended, worth: 'due', assumed: true },
    why: failed('not_sent', null, 'connect: refused'),
  }),
  no_refresh_token: atServer({
    sentence: { kind: 'no_refresh_token', endsMs: hour.endsMs },
    token: { ...hour, renewsMs: null },
    renewal: { kind: 'no' },
    lifeline: lifeline({ ...hour, renewsMs: null }, ['launch'], false),
    why: { ...renewed('asked'), what: { kind: 'signed_in' }, reason: null, leftMs: null },
    refreshes: 0,
  }),
  refreshing: withSession({
    sentence: { kind: 'refreshing' },
    status: { kind: 'refreshing', reason: 'deadline' },
    token: token(20 * SECOND, 16 * SECOND, { worth: 'due' }),
  }),
  waiting_valid: atServer({
    sentence: { kind: 'waiting_valid', endsMs: NOW + 4 * MINUTE, nextMs: inTwelve },
    status: waiting('not_sent', inTwelve),
    token: token(HOUR, 56 * MINUTE, { worth: 'due' }),
    lifeline: {
      ...lifeline(token(HOUR, 56 * MINUTE), ['launch', 'deadline', 'deadline'], false),
    },
    why: failed('not_sent', null, 'connect: refused'),
  }),
  waiting_expired: afterEnd({
    sentence: { kind: 'waiting_expired', nextMs: inTwelve },
    status: waiting('not_sent', inTwelve),
  }),
  portal: atServer({
    sentence: { kind: 'portal', nextMs: inTwelve },
    status: waiting('not_the_auth_server', inTwelve),
    why: failed('not_the_auth_server', 200, 'HTML instead of JSON'),
  }),
  throttled: atServer({
    sentence: { kind: 'throttled', endsMs: hour.endsMs, nextMs: inEight },
    status: waiting('throttled', inEight),
    why: failed('throttled', 429, 'retry-after: 480'),
  }),
  throttled_kept: afterEnd({
    sentence: { kind: 'throttled', endsMs: null, nextMs: inEight },
    status: waiting('throttled', inEight),
    why: failed('throttled', 503, 'retry-after: 480'),
  }),
  paused: withSession({
    sentence: { kind: 'paused', untilMs: NOW + 5 * MINUTE },
    status: { kind: 'waiting', why: { kind: 'storm' }, untilMs: NOW + 5 * MINUTE },
  }),
  unclear: atServer({
    sentence: { kind: 'unclear', nextMs: NOW + 42 * MINUTE },
    status: waiting('unclear_refusal', NOW + 42 * MINUTE),
    signInOffered: true,
    why: failed('unclear_refusal', 400, 'an empty body'),
  }),
  stopped: atServer({
    sentence: { kind: 'stopped' },
    status: { kind: 'stopped', whatToFix: 'settings' },
    why: failed('set_up', 401, 'invalid_client'),
  }),
  api_refuses: atServer({
    sentence: { kind: 'api_refuses' },
    status: { kind: 'stopped', whatToFix: 'api_refuses' },
    token: { ...hour, worth: 'refused_by_api' },
  }),
  another_copy: withSession({
    sentence: { kind: 'another_copy' },
    status: { kind: 'waiting', why: { kind: 'another_copy' }, untilMs: NOW + SECOND },
    token: token(20 * SECOND, 17 * SECOND, { worth: 'due' }),
  }),
  unsaved: withSession({ sentence: { kind: 'unsaved' }, unsaved: trouble('disk_full') }),
  clock_jumped: withSession({ clockJumpedMs: 8 * HOUR }),
  needs_sign_in: ofKnown({
    sentence: { kind: 'needs_sign_in' },
    status: { kind: 'needs_sign_in', why: 'refused' },
    why: failed('refused', 401, 'invalid_grant'),
  }),
  needs_sign_in_server: ofKnown(
    {
      sentence: { kind: 'needs_sign_in' },
      status: { kind: 'needs_sign_in', why: 'refused' },
      why: failed('refused', 401, 'invalid_grant'),
    },
    { account: serverAccount },
  ),
  answer_lost: ofKnown(
    {
      sentence: { kind: 'answer_lost' },
      status: { kind: 'needs_sign_in', why: 'answer_lost' },
      why: failed('refused', 401, 'refused after an answer that never arrived'),
    },
    { account: serverAccount },
  ),
  ran_out: ofKnown({
    sentence: { kind: 'ran_out' },
    status: { kind: 'needs_sign_in', why: 'cannot_renew' },
  }),
  signed_out: ofKnown({}),
  signed_out_server: ofKnown({}, { account: serverAccount }),
  locked: ofKnown({
    sentence: { kind: 'locked' },
    status: { kind: 'restoring', waitingFor: 'keychain_locked' },
  }),
  keychain_gone: ofKnown({
    sentence: { kind: 'keychain_gone' },
    status: { kind: 'restoring', waitingFor: 'keychain_gone' },
  }),
  unreadable: ofKnown({
    sentence: { kind: 'unreadable' },
    status: { kind: 'restoring', waitingFor: 'store_unreadable' },
  }),
  notices: {
    ...restingApp,
    protection: { kind: 'key_file', why: 'no Secret Service on the session bus' },
    notices: [
      { id: 1, code: 'sign_out_not_accepted', detail: 'alice · 127.0.0.1:43117 · 400' },
      { id: 2, code: 'store_damaged', detail: 'account.json.damaged-1' },
    ],
  },
  memory_only: { ...restingApp, account: { ...serverAccount, memoryOnly: true } },
} satisfies Record<string, AppView>;

export type FixtureName = keyof typeof each;

export const fixtures: Record<FixtureName, AppView> = each;

export function isFixtureName(name: string): name is FixtureName {
  return name in fixtures;
}
