import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { oauthFixtures } from '../src/gallery/oauth-fixtures';
import { NOW } from '../src/gallery/parts';
import { spelled } from '../src/signing/user-code';
import { Clock } from '../src/time/clock.svelte';
import { asked, open, settle } from './open';

function primaries(): Element[] {
  return [...document.querySelectorAll('main .button.primary')];
}

describe('beginning to sign in', () => {
  it('goes to the browser, and keeps where it was chosen to', async () => {
    const bridge = await open(oauthFixtures.oauth_needs_sign_in);
    expect(screen.getByTestId('sentence')).toHaveTextContent('Welcome back, Alice.');
    expect(screen.getByTestId('begin-sign-in')).toHaveTextContent('Sign in in the browser');
    expect(screen.queryByTestId('field-password')).toBeNull();
    await userEvent.click(screen.getByTestId('begin-keep-memory'));
    await userEvent.click(screen.getByTestId('begin-sign-in'));
    expect(asked(bridge, 'beginSignIn')).toEqual([['oauth', 'memory', null]]);
  });

  it('gets a code where that is the way', async () => {
    await open(oauthFixtures.oauth_device);
    expect(screen.getByTestId('begin-sign-in')).toHaveTextContent('Get a code');
  });

  it('asks for the secret of a confidential client, and clears it', async () => {
    const bridge = await open(oauthFixtures.oauth_confidential);
    await userEvent.click(screen.getByTestId('begin-sign-in'));
    expect(screen.getByTestId('client-secret-error')).toHaveTextContent('Enter the client secret.');
    expect(screen.getByTestId('client-secret')).toHaveFocus();
    await userEvent.type(screen.getByTestId('client-secret'), 'planted words{Enter}');
    expect(asked(bridge, 'beginSignIn')).toEqual([['oauth', 'disk', 'planted words']]);
    expect(screen.getByTestId('client-secret')).toHaveValue('');
    expect(document.body.innerHTML).not.toContain('planted words');
  });
});

describe('a sign-in that is under way', () => {
  it('shows the link, and opens, copies and cancels', async () => {
    const bridge = await open(oauthFixtures.signing_browser);
    expect(screen.getByTestId('sign-in-link')).toHaveTextContent(
      'https://id.example.com/authorize',
    );
    expect(screen.queryByTestId('begin-sign-in')).toBeNull();
    await userEvent.click(screen.getByTestId('open-again'));
    await userEvent.click(screen.getByTestId('copy-link'));
    expect(await screen.findByText('The link was copied.')).toBeVisible();
    await userEvent.click(screen.getByTestId('cancel-sign-in'));
    expect(bridge.asked.map(({ name }) => name).slice(1)).toEqual([
      'openBrowserAgain',
      'copySignInLink',
      'cancelSignIn',
    ]);
  });

  it('says plainly that the browser did not open', async () => {
    await open(oauthFixtures.signing_not_opened);
    expect(screen.getByRole('alert')).toHaveTextContent('The browser could not be opened');
    expect(primaries()).toEqual([screen.getByTestId('copy-link')]);
  });

  it('counts down from the deadline, and not at all while hidden', async () => {
    vi.useFakeTimers({ now: NOW });
    const clock = new Clock();
    await open(oauthFixtures.signing_browser, clock);
    const left = screen.getByTestId('sign-in-left');
    expect(left).toHaveTextContent('Waits for 4:12 more.');
    await vi.advanceTimersByTimeAsync(3_050);
    expect(left).toHaveTextContent('Waits for 4:09 more.');

    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    document.dispatchEvent(new Event('visibilitychange'));
    const timers = vi.getTimerCount();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(left).toHaveTextContent('Waits for 4:09 more.');
    expect(vi.getTimerCount()).toBeLessThanOrEqual(timers);

    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    await settle();
    expect(left).toHaveTextContent('Waits for 3:09 more.');
    hidden.mockRestore();
  });

  it('shows a code, spells it, and draws it', async () => {
    await open(oauthFixtures.signing_device);
    expect(screen.getByTestId('user-code')).toHaveTextContent('WDJB-MJHT');
    expect(screen.getByTestId('user-code-spelled')).toHaveTextContent(
      'W, D, J, B, dash, M, J, H, T',
    );
    expect(screen.getByRole('img', { name: /^QR code for https:/ })).toBe(screen.getByTestId('qr'));
    expect(screen.getByTestId('sign-in-left')).toHaveTextContent('4:12');
  });

  it.each([
    ['other-add', 'add'],
    ['other-replace', 'replace'],
    ['other-cancel', 'cancel'],
  ])('asks what to do about somebody else: %s', async (button, answer) => {
    const bridge = await open(oauthFixtures.signing_other_person);
    expect(screen.getByTestId('sign-in-panel')).toHaveTextContent(
      'Bob has signed in; here it was Alice.',
    );
    await userEvent.click(screen.getByTestId(button));
    expect(asked(bridge, 'answerOtherPerson')).toEqual([[answer]]);
  });

  it('says why it failed, with the evidence, and tries again or goes back', async () => {
    const bridge = await open(oauthFixtures.signing_failed);
    const said = screen.getByTestId('sign-in-error');
    expect(said).toHaveTextContent('turned down at the server');
    expect(screen.getByRole('button', { name: 'Details' })).toBeVisible();
    await userEvent.click(screen.getByTestId('sign-in-try-again'));
    await userEvent.click(screen.getByTestId('sign-in-back'));
    expect(asked(bridge, 'beginSignIn')).toEqual([['oauth', 'disk', null]]);
    expect(asked(bridge, 'cancelSignIn')).toHaveLength(1);
  });

  it('leaves a working session in sight, and has no second primary button', async () => {
    await open(oauthFixtures.signing_beside);
    expect(screen.getByTestId('facts')).toBeVisible();
    expect(screen.getByTestId('renew-now')).toBeEnabled();
    expect(primaries().length).toBeLessThanOrEqual(1);
  });

  it('keeps the focus when the panel changes under it', async () => {
    const bridge = await open(oauthFixtures.signing_browser);
    screen.getByTestId('cancel-sign-in').focus();
    bridge.push(oauthFixtures.signing_failed);
    await settle();
    expect(screen.getByTestId('sign-in-panel')).toContainElement(
      document.activeElement as HTMLElement,
    );
  });

  it('is named among the accounts when it is at another one', async () => {
    await open(oauthFixtures.signing_elsewhere);
    expect(screen.queryByTestId('sign-in-panel')).toBeNull();
    expect(screen.getByTestId('account-switch')).toHaveTextContent('Signing in');
  });
});

it.each([
  ['ab c', 'a, b, c'],
  ['1–2', '1, dash, 2'],
])('spells %s', (code, said) => {
  expect(spelled(code)).toBe(said);
});
