// Accounts at OAuth servers, several at once, and signing in there.
import type {
  AccountLine,
  AccountView,
  AppError,
  AppView,
  Discovered,
  OAuthSettings,
  Promise as Told,
  ServerReport,
  SignInPhase,
} from '../contract';
import { bareSettings } from '../servers/oauth-draft';
import { emptySession, exchange, listed, MINUTE, NOW, SECOND, serverAccount } from './parts';
import { atServer, failed, hour, ofKnown } from './scenes';

const ISSUER = 'https://id.example.com';

export const oauthSettings: OAuthSettings = {
  ...bareSettings(ISSUER, { ca: null, httpTo: '' }),
  clientId: 'session-keeper',
};

export const discovered: Discovered = {
  issuer: ISSUER,
  openid: true,
  endpoints: {
    authorization: `${ISSUER}/authorize`,
    token: `${ISSUER}/token`,
    deviceAuthorization: `${ISSUER}/device`,
    revocation: `${ISSUER}/revoke`,
    userinfo: `${ISSUER}/me`,
    jwks: `${ISSUER}/keys`,
    endSession: `${ISSUER}/logout`,
  },
  scopes: ['openid', 'offline_access'],
  grantTypes: ['authorization_code', 'refresh_token'],
  clientAuthMethods: ['none'],
  challengeMethods: ['S256'],
  idTokenAlgs: ['RS256'],
  prompts: [],
  issInResponse: true,
};

export const oauthAccount: AccountView & { oauth: OAuthSettings } = {
  ...serverAccount,
  id: 'oauth',
  server: 'id.example.com',
  address: ISSUER,
  user: 'alice',
  settings: null,
  oauth: oauthSettings,
  browserLogout: true,
};

const asked = exchange({
  method: 'GET',
  url: `${ISSUER}/.well-known/openid-configuration`,
  request: [],
  response: ['content-type: application/json', '{"issuer":"https://id.example.com"}'],
  detail: '',
});

function told(topic: Told['topic'], verdict: Told['verdict'], detail: string): Told {
  return { topic, verdict, detail, field: null, exchange: verdict === 'not_tried' ? null : 0 };
}

export const openidReport: ServerReport = {
  address: ISSUER,
  kind: 'openid',
  promises: [
    told('reach', 'good', 'id.example.com answered in 81 ms, through no proxy'),
    told('tls', 'good', 'TLS 1.3'),
    told('issuer', 'good', ISSUER),
    told('browser', 'good', `${ISSUER}/authorize`),
    told('pkce', 'note', 'code_challenge_methods_supported is not there'),
    told('iss_in_response', 'good', ''),
    told('device', 'good', `${ISSUER}/device`),
    told('refresh', 'good', 'refresh_token, offline_access'),
    told('id_token', 'good', 'RS256'),
    told('userinfo', 'good', `${ISSUER}/me`),
    told('revocation', 'bad', 'there is no revocation_endpoint'),
    told('logout', 'not_tried', ''),
    told('clock', 'good', '0.2 s behind'),
  ],
  exchanges: [asked],
  settings: oauthSettings,
  discovered,
};

export const silentReport: ServerReport = {
  address: 'https://api.example.com',
  kind: 'says_nothing',
  promises: [told('reach', 'good', 'api.example.com answered in 40 ms')],
  exchanges: [asked],
  settings: null,
  discovered: null,
};

export const strangeCaReport: ServerReport = {
  address: ISSUER,
  kind: 'unreachable',
  promises: [
    {
      topic: 'tls',
      verdict: 'bad',
      detail: 'invalid peer certificate: UnknownIssuer',
      field: 'network.ca',
      exchange: 0,
    },
  ],
  exchanges: [asked],
  settings: null,
  discovered: null,
};

/** So many modules wide as a QR code of version 3, with its three corners: a picture to look at. */
const CORNERS = [
  [0, 0],
  [22, 0],
  [0, 22],
].map(([x, y]) => `M${x} ${y}h7v7h-7zm1 1v5h5v-5zm1 1h3v3h-3z`);
const qr = { size: 29, path: `${CORNERS.join('')}M9 9h2v3h4v2h3v6h-5v3h-4z` };

const LINK = `${ISSUER}/authorize?response_type=code&client_id=session-keeper&redirect_uri=http%3A%2F%2F127.0.0.1%3A41234%2F&scope=openid%20offline_access&state=9b1f&code_challenge_method=S256`;

function error(code: AppError['code'], message: string): AppError {
  return { code, message, field: null, exchange: asked };
}

function signingIn(phase: SignInPhase): AppView {
  return ofKnown(
    {},
    { account: oauthAccount, signIn: { account: 'oauth', server: 'id.example.com', phase } },
  );
}

const second: AccountLine = {
  id: 'second',
  front: false,
  demo: false,
  name: 'Bob',
  server: 'auth.example.com',
  status: { kind: 'waiting', why: { kind: 'another_copy' }, untilMs: NOW + SECOND },
  sentence: { kind: 'waiting_valid', endsMs: NOW + 4 * MINUTE, nextMs: NOW + 12 * SECOND },
};
const third: AccountLine = {
  ...second,
  id: 'third',
  name: '',
  server: 'login.example.org',
  status: { kind: 'signed_out' },
  sentence: { kind: 'signed_out' },
};

const resting = { sentence: { kind: 'resting', renewsMs: NOW + 43 * MINUTE } } as const;
const untilMs = NOW + 4 * MINUTE + 12 * SECOND;

const each = {
  oauth_resting: atServer(resting, { account: oauthAccount }),
  oauth_signed_out: ofKnown({}, { account: oauthAccount }),
  oauth_new: {
    ...ofKnown({}, { account: { ...oauthAccount, user: '' } }),
    session: emptySession,
  },
  oauth_confidential: ofKnown(
    {},
    { account: { ...oauthAccount, oauth: { ...oauthSettings, confidential: true } } },
  ),
  oauth_device: ofKnown(
    {},
    { account: { ...oauthAccount, oauth: { ...oauthSettings, flow: 'device' } } },
  ),
  oauth_needs_sign_in: ofKnown(
    {
      sentence: { kind: 'needs_sign_in' },
      status: { kind: 'needs_sign_in', why: 'refused' },
      why: failed('refused', 400, 'invalid_grant'),
    },
    { account: oauthAccount },
  ),
  id_token: atServer(
    {
      sentence: { kind: 'id_token', endsMs: hour.endsMs },
      status: { kind: 'stopped', whatToFix: 'id_token' },
      next: null,
      why: failed('unclear_refusal', 200, 'the ID token is for another audience'),
    },
    { account: oauthAccount },
  ),
  changed: atServer(resting, { account: { ...oauthAccount, changed: true } }),
  plain_http: atServer(resting, {
    account: {
      ...oauthAccount,
      plainHttp: true,
      oauth: { ...oauthSettings, network: { ca: null, httpTo: 'intranet.example' } },
    },
  }),
  two_accounts: atServer(resting, { account: oauthAccount, accounts: [second, third] }),
  signing_elsewhere: atServer(resting, {
    account: oauthAccount,
    accounts: [second, third],
    signIn: { account: 'third', server: 'login.example.org', phase: { kind: 'finishing' } },
  }),
  signing_asking: signingIn({ kind: 'asking' }),
  signing_browser: signingIn({ kind: 'browser', link: LINK, notOpened: null, untilMs }),
  signing_not_opened: signingIn({
    kind: 'browser',
    link: LINK,
    notOpened: 'xdg-open: no such file',
    untilMs,
  }),
  signing_device: signingIn({
    kind: 'device',
    userCode: 'WDJB-MJHT',
    link: `${ISSUER}/device`,
    completeLink: `${ISSUER}/device?user_code=WDJB-MJHT`,
    qr,
    untilMs,
  }),
  signing_finishing: signingIn({ kind: 'finishing' }),
  signing_other_person: signingIn({ kind: 'other_person', came: 'Bob', was: 'Alice' }),
  signing_failed: signingIn({ kind: 'failed', error: error('denied', 'access_denied') }),
  signing_timed_out: signingIn({ kind: 'failed', error: error('timed_out', 'after 5 min') }),
  signing_beside: atServer(resting, {
    account: oauthAccount,
    signIn: {
      account: 'oauth',
      server: 'id.example.com',
      phase: { kind: 'browser', link: LINK, notOpened: null, untilMs },
    },
  }),
} satisfies Record<string, AppView>;

export type OAuthFixtureName = keyof typeof each;

export const oauthFixtures = Object.fromEntries(
  Object.entries(each).map(([name, view]) => [name, listed(view)]),
) as Record<OAuthFixtureName, AppView>;

/** What a server is found to promise, by name. */
export const serverReports: Record<string, ServerReport> = {
  openid: openidReport,
  silent: silentReport,
  ca: strangeCaReport,
};
