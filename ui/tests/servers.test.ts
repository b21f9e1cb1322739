import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { NewAccount, ServerReport } from '../src/contract';
import type { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import {
  oauthFixtures,
  oauthReport,
  openidReport,
  otherIssuerReport,
  plainReport,
  silentReport,
  strangeCaReport,
} from '../src/gallery/oauth-fixtures';
import { asked, open, settle } from './open';

async function look(report: ServerReport, address = 'https://id.example.com'): Promise<FakeBridge> {
  const bridge = await open(fixtures.welcome);
  bridge.serverReport = report;
  await userEvent.click(screen.getByTestId('go-sign-in'));
  await userEvent.type(screen.getByTestId('field-address'), ` ${address}{Enter}`);
  await settle();
  return bridge;
}

function savedOAuth(bridge: FakeBridge): Extract<NewAccount, { kind: 'oauth' }>['settings'] {
  const [account] = asked(bridge, 'addAccount')[0] as [NewAccount];
  if (account.kind !== 'oauth') throw new Error('it is a token API');
  return account.settings;
}

describe('looking at a server', () => {
  it('begins at the address, and asks with the blanks left out', async () => {
    const bridge = await look(openidReport);
    expect(asked(bridge, 'probeServer')).toEqual([
      ['https://id.example.com', { ca: null, httpTo: '' }],
    ]);
  });

  it('says what it is, and each promise with its verdict and its exchange', async () => {
    await look(openidReport);
    expect(screen.getByTestId('server-kind')).toHaveTextContent('speaks OpenID Connect');
    const revocation = screen.getByTestId('promise-revocation');
    expect(revocation).toHaveAttribute('data-verdict', 'note');
    expect(revocation).toHaveTextContent('Worth knowing');
    expect(revocation).toHaveTextContent('cannot be told of a sign-out');
    expect(revocation).toHaveTextContent('what it gave stays valid until it ends');
    await userEvent.click(
      screen.getByRole('button', { name: 'Show exchange: Telling it of a sign-out' }),
    );
    expect(screen.getByTestId('exchange-dialog')).toHaveTextContent('.well-known');
  });

  it('can be read and left without an account', async () => {
    const bridge = await open(fixtures.welcome);
    bridge.serverReport = openidReport;
    await userEvent.click(screen.getByTestId('test-server'));
    expect(screen.getByTestId('field-address')).toHaveFocus();
    await userEvent.type(screen.getByTestId('field-address'), 'id.example.com{Enter}');
    await settle();
    await userEvent.click(screen.getByTestId('leave-server'));
    await settle();
    expect(screen.getByTestId('welcome')).toBeVisible();
    expect(asked(bridge, 'addAccount')).toEqual([]);
  });

  it('says what the network needs at its field, which is opened', async () => {
    await look(strangeCaReport);
    expect(screen.getByTestId('company-network')).toHaveAttribute('open');
    expect(screen.getByTestId('wrong-network.ca')).toHaveTextContent('trusts nobody who vouches');
    await userEvent.click(screen.getByTestId('choose-ca'));
    await settle();
    expect(screen.getByTestId('ca-chosen')).toHaveTextContent('company.pem');
    expect(screen.getByTestId('ca-chosen')).toHaveTextContent('ab:ab:');
    expect(screen.queryByTestId('wrong-network.ca')).toBeNull();
  });

  it('asks nothing by plain http before the host was typed by hand', async () => {
    const bridge = await look(openidReport, 'http://intranet.example:8080/auth');
    expect(asked(bridge, 'probeServer')).toEqual([]);
    const host = screen.getByTestId('field-network.httpTo');
    expect(host).toHaveFocus();
    expect(host).toHaveAccessibleDescription(/type intranet.example here/);
    await userEvent.type(host, 'intranet.example');
    expect(screen.getByTestId('http-warning')).toHaveTextContent('can then be read');
    await userEvent.click(screen.getByTestId('look'));
    expect(asked(bridge, 'probeServer')[0]?.[1]).toEqual({ ca: null, httpTo: 'intranet.example' });
  });

  it('goes on at a host that was named for plain http, although nothing is encrypted', async () => {
    const bridge = await look(plainReport, 'http://intranet.example:8080');
    await userEvent.type(screen.getByTestId('field-network.httpTo'), 'intranet.example');
    await userEvent.click(screen.getByTestId('look'));
    await settle();
    const tls = screen.getByTestId('promise-tls');
    expect(tls).toHaveAttribute('data-verdict', 'bad');
    expect(tls).toHaveTextContent('can be read and changed on the way');
    expect(screen.queryByTestId('wrong-network.httpTo')).toBeNull();
    await userEvent.click(screen.getByTestId('use-oauth'));
    await userEvent.click(screen.getByTestId('save-account'));
    expect(asked(bridge, 'addAccount')).toHaveLength(1);
  });

  it('leads to where a server calls itself, in one press', async () => {
    const bridge = await look(otherIssuerReport, 'https://login.example.com');
    expect(screen.queryByTestId('use-oauth')).toBeNull();
    expect(screen.getByTestId('promise-issuer')).toHaveAttribute('data-verdict', 'bad');
    bridge.serverReport = openidReport;
    await userEvent.click(screen.getByTestId('take-issuer'));
    await settle();
    expect(asked(bridge, 'probeServer').map(([address]) => address)).toEqual([
      'https://login.example.com',
      'https://id.example.com',
    ]);
    expect(screen.getByTestId('field-address')).toHaveValue('https://id.example.com');
    expect(screen.getByTestId('use-oauth')).toBeVisible();
  });

  it('names what was not looked at, and says no more of it', async () => {
    await look(silentReport);
    expect(screen.queryByTestId('promise-browser')).toBeNull();
    expect(screen.getByTestId('promises-left')).toHaveTextContent(/Sign-in in the browser, /);
    expect(screen.getByTestId('promise-issuer')).toHaveTextContent('publishes nothing of itself');
  });

  it('does not call worse what does not leave this computer', async () => {
    await look(oauthReport, 'http://127.0.0.1:8080');
    expect(screen.getByTestId('promise-tls')).toHaveTextContent('does not leave this computer');
    expect(screen.getByTestId('promise-browser')).toHaveTextContent('You can sign in');
    expect(screen.getByTestId('promise-browser')).toHaveTextContent('may want a client secret');
    expect(screen.getByTestId('promise-pkce')).toHaveTextContent('does not offer the protection');
  });

  it('tells what is missing next to the address', async () => {
    const bridge = await open(fixtures.welcome);
    await userEvent.click(screen.getByTestId('go-sign-in'));
    await userEvent.click(screen.getByTestId('look'));
    expect(screen.getByTestId('field-address')).toHaveAccessibleDescription(/Enter your server/);
    expect(asked(bridge, 'probeServer')).toEqual([]);
  });
});

describe('an account at an OAuth server', () => {
  it('is added with what the server says, and the client ID', async () => {
    const bridge = await look(openidReport);
    await userEvent.click(screen.getByTestId('use-oauth'));
    await settle();
    expect(screen.getByTestId('client-id')).toHaveFocus();
    await userEvent.clear(screen.getByTestId('client-id'));
    await userEvent.click(screen.getByTestId('save-account'));
    expect(screen.getByTestId('client-id')).toHaveAccessibleDescription(/Enter the client ID/);
    await userEvent.type(screen.getByTestId('client-id'), 'desk');
    await userEvent.click(screen.getByTestId('flow-device'));
    await userEvent.click(screen.getByTestId('save-account'));
    const settings = savedOAuth(bridge);
    expect(settings).toMatchObject({ clientId: 'desk', flow: 'device' });
    expect(settings.issuer).toBe('https://id.example.com');
    await settle();
    expect(screen.queryByTestId('oauth-form')).toBeNull();
  });

  it('says what the app refuses at the field that it names', async () => {
    const bridge = await look(openidReport);
    bridge.refuse.set('addAccount', {
      code: 'bad_settings',
      message: 'the port is taken by nobody',
      field: 'redirect.ports',
      exchange: null,
    });
    await userEvent.click(screen.getByTestId('use-oauth'));
    await userEvent.click(screen.getByTestId('save-account'));
    await settle();
    expect(screen.getByTestId('field-redirect.ports')).toHaveFocus();
    expect(screen.getByTestId('advanced')).toHaveAttribute('open');
  });

  it('takes over the issuer as the server writes it', async () => {
    const bridge = await look({
      ...openidReport,
      settings: openidReport.settings && {
        ...openidReport.settings,
        issuer: 'https://id.example.com/typed',
      },
    });
    await userEvent.click(screen.getByTestId('use-oauth'));
    await userEvent.click(screen.getByTestId('take-issuer'));
    await userEvent.click(screen.getByTestId('save-account'));
    expect(savedOAuth(bridge).issuer).toBe('https://id.example.com');
  });

  it('says which redirect is to be registered, and follows what is chosen', async () => {
    const user = userEvent.setup();
    await look(openidReport);
    await user.click(screen.getByTestId('use-oauth'));
    const address = screen.getByTestId('redirect-address');
    expect(address).toHaveTextContent('http://127.0.0.1/callback');
    await user.click(screen.getByTestId('copy-redirect'));
    expect(await navigator.clipboard.readText()).toBe('http://127.0.0.1/callback');
    await user.type(screen.getByTestId('field-redirect.ports'), '8765, 8766');
    await user.tab();
    expect(address.textContent).toBe(
      'http://127.0.0.1:8765/callback\nhttp://127.0.0.1:8766/callback',
    );
    await user.click(screen.getByTestId('flow-device'));
    expect(screen.queryByTestId('redirect-address')).toBeNull();
  });

  it('shows a discovered endpoint where nothing is typed over it', async () => {
    await look(openidReport);
    await userEvent.click(screen.getByTestId('use-oauth'));
    const token = screen.getByTestId('field-endpoints.token');
    expect(token).toHaveValue('');
    expect(token).toHaveAttribute('placeholder', 'https://id.example.com/token');
  });

  it('can be typed in where the server says nothing', async () => {
    await look(silentReport);
    expect(screen.getByTestId('use-token-api')).toBeVisible();
    await userEvent.click(screen.getByTestId('use-oauth-by-hand'));
    expect(screen.getByTestId('field-issuer')).toHaveValue('https://id.example.com');
  });

  it('is changed from Settings, and the change goes to that account', async () => {
    const bridge = await open(oauthFixtures.oauth_resting);
    await userEvent.click(screen.getByTestId('nav-settings'));
    await userEvent.click(screen.getByTestId('change-settings'));
    await settle();
    await userEvent.type(screen.getByTestId('client-id'), '-2');
    await userEvent.click(screen.getByTestId('save-account'));
    const [id, account] = asked(bridge, 'changeAccount')[0] as [string, NewAccount];
    expect(id).toBe('oauth');
    expect(account).toMatchObject({ kind: 'oauth', settings: { clientId: 'session-keeper-2' } });
  });
});

it('hands the address on to the form of a token API', async () => {
  await look(silentReport, 'https://api.example.com');
  await userEvent.click(screen.getByTestId('use-token-api'));
  await settle();
  expect(screen.getByTestId('field-base-url')).toHaveValue('https://api.example.com');
});
