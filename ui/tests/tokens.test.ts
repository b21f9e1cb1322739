import { screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { AppView, TokenDetails } from '../src/contract';
import { jwtDetails, opaqueDetails } from '../src/gallery/activity-fixtures';
import type { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import { MINUTE, NOW, withSession } from '../src/gallery/parts';
import { asked, open, settle } from './open';

async function look(
  details: TokenDetails = jwtDetails,
  view: AppView = fixtures.resting,
): Promise<FakeBridge> {
  const bridge = await open(view);
  bridge.details = details;
  await userEvent.click(screen.getByTestId('token-details'));
  await settle();
  return bridge;
}

function row(attribute: string, within: string): HTMLElement {
  const found = screen
    .getByTestId('token-dialog')
    .querySelector<HTMLElement>(`[data-${attribute}="${within}"]`);
  if (!found) throw new Error(`no ${attribute} ${within}`);
  return found;
}

describe('what is in the token', () => {
  it('is asked for only when somebody looks', async () => {
    const bridge = await open(fixtures.resting);
    expect(asked(bridge, 'tokenDetails')).toHaveLength(0);
    await userEvent.click(screen.getByTestId('token-details'));
    expect(asked(bridge, 'tokenDetails')).toHaveLength(1);
  });

  it('names known claims plainly, and tells times in words beside the number', async () => {
    await look();
    expect(row('claim', 'iss')).toHaveTextContent('Issuer iss "http://127.0.0.1:43117"');
    expect(row('claim', 'exp')).toHaveTextContent(`Ends exp ${(NOW + 13_000) / 1_000} 14:32:30`);
    expect(row('claim', 'tenant')).toHaveTextContent(/^tenant \{"id":7,"plan":"team"\}$/);
    expect(row('claim', 'alg')).toHaveTextContent('Signed by alg "RS256"');
  });

  it('says that nobody has checked it', async () => {
    await look();
    expect(screen.getByTestId('token-dialog')).toHaveTextContent(
      'Nobody has checked the signature; this is only what it says, and the app does not rely on it.',
    );
  });

  it('says of an opaque token that it is one, and how long it is', async () => {
    await look(opaqueDetails);
    expect(screen.getByTestId('token-dialog')).not.toHaveTextContent('signature');
    expect(screen.getByTestId('token-access')).toHaveTextContent(
      'Opaque: only its server can read it. It is 43 characters long.',
    );
  });

  it('tells when each ends', async () => {
    await look(
      jwtDetails,
      withSession({
        renewal: {
          kind: 'refresh_token',
          fingerprint: 'd2518c',
          endsMs: NOW + 30 * MINUTE,
          rotates: true,
        },
      }),
    );
    expect(row('lifetime', 'access')).toHaveTextContent('ends 14:32:30, in 13 s');
    expect(row('lifetime', 'refresh')).toHaveTextContent('ends 15:02:17, in 30 min');
    expect(row('lifetime', 'session')).toHaveTextContent('ends Tue 11:32:17, in 21 h');
  });

  it('says what the server did not say', async () => {
    await look(opaqueDetails, fixtures.assumed);
    expect(row('lifetime', 'access')).toHaveTextContent(
      /assumed to end .*: the server did not say/,
    );
    expect(row('lifetime', 'refresh')).toHaveTextContent('the server did not say');
    expect(row('lifetime', 'session')).toHaveTextContent('the server did not say');
  });

  it('says of a server that cannot renew that there is no refresh token', async () => {
    await look({ ...opaqueDetails, refresh: null }, fixtures.no_refresh_token);
    expect(row('lifetime', 'refresh')).toHaveTextContent('there is none');
    expect(screen.queryByTestId('token-refresh')).toBeNull();
  });

  it('is looked up again when the token is renewed meanwhile', async () => {
    const bridge = await look();
    bridge.details = opaqueDetails;
    const view = fixtures.resting;
    const token = view.session.token && { ...view.session.token, fingerprint: '9f10aa' };
    bridge.push({ ...view, session: { ...view.session, token } });
    await settle();
    expect(screen.getByTestId('token-access')).toHaveTextContent('Opaque');
  });

  it('says why it cannot be shown', async () => {
    const bridge = await open(fixtures.resting);
    bridge.refuse.set('tokenDetails', { code: 'quitting', message: '', exchange: null });
    await userEvent.click(screen.getByTestId('token-details'));
    expect(await screen.findByTestId('token-error')).toHaveTextContent('The app is closing.');
  });
});

describe('copying the access token', () => {
  it('says beforehand that the system asks, and afterwards when the clipboard is cleared', async () => {
    const bridge = await look();
    const dialog = screen.getByTestId('token-dialog');
    expect(dialog).toHaveTextContent('Your system will ask first.');
    await userEvent.click(within(dialog).getByTestId('copy-token'));
    expect(asked(bridge, 'copyAccessToken')).toHaveLength(1);
    expect(screen.getByTestId('copy-token-said')).toHaveTextContent(
      'It was copied. The clipboard is cleared at 14:33:17.',
    );
  });

  it('says so when it was not copied', async () => {
    const bridge = await look();
    bridge.copyAccessToken = () => Promise.resolve(false);
    await userEvent.click(screen.getByTestId('copy-token'));
    expect(screen.getByTestId('copy-token-said')).toHaveTextContent('It was not copied.');
  });

  it('says why it failed, and claims nothing', async () => {
    const bridge = await look();
    bridge.refuse.set('copyAccessToken', new Error('no clipboard'));
    await userEvent.click(screen.getByTestId('copy-token'));
    expect(await screen.findByTestId('copy-token-error')).toHaveTextContent('no clipboard');
    expect(screen.getByTestId('copy-token-said')).toHaveTextContent('');
  });
});
