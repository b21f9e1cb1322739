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

function told(
  topic: Told['topic'],
  verdict: Told['verdict'],
  detail: string,
  field: Told['field'] = null,
): Told {
  return { topic, verdict, detail, field, exchange: verdict === 'not_tried' ? null : 0 };
}

/** The topics of a report that nothing was found of. */
function untried(detail: string, ...topics: Told['topic'][]): Told[] {
  return topics.map((topic) => told(topic, 'not_tried', detail));
}

const understood: Told = { ...told('address', 'good', 'understood'), exchange: null };
const OF_OAUTH = [
  'browser',
  'pkce',
  'iss_in_response',
  'device',
  'refresh',
  'id_token',
  'userinfo',
  'revocation',
  'logout',
] as const;

export const openidReport: ServerReport = {
  address: ISSUER,
  kind: 'openid',
  promises: [
    understood,
    told('reach', 'good', 'an answer within 81 ms'),
    told('tls', 'good', 'yes, by the authorities that the system trusts'),
    told('issuer', 'good', ISSUER),
    told('browser', 'good', 'by code'),
    told('pkce', 'note', 'it does not say; S256 is used all the same', 'flow'),
    told('iss_in_response', 'good', 'it names itself when the browser comes back (RFC 9207)'),
    told('device', 'good', 'by a code that is typed there'),
    told('refresh', 'good', 'yes; offline_access is asked for'),
    told('id_token', 'good', 'signed by RS256; 2 keys: 2 × RSA'),
    told('userinfo', 'good', 'it says who is signed in, and whether'),
    told(
      'revocation',
      'note',
      'this server cannot be told of a sign-out: what it gave stays valid until it ends',
      'endpoints.revocation',
    ),
    told('logout', 'good', 'its own session can be ended in the browser'),
    told('clock', 'good', "the server's clock is 0.2 s behind, give or take 0.5 s"),
  ],
  exchanges: [asked],
  settings: oauthSettings,
  discovered,
};

/** On this computer, and without what OpenID Connect adds. */
export const oauthReport: ServerReport = {
  ...openidReport,
  address: 'http://127.0.0.1:8080',
  kind: 'oauth',
  promises: [
    understood,
    told('reach', 'good', 'an answer within 3 ms'),
    told('tls', 'note', 'none: what is sent does not leave this computer'),
    told(
      'issuer',
      'note',
      'http://127.0.0.1:8080/: so the server writes it, and so do the settings',
      'issuer',
    ),
    told(
      'browser',
      'note',
      'by code; it does not say that it takes apps without a secret, though many do',
      'confidential',
    ),
    told('pkce', 'bad', 'it does not offer S256, and this app uses nothing weaker', 'flow'),
    told('iss_in_response', 'note', 'it does not name itself when the browser comes back'),
    told('device', 'note', 'not offered', 'endpoints.deviceAuthorization'),
    told('refresh', 'note', 'it does not say', 'scopes'),
    told('id_token', 'note', 'none: who signed in is known by userinfo, or not at all'),
    told(
      'userinfo',
      'note',
      'none: whether it knows the session still cannot be asked',
      'endpoints.userinfo',
    ),
    told('revocation', 'good', 'it can be told of a sign-out'),
    told('logout', 'note', 'none: its own session in the browser stays', 'endpoints.endSession'),
    told('clock', 'note', "the server's clock is 4 minutes ahead, give or take 0.5 s"),
  ],
};

export const silentReport: ServerReport = {
  address: 'https://api.example.com',
  kind: 'says_nothing',
  promises: [
    understood,
    told('reach', 'good', 'an answer within 40 ms'),
    told('tls', 'good', 'yes, by the authorities that the system trusts'),
    told(
      'issuer',
      'note',
      'it publishes nothing of itself (404 without JSON): a token API, perhaps',
      'address',
    ),
    ...untried('the server says nothing of it', ...OF_OAUTH),
    told('clock', 'good', "the server's clock is 0.0 s ahead, give or take 0.5 s"),
  ],
  exchanges: [asked],
  settings: null,
  discovered: null,
};

export const strangeCaReport: ServerReport = {
  address: ISSUER,
  kind: 'unreachable',
  promises: [
    understood,
    told('reach', 'bad', 'tls: invalid peer certificate: UnknownIssuer', 'network.ca'),
    told(
      'tls',
      'bad',
      "the certificate is vouched for by an authority that is not trusted here; if it is your company's, add its certificate",
      'network.ca',
    ),
    ...untried('the server was not reached', 'issuer', ...OF_OAUTH, 'clock'),
  ],
  exchanges: [asked],
  settings: null,
  discovered: null,
};

export const unreachableReport: ServerReport = {
  ...strangeCaReport,
  promises: [
    understood,
    told('reach', 'bad', 'dns: no address found', 'address'),
    ...untried('the server was not reached', 'tls', 'issuer', ...OF_OAUTH, 'clock'),
  ],
};

/** Its documents are somebody else's, who is to be asked instead. */
export const otherIssuerReport: ServerReport = {
  address: 'https://login.example.com',
  kind: 'openid',
  promises: [
    understood,
    told('reach', 'good', 'an answer within 62 ms'),
    told('tls', 'good', 'yes, by the authorities that the system trusts'),
    told(
      'issuer',
      'bad',
      `the server calls itself "${ISSUER}", and was asked as "https://login.example.com"`,
      'issuer',
    ),
    ...untried('the document is not used', ...OF_OAUTH),
    told('clock', 'good', "the server's clock is 0.1 s ahead, give or take 0.5 s"),
  ],
  exchanges: [asked],
  settings: { ...oauthSettings, clientId: '' },
  discovered: null,
};

/** By plain http, to the host that was named for it. */
export const plainReport: ServerReport = {
  ...openidReport,
  address: 'http://intranet.example:8080',
  promises: openidReport.promises.map((each) =>
    each.topic === 'tls'
      ? told(
          'tls',
          'bad',
          'none: what is sent can be read, and changed, on the way',
          'network.httpTo',
        )
      : each,
  ),
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
  oauth: oauthReport,
  silent: silentReport,
  ca: strangeCaReport,
  unreachable: unreachableReport,
  other: otherIssuerReport,
  plain: plainReport,
};
