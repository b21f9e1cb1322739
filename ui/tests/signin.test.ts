import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { AccountSettings } from '../src/contract';
import type { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import { exchange, serverAccount } from '../src/gallery/parts';
import { speak } from '../src/language.svelte';
import { asked, open, settle } from './open';

function field(name: string): HTMLInputElement {
  return screen.getByTestId(`field-${name}`);
}

async function openForm(): Promise<FakeBridge> {
  const bridge = await open(fixtures.welcome);
  await userEvent.click(screen.getByTestId('go-sign-in'));
  await userEvent.click(screen.getByTestId('use-token-api'));
  await settle();
  return bridge;
}

async function fill(): Promise<void> {
  await userEvent.type(field('base-url'), ' https://auth.example.com/v1');
  await userEvent.type(field('user'), 'alice');
  await userEvent.type(field('password'), 'secret words');
}

describe('signing in to a server', () => {
  it('begins at the address', async () => {
    await openForm();
    expect(field('base-url')).toHaveFocus();
  });

  it('clears the password on submit, and hands it on once', async () => {
    const bridge = await openForm();
    await fill();
    await userEvent.click(field('keep-memory'));
    await userEvent.click(screen.getByTestId('submit-sign-in'));
    expect(document.body.innerHTML).not.toContain('secret words');
    const [settings, password, keep] = asked(bridge, 'signIn')[0] as [
      AccountSettings,
      string,
      string,
    ];
    expect(settings.baseUrl).toBe('https://auth.example.com/v1');
    expect(settings.user).toBe('alice');
    expect(password).toBe('secret words');
    expect(keep).toBe('memory');
    expect(JSON.stringify(settings)).not.toContain('secret');
  });

  it('sends no password to settings that nobody vouches for before the address was seen', async () => {
    const bridge = await open(fixtures.needs_sign_in_server);
    bridge.refuse.set('signIn', { code: 'unvouched', message: 'not sealed', exchange: null });
    await userEvent.type(field('password'), 'secret words{Enter}');
    expect(asked(bridge, 'signIn')[0]?.[3]).toBe(false);
    expect(screen.getByTestId('form-error')).toHaveTextContent('changed by somebody else');
    expect(screen.getByTestId('unvouched-address')).toHaveTextContent(
      serverAccount.settings.baseUrl,
    );
    expect(field('password')).toHaveValue('');

    bridge.refuse.delete('signIn');
    await userEvent.type(field('password'), 'secret words{Enter}');
    expect(asked(bridge, 'signIn')[1]?.[3]).toBe(true);
  });

  it('says a wrong password next to the password', async () => {
    const bridge = await openForm();
    bridge.refuse.set('signIn', {
      code: 'wrong_password',
      message: '',
      field: null,
      exchange: exchange(),
    });
    await fill();
    await userEvent.click(screen.getByTestId('submit-sign-in'));
    await settle();
    expect(field('password')).toHaveValue('');
    expect(field('password')).toHaveAccessibleDescription(
      'The user name or the password is not right.',
    );
    expect(field('password')).toHaveFocus();
    expect(screen.getByTestId('password-error')).toBeVisible();
    expect(screen.queryByTestId('form-error')).toBeNull();
  });

  it('says in words that nothing was reached, and how to try again', async () => {
    const bridge = await openForm();
    bridge.refuse.set('signIn', {
      code: 'unreachable',
      message: 'dns',
      field: null,
      exchange: null,
    });
    await fill();
    await userEvent.click(screen.getByTestId('submit-sign-in'));
    await settle();
    expect(screen.getByTestId('form-error')).toHaveTextContent('The server could not be reached.');
    expect(screen.getByTestId('submit-sign-in')).toHaveTextContent('Try again');
    expect(field('password')).toHaveValue('');
    expect(field('user')).toHaveValue('alice');
  });

  it('says next to its field that a setting cannot be used', async () => {
    const bridge = await openForm();
    const message = 'https everywhere but on this computer';
    const refusal = { code: 'bad_settings', message, field: 'baseUrl', exchange: null } as const;
    bridge.refuse.set('signIn', refusal);
    await fill();
    await userEvent.click(screen.getByTestId('submit-sign-in'));
    await settle();
    expect(field('base-url')).toHaveAccessibleDescription(/https everywhere/);
    expect(field('base-url')).toHaveFocus();
    expect(screen.queryByTestId('form-error')).toBeNull();
  });

  it('tells what is missing next to its field, and asks nothing', async () => {
    const bridge = await openForm();
    await userEvent.type(field('base-url'), 'auth.example.com');
    await userEvent.click(screen.getByTestId('submit-sign-in'));
    await settle();
    expect(field('base-url')).toHaveAccessibleDescription(/Enter a full address/);
    expect(field('user')).toHaveAccessibleDescription('Enter your user name.');
    expect(screen.getByTestId('password-error')).toHaveTextContent('Enter your password.');
    expect(field('base-url')).toHaveFocus();
    expect(asked(bridge, 'signIn')).toEqual([]);
  });

  it('forgets a wrong password as soon as a new one is typed', async () => {
    const bridge = await openForm();
    const refusal = { code: 'wrong_password', message: '', field: null, exchange: null } as const;
    bridge.refuse.set('signIn', refusal);
    await fill();
    await userEvent.click(screen.getByTestId('submit-sign-in'));
    await settle();
    expect(screen.getByTestId('password-error')).toBeVisible();
    await userEvent.type(field('password'), 'n');
    expect(screen.queryByTestId('password-error')).toBeNull();
    expect(field('password')).not.toHaveAttribute('aria-invalid', 'true');
  });

  it('says what is wrong with a field in the language that is chosen later', async () => {
    await openForm();
    await userEvent.click(screen.getByTestId('submit-sign-in'));
    await settle();
    expect(field('user')).toHaveAccessibleDescription('Enter your user name.');
    speak('zh-CN');
    await settle();
    expect(field('user')).toHaveAccessibleDescription('请输入用户名。');
    expect(field('base-url')).toHaveAccessibleDescription(/请输入服务器地址。/);
  });

  it('fills in everything but whose account it is when a preset is chosen', async () => {
    const bridge = await openForm();
    await fill();
    await userEvent.selectOptions(field('preset'), 'simple_jwt');
    expect(field('base-url')).toHaveValue('https://auth.example.com/v1');
    expect(field('user')).toHaveValue('alice');
    expect(field('login.path')).toHaveValue('/api/token/');
    expect(field('answer.accessToken')).toHaveValue('/access');
    expect(field('answer.lifetimeForm')).toHaveValue('jwt_exp');
    await userEvent.click(screen.getByTestId('submit-sign-in'));
    const [settings] = asked(bridge, 'signIn')[0] as [AccountSettings];
    expect(settings.preset).toBe('simple_jwt');
    expect(settings.logout).toBeNull();
    expect(settings.refresh.with).toEqual({ kind: 'body', field: '/refresh' });
  });

  it('labels a preset that nobody tried', async () => {
    await openForm();
    expect(
      screen.getByRole('option', {
        name: 'Django REST framework Simple JWT (from documentation, untried)',
      }),
    ).toBeInTheDocument();
  });

  it('lets everything be changed under Advanced', async () => {
    const bridge = await openForm();
    await fill();
    await userEvent.selectOptions(field('refresh.with'), 'cookie');
    expect(screen.queryByTestId('field-refresh.with.field')).toBeNull();
    await userEvent.clear(field('refused.statuses'));
    await userEvent.type(field('refused.statuses'), '401, 403');
    await userEvent.click(field('logout'));
    await userEvent.click(field('api'));
    await userEvent.click(screen.getByTestId('add-header'));
    await userEvent.type(field('header-name-0'), 'x-app');
    await userEvent.type(field('header-value-0'), 'keeper');
    await userEvent.click(screen.getByTestId('submit-sign-in'));
    const [settings] = asked(bridge, 'signIn')[0] as [AccountSettings];
    expect(settings.refresh.with).toEqual({ kind: 'cookie' });
    expect(settings.refused.statuses).toEqual([401, 403]);
    expect(settings.logout).toBeNull();
    expect(settings.api).toBeNull();
    expect(settings.headers).toEqual([{ name: 'x-app', value: 'keeper' }]);
  });

  it('shows what a check found, also next to the fields', async () => {
    const bridge = await openForm();
    await fill();
    await userEvent.click(screen.getByTestId('check-settings'));
    const report = await screen.findByTestId('check-report');
    expect(report).toHaveTextContent('These settings do not work yet.');
    expect(report).toHaveTextContent('Does not work');
    expect(report).toHaveTextContent('Requests that were made');
    expect(field('refresh.path')).toHaveAccessibleDescription(/404 at \/api\/refresh_token/);
    expect(field('answer.lifetime')).toHaveAccessibleDescription(/1 h will be assumed/);
    // A check is no submit: the password is still wanted for signing in.
    expect(field('password')).toHaveValue('secret words');
    expect(asked(bridge, 'checkSettings')[0]?.[1]).toBe('secret words');
  });

  it('starts from the account whose settings are to be changed', async () => {
    await open(fixtures.stopped);
    await userEvent.click(screen.getByTestId('nav-settings'));
    await userEvent.click(screen.getByTestId('change-settings'));
    await settle();
    expect(field('base-url')).toHaveValue('https://auth.example.com/v1');
    expect(field('user')).toHaveValue('alice@example.com');
    expect(field('password')).toHaveFocus();
  });
});

describe('signing in again', () => {
  it('asks for the password only, and keeps where the session was kept', async () => {
    const bridge = await open(fixtures.needs_sign_in_server);
    await userEvent.type(field('password'), 'secret words{Enter}');
    const [settings, password, keep] = asked(bridge, 'signIn')[0] ?? [];
    expect(settings).toEqual(serverAccount.settings);
    expect(password).toBe('secret words');
    expect(keep).toBe('disk');
    expect(field('password')).toHaveValue('');
  });

  it('says a wrong password next to the password', async () => {
    const bridge = await open(fixtures.needs_sign_in_server);
    bridge.refuse.set('signIn', {
      code: 'wrong_password',
      message: '',
      field: null,
      exchange: null,
    });
    await userEvent.type(field('password'), 'secret words{Enter}');
    await settle();
    expect(screen.getByTestId('password-error')).toHaveTextContent(
      'The user name or the password is not right.',
    );
    expect(field('password')).toHaveFocus();
    expect(field('password')).toHaveValue('');
  });

  it('forgets what was wrong with a password as soon as a new one is typed', async () => {
    const bridge = await open(fixtures.needs_sign_in_server);
    const refusal = { code: 'wrong_password', message: '', field: null, exchange: null } as const;
    bridge.refuse.set('signIn', refusal);
    await userEvent.type(field('password'), '{Enter}');
    expect(screen.getByTestId('password-error')).toHaveTextContent('Enter your password.');
    await userEvent.type(field('password'), 'n');
    expect(screen.queryByTestId('password-error')).toBeNull();
    await userEvent.type(field('password'), '{Enter}');
    await settle();
    expect(screen.getByTestId('password-error')).toBeVisible();
    await userEvent.type(field('password'), 'n');
    expect(screen.queryByTestId('password-error')).toBeNull();
  });

  it('can be at another server', async () => {
    await open(fixtures.signed_out_server);
    await userEvent.click(screen.getByTestId('another-server'));
    await settle();
    expect(field('address')).toHaveValue('');
  });
});
