// Stands in for the app: shows the views it is given, and remembers what it was asked.
import type { Bridge } from '../bridge';
import type {
  ActivityNews,
  AddedCa,
  ApiCall,
  AppView,
  CheckReport,
  Confirmation,
  DemoState,
  Entry,
  LifeHistory,
  PresetView,
  RunNews,
  Scenarios,
  ServerReport,
  TokenDetails,
} from '../contract';
import { allWell, exchange, NOW, tutorialSettings } from './parts';

export type Asked = { name: keyof Bridge; args: unknown[] };

export class FakeBridge implements Bridge {
  readonly asked: Asked[] = [];
  /** What the next call of that name is rejected with. */
  readonly refuse = new Map<keyof Bridge, unknown>();
  apiCall: ApiCall = {
    how: 'fresh_token',
    result: 'accepted',
    exchanges: [exchange({ method: 'GET', url: 'http://127.0.0.1:43117/api/me' })],
    nextTryMs: null,
  };
  report: CheckReport = fakeReport;
  presetViews: PresetView[] = fakePresets;
  serverReport: ServerReport = {
    address: 'https://auth.example.com',
    kind: 'says_nothing',
    promises: [],
    exchanges: [],
    settings: null,
    discovered: null,
  };
  confirmation: Confirmation = { result: 'not_asked', exchange: null };
  /** What the first news of the activity holds. */
  entries: Entry[] = [];
  /** What running scenarios tells, all at once. */
  runNews: RunNews[] = [];
  known: Scenarios = { scenarios: [], mistakes: [], folder: '' };
  history: LifeHistory = { tokens: [], marks: [] };
  details: TokenDetails = { access: null, refresh: null, sessionEndsMs: null };
  state: DemoState = {
    switches: allWell,
    counters: {
      logins: 1,
      loginsRefused: 0,
      refreshes: 0,
      refreshesGranted: 0,
      refreshesRefused: 0,
      reuseDetected: 0,
      refreshTokensSeenTwice: 0,
      apiCalls: 0,
      apiRefused: 0,
      logouts: 0,
      faultsShown: 0,
      codesIssued: 0,
      codesRefused: 0,
      devicePolls: 0,
      revocations: 0,
      userinfoCalls: 0,
    },
    log: [],
    livingSessions: 1,
    shownMs: NOW,
  };
  #show: ((view: AppView) => void) | null = null;
  #tell: ((news: ActivityNews) => void) | null = null;
  #view: AppView | null;

  constructor(view: AppView | null = null) {
    this.#view = view;
  }

  /** Pushes a view, as the app does on every change. */
  push(view: AppView): void {
    this.#view = view;
    this.#show?.(view);
  }

  subscribe(onView: (view: AppView) => void): Promise<void> {
    this.#show = onView;
    if (this.#view) onView(this.#view);
    return this.#answer('subscribe', [], undefined);
  }

  tryDemo = (): Promise<void> => this.#answer('tryDemo', [], undefined);
  signIn = (...args: Parameters<Bridge['signIn']>): Promise<void> =>
    this.#answer('signIn', args, undefined);
  signOut = (inBrowser: boolean): Promise<void> => this.#answer('signOut', [inBrowser], undefined);
  renewNow = (): Promise<void> => this.#answer('renewNow', [], undefined);
  tryAgain = (): Promise<void> => this.#answer('tryAgain', [], undefined);
  callApi = (): Promise<ApiCall> => this.#answer('callApi', [], this.apiCall);
  chooseDemoLifetime = (ms: number): Promise<void> =>
    this.#answer('chooseDemoLifetime', [ms], undefined);
  presets = (): Promise<PresetView[]> => this.#answer('presets', [], this.presetViews);
  checkSettings = (...args: Parameters<Bridge['checkSettings']>): Promise<CheckReport> =>
    this.#answer('checkSettings', args, this.report);
  forgetEverything = (): Promise<void> => this.#answer('forgetEverything', [], undefined);
  dismissNotice = (id: number): Promise<void> => this.#answer('dismissNotice', [id], undefined);

  probeServer = (...args: Parameters<Bridge['probeServer']>): Promise<ServerReport> =>
    this.#answer('probeServer', args, this.serverReport);
  addAccount = (...args: Parameters<Bridge['addAccount']>): Promise<string> =>
    this.#answer('addAccount', args, 'added');
  changeAccount = (...args: Parameters<Bridge['changeAccount']>): Promise<void> =>
    this.#answer('changeAccount', args, undefined);
  removeAccount = (id: string): Promise<void> => this.#answer('removeAccount', [id], undefined);
  bringToFront = (id: string): Promise<void> => this.#answer('bringToFront', [id], undefined);
  exportAccounts = (): Promise<string | null> =>
    this.#answer('exportAccounts', [], '/home/alice/accounts.json');
  importAccounts = (): Promise<number | null> => this.#answer('importAccounts', [], 2);
  chooseCa = (): Promise<AddedCa | null> =>
    this.#answer('chooseCa', [], { name: 'company.pem', pem: 'PEM', sha256: 'ab'.repeat(32) });
  beginSignIn = (...args: Parameters<Bridge['beginSignIn']>): Promise<void> =>
    this.#answer('beginSignIn', args, undefined);
  cancelSignIn = (): Promise<void> => this.#answer('cancelSignIn', [], undefined);
  openBrowserAgain = (): Promise<void> => this.#answer('openBrowserAgain', [], undefined);
  copySignInLink = (): Promise<void> => this.#answer('copySignInLink', [], undefined);
  answerOtherPerson = (...args: Parameters<Bridge['answerOtherPerson']>): Promise<void> =>
    this.#answer('answerOtherPerson', args, undefined);
  confirmSession = (): Promise<Confirmation> =>
    this.#answer('confirmSession', [], this.confirmation);

  watchActivity(onNews: (news: ActivityNews) => void): Promise<void> {
    this.#tell = onNews;
    onNews({ anew: true, entries: this.entries });
    return this.#answer('watchActivity', [], undefined);
  }

  /** Tells of more, as the app does. */
  tell(entries: Entry[]): void {
    this.#tell?.({ anew: false, entries });
  }

  stopWatchingActivity = (): Promise<void> => {
    this.#tell = null;
    return this.#answer('stopWatchingActivity', [], undefined);
  };
  exportActivity = (...args: Parameters<Bridge['exportActivity']>): Promise<string | null> =>
    this.#answer('exportActivity', args, '/home/alice/activity.jsonl');
  clearActivity = (): Promise<void> => {
    const answer = this.#answer('clearActivity', [], undefined);
    return answer.then(() => this.#tell?.({ anew: true, entries: [] }));
  };
  copyAsCurl = (seq: number): Promise<void> => this.#answer('copyAsCurl', [seq], undefined);
  life = (): Promise<LifeHistory> => this.#answer('life', [], this.history);

  demoState = (): Promise<DemoState> => this.#answer('demoState', [], this.state);
  changeDemoSwitches = (...args: Parameters<Bridge['changeDemoSwitches']>): Promise<void> =>
    this.#answer('changeDemoSwitches', args, undefined);
  demoNow = (...args: Parameters<Bridge['demoNow']>): Promise<void> =>
    this.#answer('demoNow', args, undefined);
  setOffline = (on: boolean): Promise<void> => this.#answer('setOffline', [on], undefined);
  sleepComputer = (ms: number): Promise<void> => this.#answer('sleepComputer', [ms], undefined);
  setClock = (ms: number): Promise<void> => this.#answer('setClock', [ms], undefined);
  clockBack = (): Promise<void> => this.#answer('clockBack', [], undefined);
  expireNow = (): Promise<void> => this.#answer('expireNow', [], undefined);
  refuseNow = (): Promise<void> => this.#answer('refuseNow', [], undefined);
  stopInMidRefresh = (): Promise<void> => this.#answer('stopInMidRefresh', [], undefined);
  leaveAndComeBack = (): Promise<void> => this.#answer('leaveAndComeBack', [], undefined);
  allWell = (): Promise<void> => this.#answer('allWell', [], undefined);

  scenarios = (): Promise<Scenarios> => this.#answer('scenarios', [], this.known);
  runScenarios = (...args: Parameters<Bridge['runScenarios']>): Promise<void> => {
    for (const news of this.runNews) args[4](news);
    return this.#answer('runScenarios', args.slice(0, 4), undefined);
  };
  stopScenarios = (): Promise<void> => this.#answer('stopScenarios', [], undefined);

  tokenDetails = (): Promise<TokenDetails> => this.#answer('tokenDetails', [], this.details);
  copyAccessToken = (): Promise<boolean> => this.#answer('copyAccessToken', [], true);

  savePreferences(...args: Parameters<Bridge['savePreferences']>): Promise<void> {
    if (this.#view) this.push({ ...this.#view, preferences: args[0] });
    return this.#answer('savePreferences', args, undefined);
  }

  #answer<T>(name: keyof Bridge, args: unknown[], answer: T): Promise<T> {
    this.asked.push({ name, args });
    const refusal = this.refuse.get(name);
    this.refuse.delete(name);
    // The app rejects with what its error type says, which is no Error of the page's.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    return refusal === undefined ? Promise.resolve(answer) : Promise.reject(refusal);
  }
}

const fakePresets: PresetView[] = [
  { preset: 'tutorial', tried: true, settings: { ...tutorialSettings, baseUrl: '', user: '' } },
  {
    preset: 'cookie',
    tried: true,
    settings: {
      ...tutorialSettings,
      preset: 'cookie',
      baseUrl: '',
      user: '',
      refresh: { path: '/api/refresh_token', with: { kind: 'cookie' } },
    },
  },
  {
    preset: 'simple_jwt',
    tried: false,
    settings: {
      ...tutorialSettings,
      preset: 'simple_jwt',
      baseUrl: '',
      user: '',
      login: { path: '/api/token/', userField: '/username', passwordField: '/password' },
      refresh: { path: '/api/token/refresh/', with: { kind: 'body', field: '/refresh' } },
      answer: {
        ...tutorialSettings.answer,
        envelope: '',
        accessToken: '/access',
        refreshToken: '/refresh',
        lifetime: '',
        lifetimeForm: 'jwt_exp',
      },
      logout: null,
      api: null,
    },
  },
  {
    preset: 'self_renewing',
    tried: true,
    settings: {
      ...tutorialSettings,
      preset: 'self_renewing',
      baseUrl: '',
      user: '',
      refresh: { path: '/api/renew', with: { kind: 'access_token', field: '' } },
    },
  },
];

const fakeReport: CheckReport = {
  works: false,
  exchanges: [exchange({ url: 'https://auth.example.com/v1/api/login' })],
  findings: [
    { topic: 'reach', verdict: 'good', detail: 'auth.example.com answered in 81 ms', field: null },
    { topic: 'sign_in', verdict: 'good', detail: 'signed in as alice', field: null },
    {
      topic: 'lifetime',
      verdict: 'note',
      detail: 'no number at /expiresIn: 1 h will be assumed',
      field: 'answer.lifetime',
    },
    {
      topic: 'refresh',
      verdict: 'bad',
      detail: '404 at /api/refresh_token',
      field: 'refresh.path',
    },
    { topic: 'api', verdict: 'not_tried', detail: 'the refresh failed', field: null },
  ],
};
