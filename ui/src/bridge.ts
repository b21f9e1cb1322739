// The one file that knows what is on the other side. Everything else talks to a `Bridge`, so that
// tests and the gallery can stand in for it.
import { Channel, invoke } from '@tauri-apps/api/core';
import type {
  AccountSettings,
  ApiCall,
  AppView,
  CheckReport,
  KeepIn,
  Preferences,
  PresetView,
} from './contract';

/** What the window may ask of the app. A rejected promise carries an `AppError`. */
export interface Bridge {
  /** The first view is the present state; each later one replaces it whole. */
  subscribe(onView: (view: AppView) => void): Promise<void>;
  tryDemo(): Promise<void>;
  /** `confirmed`: the person has seen the address; otherwise a seal has to vouch for it. */
  signIn(
    settings: AccountSettings,
    password: string,
    keep: KeepIn,
    confirmed: boolean,
  ): Promise<void>;
  signOut(): Promise<void>;
  renewNow(): Promise<void>;
  tryAgain(): Promise<void>;
  callApi(): Promise<ApiCall>;
  chooseDemoLifetime(lifetimeMs: number): Promise<void>;
  presets(): Promise<PresetView[]>;
  checkSettings(settings: AccountSettings, password: string): Promise<CheckReport>;
  savePreferences(preferences: Preferences): Promise<void>;
  forgetEverything(): Promise<void>;
  dismissNotice(id: number): Promise<void>;
}

export const tauriBridge: Bridge = {
  subscribe: (onView) => {
    const channel = new Channel<AppView>();
    channel.onmessage = onView;
    return invoke('subscribe', { channel });
  },
  tryDemo: () => invoke('try_demo'),
  signIn: (settings, password, keep, confirmed) =>
    invoke('sign_in', { settings, password, keep, confirmed }),
  signOut: () => invoke('sign_out'),
  renewNow: () => invoke('renew_now'),
  tryAgain: () => invoke('try_again'),
  callApi: () => invoke('call_api'),
  chooseDemoLifetime: (lifetimeMs) => invoke('choose_demo_lifetime', { lifetimeMs }),
  presets: () => invoke('presets'),
  checkSettings: (settings, password) => invoke('check_settings', { settings, password }),
  savePreferences: (preferences) => invoke('save_preferences', { preferences }),
  forgetEverything: () => invoke('forget_everything'),
  dismissNotice: (id) => invoke('dismiss_notice', { id }),
};
