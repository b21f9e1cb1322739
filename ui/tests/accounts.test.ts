import { screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { AppView } from '../src/contract';
import { jwtDetails, richActivity } from '../src/gallery/activity-fixtures';
import { fixtures } from '../src/gallery/fixtures';
import { oauthFixtures } from '../src/gallery/oauth-fixtures';
import { exchange } from '../src/gallery/parts';
import { speak } from '../src/language.svelte';
import { asked, open, settle } from './open';

const inEnglish = { ...fixtures.welcome.preferences, language: 'en' } as const;

/** The same window, with another account in front. */
function turned(app: AppView): AppView {
  const account = app.account && { ...app.account, id: 'other', user: app.account.user };
  return { ...app, account, preferences: { ...inEnglish } };
}

describe('another account that comes to the front', () => {
  it('has a life of its own', async () => {
    const app = oauthFixtures.oauth_resting;
    const bridge = await open(app);
    await userEvent.click(screen.getByTestId('nav-lab'));
    await settle();
    bridge.push({ ...app, preferences: { ...inEnglish } });
    await settle();
    expect(asked(bridge, 'life')).toHaveLength(1);
    bridge.push(turned(app));
    await settle();
    expect(asked(bridge, 'life')).toHaveLength(2);
  });

  it('has tokens of its own, whatever they are called', async () => {
    const app = oauthFixtures.oauth_resting;
    const bridge = await open(app);
    bridge.details = jwtDetails;
    await userEvent.click(screen.getByTestId('token-details'));
    await settle();
    expect(asked(bridge, 'tokenDetails')).toHaveLength(1);
    bridge.push(turned(app));
    await settle();
    expect(asked(bridge, 'tokenDetails')).toHaveLength(2);
  });

  it('has none of what was marked in the activity of the one before', async () => {
    const app = oauthFixtures.oauth_resting;
    const bridge = await open(app);
    bridge.entries = richActivity;
    screen.getByTestId('nav-activity').click();
    await settle();
    screen.getAllByRole('button', { name: /^Show where/ })[0]?.click();
    await settle();
    expect(screen.getByTestId('activity-marking')).toBeVisible();
    bridge.push({ ...app, preferences: { ...inEnglish } });
    await settle();
    expect(screen.getByTestId('activity-marking')).toBeVisible();
    bridge.push(turned(app));
    await settle();
    expect(screen.queryByTestId('activity-marking')).toBeNull();
  });

  it('takes no password that was typed for the one before', async () => {
    const app = fixtures.resting_hour;
    const bridge = await open(app);
    await userEvent.click(screen.getByTestId('nav-lab'));
    await settle();
    await userEvent.click(screen.getByTestId('lab-part-scenarios'));
    await settle();
    await userEvent.click(screen.getByTestId('where-own_account'));
    await settle();
    await userEvent.type(screen.getByTestId('scenario-password'), 'secret');
    bridge.push(turned(app));
    await settle();
    expect(screen.getByTestId('scenario-password')).toHaveValue('');
  });
});

describe('several accounts', () => {
  it('are quiet while there is one', async () => {
    await open(fixtures.resting);
    expect(screen.queryByTestId('account-switch')).toBeNull();
  });

  it('are listed with where they stand, and one comes to the front by choosing it', async () => {
    const bridge = await open(oauthFixtures.two_accounts);
    const [bob, nobody] = screen.getAllByTestId('account-item');
    expect(bob).toHaveTextContent('Bob');
    expect(bob).toHaveTextContent('Signed in, waiting for the server');
    expect(nobody).toHaveTextContent('login.example.org');
    expect(nobody).toHaveTextContent('Signed out');
    bob?.focus();
    await userEvent.keyboard('{Enter}');
    expect(asked(bridge, 'bringToFront')).toEqual([['second']]);
  });

  it('can be one more', async () => {
    await open(oauthFixtures.two_accounts);
    await userEvent.click(screen.getByTestId('add-account'));
    expect(screen.getByTestId('add-server')).toBeVisible();
  });
});

describe('accounts in Settings', () => {
  it('are removed only after asking, and the safe answer is at hand', async () => {
    const bridge = await open(oauthFixtures.two_accounts);
    await userEvent.click(screen.getByTestId('nav-settings'));
    const row = within(screen.getAllByTestId('account-row')[1] as HTMLElement);
    await userEvent.click(row.getByTestId('remove-account'));
    await settle();
    expect(row.getByRole('alert')).toHaveTextContent(
      'Removing Bob signs out there and forgets it here.',
    );
    expect(row.getByTestId('remove-cancel')).toHaveFocus();
    expect(asked(bridge, 'removeAccount')).toEqual([]);
    await userEvent.click(row.getByTestId('remove-confirm'));
    expect(asked(bridge, 'removeAccount')).toEqual([['second']]);
  });

  it('lead to the first screen when the last one is removed', async () => {
    const bridge = await open(oauthFixtures.oauth_resting);
    await userEvent.click(screen.getByTestId('nav-settings'));
    await userEvent.click(screen.getByTestId('remove-account'));
    await settle();
    await userEvent.click(screen.getByTestId('remove-confirm'));
    bridge.push({ ...fixtures.welcome, preferences: { ...inEnglish } });
    await settle();
    expect(screen.getByTestId('welcome')).toBeVisible();
    expect(document.body).not.toHaveFocus();
  });

  it('stay in sight while there are others', async () => {
    await open(oauthFixtures.two_accounts);
    await userEvent.click(screen.getByTestId('nav-settings'));
    await userEvent.click(screen.getAllByTestId('remove-account')[1] as HTMLElement);
    await settle();
    await userEvent.click(screen.getByTestId('remove-confirm'));
    await settle();
    expect(screen.getByTestId('settings-account')).toBeVisible();
  });

  it('say what became of taking them along', async () => {
    await open(oauthFixtures.two_accounts);
    await userEvent.click(screen.getByTestId('nav-settings'));
    await userEvent.click(screen.getByTestId('export-accounts'));
    await settle();
    const said = screen.getByTestId('transfer-said');
    expect(said).toHaveTextContent('/home/alice/accounts.json');
    expect(said).toHaveTextContent('No secrets are in the file.');
    await userEvent.click(screen.getByTestId('import-accounts'));
    await settle();
    expect(said).toHaveTextContent('2 accounts were added.');
  });

  it('go to the session to sign in', async () => {
    const bridge = await open(oauthFixtures.two_accounts);
    await userEvent.click(screen.getByTestId('nav-settings'));
    await userEvent.click(screen.getByRole('button', { name: 'Sign in: login.example.org' }));
    await settle();
    expect(asked(bridge, 'bringToFront')).toEqual([['third']]);
    expect(screen.getByTestId('facts')).toBeVisible();
  });
});

describe('a session at an OAuth server', () => {
  it('signs out at the page of the server where that is wanted', async () => {
    const bridge = await open(oauthFixtures.oauth_resting);
    await userEvent.click(screen.getByTestId('sign-out-in-browser'));
    await userEvent.click(screen.getByTestId('sign-out'));
    expect(asked(bridge, 'signOut')).toEqual([[true]]);
  });

  it.each([
    ['confirmed', 'The server knows this session.'],
    ['refused', 'Nobody is signed out by that.'],
    ['no_answer', 'No useful answer came.'],
    ['not_asked', 'nothing was asked'],
  ] as const)('is confirmed when asked: %s', async (result, words) => {
    const bridge = await open(oauthFixtures.oauth_resting);
    bridge.confirmation = { result, exchange: exchange() };
    await userEvent.click(screen.getByTestId('confirm-session'));
    await settle();
    expect(screen.getByTestId('confirm-result')).toHaveTextContent(words);
    await userEvent.click(screen.getByTestId('confirm-exchange'));
    expect(screen.getByTestId('exchange-dialog')).toBeVisible();
  });

  it('says that a proof was wrong, in both languages, and offers to sign in again', async () => {
    await open(oauthFixtures.id_token);
    const sentence = screen.getByTestId('sentence');
    expect(sentence).toHaveTextContent(
      "The server's proof of who you are is wrong. You stay signed in until 15:20; renewal is stopped.",
    );
    expect(screen.getByTestId('why')).toBeVisible();
    await userEvent.click(screen.getByTestId('sign-in-again'));
    expect(screen.getByTestId('begin-sign-in')).toBeVisible();
    expect(document.querySelectorAll('main .button.primary')).toHaveLength(1);
    speak('zh-CN');
    await settle();
    expect(sentence).toHaveTextContent('服务器出具的身份证明有误。登录有效至 15:20，续期已停止。');
  });

  it('says on every screen that nothing is encrypted', async () => {
    await open(oauthFixtures.plain_http);
    for (const place of ['session', 'activity', 'lab', 'settings']) {
      await userEvent.click(screen.getByTestId(`nav-${place}`));
      expect(screen.getByTestId('plain-http-banner')).toHaveTextContent(
        'Not encrypted: everything sent to intranet.example can be read on the way.',
      );
    }
  });

  it('says that changed settings wait', async () => {
    await open(oauthFixtures.changed);
    expect(screen.getByTestId('settings-changed')).toHaveTextContent(
      'Changed settings hold from the next sign-in.',
    );
  });

  it('runs no scenarios of its own, and says so', async () => {
    await open(oauthFixtures.oauth_resting);
    await userEvent.click(screen.getByTestId('nav-lab'));
    await settle();
    await userEvent.click(screen.getByTestId('lab-part-scenarios'));
    await settle();
    expect(screen.queryByTestId('where-own_account')).toBeNull();
    expect(screen.getByTestId('scenarios-not-here')).toBeVisible();
  });
});
