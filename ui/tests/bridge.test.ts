import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { afterEach, describe, expect, it } from 'vitest';
import { tauriBridge, type Bridge } from '../src/bridge';
import { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import { tutorialSettings } from '../src/gallery/parts';

afterEach(() => {
  clearMocks();
});

function calls(): { command: string; args: unknown }[] {
  const seen: { command: string; args: unknown }[] = [];
  mockIPC((command, args) => {
    seen.push({ command, args });
  });
  return seen;
}

describe('the bridge', () => {
  it('asks for each thing by its name', async () => {
    const seen = calls();
    const preferences = fixtures.resting.preferences;
    await tauriBridge.tryDemo();
    await tauriBridge.signIn(tutorialSettings, 'secret', 'memory', true, null);
    await tauriBridge.signOut(true);
    await tauriBridge.renewNow();
    await tauriBridge.tryAgain();
    await tauriBridge.callApi();
    await tauriBridge.chooseDemoLifetime(60_000);
    await tauriBridge.presets();
    await tauriBridge.checkSettings(tutorialSettings, 'secret');
    await tauriBridge.savePreferences(preferences);
    await tauriBridge.forgetEverything();
    await tauriBridge.dismissNotice(7);
    expect(seen).toEqual([
      { command: 'try_demo', args: {} },
      {
        command: 'sign_in',
        args: {
          settings: tutorialSettings,
          password: 'secret',
          keep: 'memory',
          confirmed: true,
          account: null,
        },
      },
      { command: 'sign_out', args: { inBrowser: true } },
      { command: 'renew_now', args: {} },
      { command: 'try_again', args: {} },
      { command: 'call_api', args: {} },
      { command: 'choose_demo_lifetime', args: { lifetimeMs: 60_000 } },
      { command: 'presets', args: {} },
      { command: 'check_settings', args: { settings: tutorialSettings, password: 'secret' } },
      { command: 'save_preferences', args: { preferences } },
      { command: 'forget_everything', args: {} },
      { command: 'dismiss_notice', args: { id: 7 } },
    ]);
  });

  it('subscribes with a channel whose messages are views', async () => {
    let channel: { onmessage: (view: unknown) => void } | undefined;
    mockIPC((_, args) => {
      channel = (args as { channel: typeof channel }).channel;
    });
    const views: unknown[] = [];
    await tauriBridge.subscribe((view) => views.push(view));
    channel?.onmessage(fixtures.resting);
    expect(views).toEqual([fixtures.resting]);
  });

  it('hands on what a command was rejected with', async () => {
    const refusal = { code: 'wrong_password', message: '', exchange: null };
    mockIPC(() => {
      // Commands reject with plain objects.
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw refusal;
    });
    await expect(tauriBridge.tryDemo()).rejects.toEqual(refusal);
  });

  it('can be stood in for', () => {
    const stand: Bridge = new FakeBridge();
    for (const name of Object.keys(tauriBridge)) expect(stand).toHaveProperty(name);
  });
});
