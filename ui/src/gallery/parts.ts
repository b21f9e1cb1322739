// What the fixtures are made of: one session at one moment, in the shapes that the app sends.
import type {
  AccountLine,
  AccountSettings,
  AccountView,
  AppView,
  Bar,
  Exchange,
  Mark,
  Switches,
  TokenView,
  Trigger,
  View,
  Why,
} from '../contract';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The moment of every fixture: an afternoon at 14:32:17, by the clock of whoever looks. */
export const NOW = new Date(2026, 10, 23, 14, 32, 17).getTime();

export const tutorialSettings: AccountSettings = {
  preset: 'tutorial',
  baseUrl: 'http://127.0.0.1:43117',
  user: 'alice',
  login: { path: '/api/login', userField: '/username', passwordField: '/password' },
  refresh: { path: '/api/refresh_token', with: { kind: 'body', field: '/refreshToken' } },
  answer: {
    envelope: '/data',
    accessToken: '/token',
    refreshToken: '/refreshToken',
    lifetime: '/expiresIn',
    lifetimeForm: 'seconds',
    refreshLifetime: '',
    name: '',
  },
  refused: { statuses: [401], field: '/code', values: ['401'] },
  logout: { path: '/api/logout', method: 'POST', refreshField: '/refreshToken', bearer: false },
  api: { path: '/api/me', header: 'Authorization', scheme: 'Bearer' },
  headers: [],
  network: { ca: null, httpTo: '' },
  assumedLifetimeS: 3_600,
};

/** The demo server with every switch at its default. */
export const allWell: Switches = {
  accessLifetimeMs: 20 * SECOND,
  refreshLifetimeMs: 720 * HOUR,
  rotation: { kind: 'untilSuccessorUsed' },
  tellRefreshToken: 'always',
  tellRefreshLifetime: false,
  killOldAccessOnRefresh: false,
  lifetimeShape: 'seconds',
  envelope: false,
  cookieForm: false,
  latencyMs: 0,
  clockOffsetMs: 0,
  fault: { kind: 'none', on: ['refresh'] },
  openid: {
    alg: 'ES256',
    lie: 'none',
    refreshGivesIdToken: true,
    refreshTellsScope: true,
    needsOfflineAccess: false,
    floatNumbers: false,
    expiresAtToo: false,
    refreshInS: null,
    tokenType: 'bearer',
    documents: 'same',
    offersRevocation: true,
    offersDevice: true,
    offersEndSession: true,
    offersUserinfo: true,
    offersIssParameter: true,
    clientAuth: 'any',
    anyClient: true,
    redirectUris: [],
    signIn: 'page',
    deviceLifetimeMs: 10 * MINUTE,
    deviceIntervalS: 5,
    deviceTellsInterval: true,
    slowDown: 0,
    logoutComesBack: true,
  },
};

export const demoAccount: AccountView & { settings: AccountSettings } = {
  id: 'demo',
  demo: true,
  server: '127.0.0.1:43117',
  address: 'http://127.0.0.1:43117',
  user: 'alice',
  memoryOnly: false,
  plainHttp: false,
  changed: false,
  settings: tutorialSettings,
  oauth: null,
  browserLogout: false,
  api: true,
  confirmable: true,
};

export const serverAccount: AccountView & { settings: AccountSettings } = {
  ...demoAccount,
  id: 'own',
  demo: false,
  server: 'auth.example.com',
  address: 'https://auth.example.com/v1',
  user: 'alice@example.com',
  settings: {
    ...tutorialSettings,
    baseUrl: 'https://auth.example.com/v1',
    user: 'alice@example.com',
  },
};

export function exchange(change: Partial<Exchange> = {}): Exchange {
  return {
    atMs: NOW - 7 * SECOND,
    tookMs: 34,
    method: 'POST',
    url: 'http://127.0.0.1:43117/api/refresh_token',
    request: ['content-type: application/json', '{"refreshToken":"[7c41e9]"}'],
    status: 200,
    response: [
      'content-type: application/json',
      'date: Mon, 23 Nov 2026 06:32:10 GMT',
      '{"token":"[a3f09b]","refreshToken":"[d2518c]","expiresIn":20}',
    ],
    code: null,
    detail: 'A new access token and a new refresh token, good for 20 s.',
    ...change,
  };
}

export function token(
  lifetimeMs: number,
  ageMs: number,
  change: Partial<TokenView> = {},
): TokenView {
  const askedMs = NOW - ageMs;
  const lead = Math.min(5 * MINUTE, lifetimeMs / 5);
  return {
    fingerprint: 'a3f09b',
    worth: 'fresh',
    askedMs,
    endsMs: askedMs + lifetimeMs,
    renewsMs: askedMs + lifetimeMs - lead,
    lifetimeMs,
    assumed: false,
    serverSaid: null,
    ...change,
  };
}

export function renewed(reason: Trigger, change: Partial<Why> = {}): Why {
  return {
    atMs: NOW - 7 * SECOND,
    what: { kind: 'renewed' },
    reason,
    leftMs: 4 * SECOND,
    exchange: exchange(),
    ...change,
  };
}

/** A lifeline whose tokens followed each other without a gap, up to `present`. */
export function lifeline(present: TokenView, past: Trigger[], planned = true): View['lifeline'] {
  const step = present.lifetimeMs * 0.8;
  const tokens: Bar[] = [];
  const marks: Mark[] = [];
  past.forEach((trigger, index) => {
    const fromMs = present.askedMs - step * (past.length - 1 - index);
    tokens.push({
      fingerprint: index === past.length - 1 ? present.fingerprint : `0000${10 + index}`,
      fromMs,
      toMs: fromMs + present.lifetimeMs,
      renewsMs: present.renewsMs === null ? null : fromMs + step,
    });
    marks.push({
      atMs: fromMs,
      kind: index === 0 ? { kind: 'sign_in' } : { kind: 'refresh', trigger },
    });
  });
  const next = present.renewsMs;
  return {
    tokens,
    planned:
      planned && next !== null
        ? { fingerprint: '', fromMs: next, toMs: next + present.lifetimeMs, renewsMs: null }
        : null,
    marks,
  };
}

const shortToken = token(20 * SECOND, 7 * SECOND);

/** Signed in to the demo, 13 s before the token's end. */
export const restingSession: View = {
  nowMs: NOW,
  status: { kind: 'resting' },
  sentence: { kind: 'resting', renewsMs: NOW + 9 * SECOND },
  who: { user: 'alice', name: 'Alice' },
  token: shortToken,
  renewal: { kind: 'refresh_token', fingerprint: 'd2518c', endsMs: null, rotates: true },
  why: renewed('focus'),
  next: { atMs: NOW + 9 * SECOND, why: 'renewal' },
  clock: { offsetMs: 0, boundMs: 100 },
  clockJumpedMs: null,
  confirmedMs: NOW - 7 * SECOND,
  refreshes: 4,
  unsaved: null,
  putOff: null,
  signInOffered: false,
  keptOverMs: null,
  lifeline: lifeline(shortToken, ['launch', 'focus', 'deadline', 'asked', 'focus']),
};

export const emptySession: View = {
  nowMs: NOW,
  status: { kind: 'signed_out' },
  sentence: { kind: 'signed_out' },
  who: null,
  token: null,
  renewal: null,
  why: null,
  next: null,
  clock: null,
  clockJumpedMs: null,
  confirmedMs: null,
  refreshes: 0,
  unsaved: null,
  putOff: null,
  signInOffered: false,
  keptOverMs: null,
  lifeline: { tokens: [], planned: null, marks: [] },
};

export const restingApp: AppView = {
  session: restingSession,
  account: demoAccount,
  accounts: [],
  signIn: null,
  protection: { kind: 'keychain' },
  demo: {
    baseUrl: 'http://127.0.0.1:43117',
    lifetimeMs: 20 * SECOND,
    elsewhere: false,
    switches: allWell,
    problem: null,
  },
  knownAs: null,
  outbox: [],
  notices: [],
  preferences: { language: 'system', theme: 'system', leadS: null },
  timeMoved: null,
  lab: { offline: false, stopping: false, away: false },
};

/** The account in front as one of the list of all. */
export function lineOf({ account, session, knownAs }: AppView): AccountLine[] {
  if (account === null) return [];
  const { id, demo, server, user } = account;
  const { status, sentence, who } = session;
  const name = (who ? who.name || who.user : knownAs) ?? user;
  return [{ id, front: true, demo, name, server, status, sentence }];
}

/** With the account in front listed, and the others after it. */
export function listed(view: AppView): AppView {
  return { ...view, accounts: [...lineOf(view), ...view.accounts] };
}

export function withSession(change: Partial<View>, app: Partial<AppView> = {}): AppView {
  const session = { ...restingSession, ...change };
  const { status } = session;
  const next =
    status.kind === 'waiting' ? { atMs: status.untilMs, why: 'tries again' } : session.next;
  return { ...restingApp, ...app, session: { ...session, next } };
}
