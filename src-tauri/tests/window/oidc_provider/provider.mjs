// oidc-provider, unmodified, on a free port. What it does is told on the standard output, a line of JSON
// each; the first line tells its issuer and its port. Where ISSUER is given, it goes by that name, and
// whoever takes it for a proxy finds it there.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const lifetime = Number(process.env.ACCESS_TOKEN_SECONDS ?? 3600);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const issuer = process.env.ISSUER || `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'session-keeper',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        response_types: ['code'],
        grant_types: [
          'authorization_code',
          'refresh_token',
          'urn:ietf:params:oauth:grant-type:device_code',
        ],
      },
      {
        client_id: 'confidential',
        client_secret: 'a-secret-of-the-client',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/callback'],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    cookies: { keys: ['only for tests'] },
    features: {
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
    },
    ttl: { AccessToken: lifetime, IdToken: lifetime },
  });
  for (const event of [
    'authorization_code.saved',
    'refresh_token.saved',
    'refresh_token.consumed',
    'refresh_token.destroyed',
    'access_token.saved',
    'grant.success',
    'grant.revoked',
    'end_session.success',
  ]) {
    provider.on(event, (first) => {
      const asked = first?.oidc?.params;
      say({ event, grant: asked?.grant_type ?? null, client: asked?.client_id ?? null });
    });
  }
  provider.on('grant.error', (context, error) =>
    say({ event: 'grant.error', grant: context.oidc?.params?.grant_type ?? null, error: error.error }),
  );
  provider.on('server_error', (_context, error) => say({ event: 'server_error', error: String(error) }));
  server.on('request', provider.callback());
  say({ issuer, port });
});
