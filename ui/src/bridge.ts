// The one file that knows what is on the other side. Everything else talks to a `Bridge`, so that
// tests and the gallery can stand in for it.
import { Channel, invoke } from '@tauri-apps/api/core';
import type {
  AccountSettings,
  ActivityNews,
  AddedCa,
  ApiCall,
  AppView,
  CheckReport,
  Confirmation,
  DemoAct,
  DemoState,
  ExportFormat,
  KeepIn,
  LifeHistory,
  Network,
  NewAccount,
  OtherPerson,
  Pace,
  Preferences,
  PresetView,
  RunNews,
  Scenarios,
  ServerReport,
  Switches,
  TokenDetails,
  Where,
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
    /** Null: an account more, once the sign-in has succeeded. */
    account: string | null,
  ): Promise<void>;
  /** `inBrowser`: the server's own session too, where the account offers that. */
  signOut(inBrowser: boolean): Promise<void>;
  renewNow(): Promise<void>;
  tryAgain(): Promise<void>;
  callApi(): Promise<ApiCall>;
  chooseDemoLifetime(lifetimeMs: number): Promise<void>;
  presets(): Promise<PresetView[]>;
  checkSettings(settings: AccountSettings, password: string): Promise<CheckReport>;
  savePreferences(preferences: Preferences): Promise<void>;
  forgetEverything(): Promise<void>;
  dismissNotice(id: number): Promise<void>;

  // Accounts.
  /** Asks what a server promises; nothing is sent that tells who asks. */
  probeServer(address: string, network: Network): Promise<ServerReport>;
  /** Answers its id; it comes to the front. */
  addAccount(account: NewAccount): Promise<string>;
  /** Holds from the next sign-in on. */
  changeAccount(id: string, account: NewAccount): Promise<void>;
  /** Signs out there and forgets everything about it. */
  removeAccount(id: string): Promise<void>;
  bringToFront(id: string): Promise<void>;
  /** Settings only, to a file that is asked for; answers its path, or null where that was cancelled. */
  exportAccounts(): Promise<string | null>;
  /** From a file that is asked for; answers how many were added, or null where that was cancelled. */
  importAccounts(): Promise<number | null>;
  /** A file that is asked for; null where that was cancelled. */
  chooseCa(): Promise<AddedCa | null>;

  // Signing in in the browser or on another device: how far it is, is in the view.
  beginSignIn(id: string, keep: KeepIn, clientSecret: string | null): Promise<void>;
  /** Cancels it, or puts its failure away. */
  cancelSignIn(): Promise<void>;
  openBrowserAgain(): Promise<void>;
  copySignInLink(): Promise<void>;
  answerOtherPerson(answer: OtherPerson): Promise<void>;
  /** Asks the server whether it knows the session still. */
  confirmSession(): Promise<Confirmation>;

  // Activity. The first news holds everything that is remembered; one page watches at a time.
  watchActivity(onNews: (news: ActivityNews) => void): Promise<void>;
  stopWatchingActivity(): Promise<void>;
  /** Asks where to in the system's own dialog; answers the path, or null where that was cancelled. */
  exportActivity(format: ExportFormat): Promise<string | null>;
  clearActivity(): Promise<void>;
  /** Puts the request of this entry on the clipboard as a curl command, redacted. */
  copyAsCurl(seq: number): Promise<void>;
  /** The lifeline as far back as it is remembered; what is newer comes with each view. */
  life(): Promise<LifeHistory>;

  // The Lab: the demo server's side.
  demoState(): Promise<DemoState>;
  /** Names only what is to change; `null` brings a switch's default back. */
  changeDemoSwitches(change: { [K in keyof Switches]?: Switches[K] | null }): Promise<void>;
  demoNow(act: DemoAct): Promise<void>;
  // The Lab: the client's side, for any account.
  setOffline(on: boolean): Promise<void>;
  sleepComputer(ms: number): Promise<void>;
  /** Sets the app's wall clock forward, or back, from where it stands. */
  setClock(ms: number): Promise<void>;
  clockBack(): Promise<void>;
  /** Passes over the time until the access token has expired. */
  expireNow(): Promise<void>;
  /** As if an API had refused the access token. */
  refuseNow(): Promise<void>;
  /** Begins a refresh, stops the keeper when the server has answered, and starts it again. */
  stopInMidRefresh(): Promise<void>;
  /** Puts the window away for a few seconds and brings it back. */
  leaveAndComeBack(): Promise<void>;
  /** Every switch of both sides off. What was slept through is not undone. */
  allWell(): Promise<void>;

  // Scenarios.
  scenarios(): Promise<Scenarios>;
  /** Resolves when all have ended; the password is for an account of one's own only. */
  runScenarios(
    names: string[],
    pace: Pace,
    on: Where,
    password: string | null,
    onNews: (news: RunNews) => void,
  ): Promise<void>;
  stopScenarios(): Promise<void>;

  // Tokens. What they hold, never they.
  tokenDetails(): Promise<TokenDetails>;
  /** Asks in the system's own dialog; answers whether it was copied. */
  copyAccessToken(): Promise<boolean>;
}

export const tauriBridge: Bridge = {
  subscribe: (onView) => {
    const channel = new Channel<AppView>();
    channel.onmessage = onView;
    return invoke('subscribe', { channel });
  },
  tryDemo: () => invoke('try_demo'),
  signIn: (settings, password, keep, confirmed, account) =>
    invoke('sign_in', { settings, password, keep, confirmed, account }),
  signOut: (inBrowser) => invoke('sign_out', { inBrowser }),
  renewNow: () => invoke('renew_now'),
  tryAgain: () => invoke('try_again'),
  callApi: () => invoke('call_api'),
  chooseDemoLifetime: (lifetimeMs) => invoke('choose_demo_lifetime', { lifetimeMs }),
  presets: () => invoke('presets'),
  checkSettings: (settings, password) => invoke('check_settings', { settings, password }),
  savePreferences: (preferences) => invoke('save_preferences', { preferences }),
  forgetEverything: () => invoke('forget_everything'),
  dismissNotice: (id) => invoke('dismiss_notice', { id }),

  probeServer: (address, network) => invoke('probe_server', { address, network }),
  addAccount: (account) => invoke('add_account', { account }),
  changeAccount: (id, account) => invoke('change_account', { id, account }),
  removeAccount: (id) => invoke('remove_account', { id }),
  bringToFront: (id) => invoke('bring_to_front', { id }),
  exportAccounts: () => invoke('export_accounts'),
  importAccounts: () => invoke('import_accounts'),
  chooseCa: () => invoke('choose_ca'),

  beginSignIn: (id, keep, clientSecret) => invoke('begin_sign_in', { id, keep, clientSecret }),
  cancelSignIn: () => invoke('cancel_sign_in'),
  openBrowserAgain: () => invoke('open_browser_again'),
  copySignInLink: () => invoke('copy_sign_in_link'),
  answerOtherPerson: (answer) => invoke('answer_other_person', { answer }),
  confirmSession: () => invoke('confirm_session'),

  watchActivity: (onNews) => {
    const channel = new Channel<ActivityNews>();
    channel.onmessage = onNews;
    return invoke('watch_activity', { channel });
  },
  stopWatchingActivity: () => invoke('stop_watching_activity'),
  exportActivity: (format) => invoke('export_activity', { format }),
  clearActivity: () => invoke('clear_activity'),
  copyAsCurl: (seq) => invoke('copy_as_curl', { seq }),
  life: () => invoke('life'),

  demoState: () => invoke('demo_state'),
  changeDemoSwitches: (change) => invoke('change_demo_switches', { change }),
  demoNow: (act) => invoke('demo_now', { act }),
  setOffline: (on) => invoke('set_offline', { on }),
  sleepComputer: (ms) => invoke('sleep_computer', { ms }),
  setClock: (ms) => invoke('set_clock', { ms }),
  clockBack: () => invoke('clock_back'),
  expireNow: () => invoke('expire_now'),
  refuseNow: () => invoke('refuse_now'),
  stopInMidRefresh: () => invoke('stop_in_mid_refresh'),
  leaveAndComeBack: () => invoke('leave_and_come_back'),
  allWell: () => invoke('all_well'),

  scenarios: () => invoke('scenarios'),
  runScenarios: (names, pace, on, password, onNews) => {
    const channel = new Channel<RunNews>();
    channel.onmessage = onNews;
    return invoke('run_scenarios', { names, pace, on, password, channel });
  },
  stopScenarios: () => invoke('stop_scenarios'),

  tokenDetails: () => invoke('token_details'),
  copyAccessToken: () => invoke('copy_access_token'),
};
