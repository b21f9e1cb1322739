import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import { asked, open, settle } from './open';

async function openSettings(view = fixtures.notices): Promise<FakeBridge> {
  const bridge = await open(view);
  await userEvent.click(screen.getByTestId('nav-settings'));
  return bridge;
}

describe('settings', () => {
  it('change the language at once, and keep the place', async () => {
    await openSettings();
    const chinese = screen.getByTestId('language-zh-CN');
    await userEvent.click(chinese);
    await settle();
    expect(document.documentElement.lang).toBe('zh-CN');
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('设置');
    expect(screen.getByTestId('nav-session')).toHaveTextContent('会话');
    expect(chinese).toHaveFocus();
    await userEvent.click(screen.getByTestId('language-en'));
    await settle();
    expect(document.documentElement.lang).toBe('en');
  });

  it('change the colours at once', async () => {
    await openSettings();
    await userEvent.click(screen.getByTestId('theme-dark'));
    await settle();
    expect(document.documentElement.dataset['theme']).toBe('dark');
    await userEvent.click(screen.getByTestId('theme-light'));
    await settle();
    expect(document.documentElement.dataset['theme']).toBe('light');
  });

  it('save the lead time, and refuse what is none', async () => {
    const bridge = await openSettings();
    await userEvent.click(screen.getByTestId('lead-own'));
    await settle();
    const seconds = screen.getByTestId('lead-seconds');
    await userEvent.clear(seconds);
    await userEvent.type(seconds, '45');
    await userEvent.tab();
    await userEvent.clear(seconds);
    await userEvent.type(seconds, '0');
    await userEvent.tab();
    expect(screen.getByRole('alert')).toHaveTextContent('Enter a whole number above zero.');
    await userEvent.click(screen.getByTestId('lead-auto'));
    const saved = asked(bridge, 'savePreferences').map(
      ([preferences]) => (preferences as { leadS: number | null }).leadS,
    );
    expect(saved).toEqual([300, 45, null]);
  });

  it('say how the session is protected, and why', async () => {
    await openSettings();
    const protection = screen.getByTestId('protection');
    expect(protection).toHaveTextContent('it is protected by file permissions only');
    expect(protection).toHaveTextContent('no Secret Service on the session bus');
  });

  it('forget everything only after asking once more', async () => {
    const bridge = await openSettings();
    await userEvent.click(screen.getByTestId('forget'));
    await settle();
    // The safe answer is the one at hand.
    expect(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus();
    expect(asked(bridge, 'forgetEverything')).toEqual([]);
    await userEvent.click(screen.getByTestId('forget-confirm'));
    expect(asked(bridge, 'forgetEverything')).toHaveLength(1);
    await settle();
    expect(screen.getByTestId('forget')).toBeVisible();
  });

  it('say so when they could not be saved', async () => {
    const bridge = await openSettings();
    bridge.refuse.set('savePreferences', {
      code: 'not_saved',
      message: 'disk full',
      exchange: null,
    });
    await userEvent.click(screen.getByTestId('theme-dark'));
    expect(await screen.findByTestId('settings-error')).toHaveTextContent('could not be saved');
  });
});
