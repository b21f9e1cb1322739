import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { NewAccount, ServerReport } from '../src/contract';
import type { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import {
  oauthFixtures,
  openidReport,
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
    expect(revocation).toHaveAttribute('data-verdict', 'bad');
    expect(revocation).toHaveTextContent('Does not work');
    expect(revocation).toHaveTextContent('cannot be told of a sign-out');
    expect(revocation).toHaveTextContent('there is no revocation_endpoint');
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
    expect(screen.getByTestId('wrong-network.ca')).toHaveTextContent('UnknownIssuer');
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
