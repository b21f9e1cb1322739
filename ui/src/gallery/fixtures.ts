// One AppView for every sentence, and for what else changes the picture. Tests and the gallery read
// the same ones.
import type { AppView } from '../contract';
import {
  demoAccount,
  emptySession,
  HOUR,
  lifeline,
  listed,
  MINUTE,
  NOW,
  renewed,
  restingApp,
  SECOND,
  serverAccount,
  token,
  withSession,
} from './parts';
import {
  inTwelve,
  inEight,
  hour,
  ended,
  failed,
  atServer,
  afterEnd,
  ofKnown,
  heldUp,
  putOff,
  untold,
  several,
  waiting,
  trouble,
} from './scenes';

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
  paused: atServer({
    sentence: { kind: 'paused', untilMs: NOW + 5 * MINUTE },
    status: { kind: 'waiting', why: { kind: 'storm' }, untilMs: NOW + 5 * MINUTE },
  }),
  unclear: atServer({
    sentence: { kind: 'unclear', nextMs: NOW + 42 * MINUTE },
    status: waiting('unclear_refusal', NOW + 42 * MINUTE),
    signInOffered: true,
    why: failed('unclear_refusal', 400, 'an empty body'),
  }),
  unclear_too_late: atServer({
    sentence: { kind: 'unclear', nextMs: NOW + 42 * MINUTE },
    status: waiting('unclear_refusal', NOW + 42 * MINUTE),
    token: token(HOUR, 56 * MINUTE, { worth: 'due' }),
    lifeline: lifeline(token(HOUR, 56 * MINUTE), ['launch', 'deadline', 'deadline'], false),
    signInOffered: true,
    why: failed('unclear_refusal', 400, 'an empty body'),
  }),
  stopped: atServer({
    sentence: { kind: 'stopped' },
    status: { kind: 'stopped', whatToFix: 'settings' },
    next: { atMs: NOW + 5 * MINUTE, why: 'next try' },
    why: failed('set_up', 401, 'invalid_client'),
  }),
  api_refuses: atServer({
    sentence: { kind: 'api_refuses' },
    status: { kind: 'stopped', whatToFix: 'api_refuses' },
    next: null,
    token: { ...hour, worth: 'refused_by_api' },
  }),
  another_copy: withSession({
    sentence: { kind: 'another_copy' },
    status: { kind: 'waiting', why: { kind: 'another_copy' }, untilMs: NOW + SECOND },
    token: token(20 * SECOND, 17 * SECOND, { worth: 'due' }),
  }),
  unsaved: withSession({ sentence: { kind: 'unsaved' }, unsaved: trouble('disk_full') }),
  unsaved_no_permission: withSession({
    sentence: { kind: 'unsaved' },
    unsaved: trouble('no_permission'),
  }),
  unsaved_slow: withSession({ sentence: { kind: 'unsaved' }, unsaved: trouble('slow') }),
  unsaved_other: withSession({ sentence: { kind: 'unsaved' }, unsaved: trouble('other') }),
  unsaved_ended: afterEnd({
    sentence: { kind: 'unsaved' },
    status: waiting('not_sent', inTwelve),
    unsaved: trouble('disk_full'),
  }),
  put_off: putOff('disk_full'),
  put_off_no_permission: putOff('no_permission'),
  put_off_slow: putOff('slow'),
  put_off_other: putOff('other'),
  put_off_ended: afterEnd({
    sentence: { kind: 'put_off', endsMs: null, nextMs: inTwelve },
    status: { kind: 'waiting', why: { kind: 'store' }, untilMs: inTwelve },
    putOff: trouble('disk_full'),
  }),
  clock_jumped: withSession({ clockJumpedMs: 8 * HOUR }),
  clock_jumped_back: withSession({
    clockJumpedMs: -(4 * MINUTE + 12 * SECOND),
    clock: { offsetMs: 252 * SECOND, boundMs: 300 },
  }),
  clock_jumped_signed_out: ofKnown({ clockJumpedMs: 8 * HOUR }),
  clock_remembered: withSession({ clock: { offsetMs: -252 * SECOND, boundMs: null } }),
  clock_remembered_behind: withSession({ clock: { offsetMs: 3 * HOUR, boundMs: null } }),
  clock_remembered_small: withSession({ clock: { offsetMs: 400, boundMs: null } }),
  /** The session is over, and its last token is good for a while yet. */
  needs_sign_in: atServer(
    {
      sentence: { kind: 'needs_sign_in' },
      status: { kind: 'needs_sign_in', why: 'refused' },
      next: null,
      lifeline: lifeline(hour, ['launch', 'deadline', 'deadline'], false),
      why: failed('refused', 401, 'invalid_grant'),
    },
    { account: demoAccount },
  ),
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
  locked: heldUp('locked', 'keychain_locked', {}),
  locked_unnamed: heldUp('locked', 'keychain_locked', { knownAs: null, account: null }),
  keychain_slow: heldUp('keychain_slow', 'keychain_slow'),
  keychain_cancelled: heldUp('keychain_cancelled', 'keychain_cancelled'),
  keychain_gone: heldUp('keychain_gone', 'keychain_gone'),
  key_gone: heldUp('key_gone', 'key_gone'),
  key_gone_demo: heldUp('key_gone', 'key_gone', {}),
  unreadable: heldUp('unreadable', 'store_unreadable'),
  outbox: ofKnown({}, { outbox: [untold()] }),
  outbox_no_time: ofKnown({}, { outbox: [untold({ nextMs: null })] }),
  outbox_several: ofKnown({}, { account: serverAccount, outbox: several }),
  outbox_signed_in: atServer(
    { sentence: { kind: 'resting', renewsMs: NOW + 43 * MINUTE } },
    { outbox: [untold()] },
  ),
  outbox_welcome: {
    ...restingApp,
    session: emptySession,
    account: null,
    outbox: [untold()],
  },
  notices: {
    ...restingApp,
    protection: { kind: 'key_file', why: 'no Secret Service on the session bus' },
    notices: [
      {
        id: 1,
        code: 'sign_out_not_accepted',
        detail: 'alice · 127.0.0.1:43117 · 400: the refresh token is not known',
      },
      {
        id: 2,
        code: 'store_damaged',
        detail: 'slot A: the file is cut short; it is kept as main-a.json.damaged-1',
      },
    ],
  },
  notices_of_sign_outs: {
    ...restingApp,
    notices: [
      { id: 1, code: 'sign_out_not_written', detail: 'No space left on device (os error 28)' },
      { id: 2, code: 'sign_out_not_offered', detail: 'alice · auth.example.com' },
      { id: 3, code: 'sign_out_overtaken', detail: 'alice · 127.0.0.1:43117' },
      { id: 4, code: 'sign_out_given_up', detail: 'alice · 127.0.0.1:43117 · connect: refused' },
    ],
  },
  time_moved: { ...restingApp, timeMoved: { sleptMs: 8 * HOUR, clockMs: HOUR } },
  time_moved_back: { ...putOff('slow'), timeMoved: { sleptMs: 0, clockMs: -HOUR } },
  memory_only: { ...restingApp, account: { ...serverAccount, memoryOnly: true } },
} satisfies Record<string, AppView>;

export type FixtureName = keyof typeof each;

export const fixtures = Object.fromEntries(
  Object.entries(each).map(([name, view]) => [name, listed(view)]),
) as Record<FixtureName, AppView>;

export function isFixtureName(name: string): name is FixtureName {
  return name in fixtures;
}
