// What the Lab and the tour can look like. Tests and the gallery read the same ones.
import type {
  AppView,
  Fault,
  RunNews,
  Scenarios,
  ScenarioReport,
  ScenarioStep,
  ScenarioView,
  StepOutcome,
  Switches,
  Trigger,
} from '../contract';
import type { FakeBridge } from './fake-bridge';
import {
  allWell,
  emptySession,
  HOUR,
  lifeline,
  MINUTE,
  NOW,
  renewed,
  restingApp,
  restingSession,
  SECOND,
  serverAccount,
  token,
} from './parts';
import { failed } from './scenes';

function withSwitches(change: Partial<Switches>, app: Partial<AppView> = {}): AppView {
  return {
    ...restingApp,
    ...app,
    demo: { ...restingApp.demo, switches: { ...allWell, ...change } },
  };
}

const unavailable: Fault = {
  kind: 'status',
  code: 503,
  retryAfter: { seconds: 30 },
  body: 'json',
  afterHandling: false,
  times: 3,
  on: ['refresh', 'login'],
};

export const labFixtures = {
  lab_one: withSwitches({ fault: { kind: 'dropAfterRotating', on: ['refresh'] } }),
  lab_many: withSwitches(
    {
      accessLifetimeMs: 5 * SECOND,
      refreshLifetimeMs: HOUR,
      rotation: { kind: 'grace', seconds: 10 },
      tellRefreshToken: 'whenNew',
      tellRefreshLifetime: true,
      killOldAccessOnRefresh: true,
      lifetimeShape: 'words',
      envelope: true,
      cookieForm: true,
      latencyMs: 2 * SECOND,
      clockOffsetMs: -HOUR,
      fault: unavailable,
    },
    {
      lab: { offline: true, stopping: true, away: false },
      timeMoved: { sleptMs: 8 * HOUR, clockMs: HOUR },
    },
  ),
  lab_slept: { ...restingApp, timeMoved: { sleptMs: 8 * HOUR, clockMs: 0 } },
  lab_own_account: {
    ...restingApp,
    account: serverAccount,
    lab: { offline: true, stopping: false, away: false },
    timeMoved: null,
  },
  lab_signed_out: { ...restingApp, session: emptySession },
  lab_no_server: { ...restingApp, demo: { ...restingApp.demo, switches: null } },
} satisfies Record<string, AppView>;

const signedIn: AppView = {
  ...restingApp,
  session: {
    ...restingSession,
    sentence: { kind: 'resting', renewsMs: NOW + 14 * SECOND },
    token: token(20 * SECOND, 2 * SECOND, { fingerprint: 'b71c02' }),
    why: { ...renewed('asked'), what: { kind: 'signed_in' }, reason: null, leftMs: null },
    refreshes: 0,
    lifeline: lifeline(token(20 * SECOND, 2 * SECOND), ['asked']),
  },
};

function renewedBy(reason: Trigger, refreshes: number, past: Trigger[]): AppView {
  const present = token(20 * SECOND, 3 * SECOND, { fingerprint: `c${refreshes}44f0` });
  return {
    ...restingApp,
    session: {
      ...restingSession,
      sentence: { kind: 'resting', renewsMs: NOW + 13 * SECOND },
      token: present,
      why: renewed(reason),
      refreshes,
      lifeline: lifeline(present, past),
    },
  };
}

/** The same, so much later: every moment in it moves. */
function later<T>(view: T, byMs: number): T {
  return JSON.parse(JSON.stringify(view), (key, value: unknown) =>
    key.endsWith('Ms') && typeof value === 'number' && value > NOW / 2 ? value + byMs : value,
  ) as T;
}

const asleep = renewedBy('wake', 3, ['asked', 'deadline', 'focus', 'wake']);
const away = { ...restingApp, lab: { ...restingApp.lab, away: true } };

/** What the app shows, in turn, after each step of the tour has been done. */
export const tourViews: AppView[][] = [
  [signedIn],
  [renewedBy('deadline', 1, ['asked', 'deadline'])],
  [
    { ...away, session: renewedBy('deadline', 1, ['asked', 'deadline']).session },
    renewedBy('focus', 2, ['asked', 'deadline', 'focus']),
  ],
  [
    {
      ...later(asleep, 8 * HOUR),
      session: { ...later(asleep.session, 8 * HOUR), keptOverMs: 8 * HOUR },
      timeMoved: { sleptMs: 8 * HOUR, clockMs: 0 },
    },
  ],
  [
    {
      ...later(asleep, 8 * HOUR),
      session: {
        ...later(asleep.session, 8 * HOUR),
        status: { kind: 'needs_sign_in', why: 'refused' },
        sentence: { kind: 'needs_sign_in' },
        next: null,
        why: later(failed('refused', 401, 'invalid_grant'), 8 * HOUR),
      },
      timeMoved: { sleptMs: 8 * HOUR, clockMs: 0 },
    },
  ],
];

const LOST = `# The server renews, and its answer never arrives.
title: A lost answer ends nothing
title.zh: 应答丢失，会话不会中断

sign in
switch fault dropAfterRotating for 1
wait until the renewal is due
expect 2 refreshes
expect signed in
call the API
expect status 200
`;

function scenario(
  name: string,
  group: string,
  en: string,
  zh: string,
  change: Partial<ScenarioView> = {},
): ScenarioView {
  return {
    name,
    title: { en, zh },
    group,
    shipped: group !== 'own',
    ownAccount: false,
    lastsMs: 40 * SECOND,
    source: LOST,
    ...change,
  };
}

export const labScenarios: Scenarios = {
  scenarios: [
    scenario(
      'launch-fresh',
      'tutorial',
      'A start with a fresh token asks for nothing',
      '令牌未到期时启动，不发任何请求',
      {
        ownAccount: true,
      },
    ),
    scenario(
      'launch-due',
      'tutorial',
      'A start with a token that is due renews it once',
      '令牌快到期时启动，只续期一次',
      {
        ownAccount: true,
        lastsMs: 12 * MINUTE,
      },
    ),
    scenario('lost-answer', 'failures', 'A lost answer ends nothing', '应答丢失，会话不会中断'),
    scenario(
      'strict-lost-answer',
      'failures',
      'A strict server that loses an answer ends the session, and says so',
      '严格轮换的服务器丢失应答后，会话结束并说明原因',
    ),
    scenario(
      'weekend',
      'time',
      'A weekend asleep costs one refresh',
      '睡过一个周末，只需续期一次',
      { lastsMs: 62 * HOUR },
    ),
    scenario(
      'stopped-in-mid-refresh',
      'crashes',
      'Stopped between the answer and its saving',
      '在应答之后、保存之前被中断',
    ),
    scenario(
      'my-server',
      'own',
      'Our staging server rotates within its grace',
      '测试环境在宽限期内轮换',
      { ownAccount: true },
    ),
  ],
  mistakes: [
    {
      file: 'night-shift.scenario',
      line: 7,
      column: 8,
      message:
        'there is no fault called "dropAll"; there are: dropAfterRotating, dropBeforeHandling, hold',
    },
  ],
  folder: '/home/alice/.local/share/session-keeper/scenarios',
};

const TEXTS = [
  'sign in',
  'switch fault dropAfterRotating for 1',
  'wait until the renewal is due',
  'expect 2 refreshes',
  'expect signed in',
  'call the API',
  'expect status 200',
];

function steps(
  outcome: (index: number) => StepOutcome,
  detail: string | null = null,
): ScenarioStep[] {
  return TEXTS.map((text, index) => ({
    line: 5 + index,
    text,
    outcome: outcome(index),
    atMs: outcome(index) === 'ahead' ? null : index * 4 * SECOND,
    detail: outcome(index) === 'failed' ? detail : null,
  }));
}

function report(name: string, change: Partial<ScenarioReport> = {}): ScenarioReport {
  const known = labScenarios.scenarios.find((each) => each.name === name);
  return {
    name,
    title: known?.title ?? { en: name, zh: name },
    verdict: 'passed',
    says: 'session survived; refreshes sent: 2',
    evidence: {
      logins: 1,
      refreshes: 2,
      refreshesGranted: 2,
      refreshesRefused: 0,
      refreshTokensSeenTwice: 1,
      reuseDetected: 0,
      logouts: 0,
      apiStatus: 200,
      countedByServer: true,
    },
    steps: steps(() => 'done'),
    tookMs: 412,
    playedMs: 40 * SECOND,
    ...change,
  };
}

const failedReport = report('strict-lost-answer', {
  verdict: 'failed',
  says: 'session ended; refreshes sent: 2',
  evidence: {
    ...report('lost-answer').evidence,
    refreshesGranted: 1,
    refreshesRefused: 1,
    reuseDetected: 1,
    apiStatus: 401,
  },
  steps: steps(
    (index) => (index < 4 ? 'done' : index === 4 ? 'failed' : 'ahead'),
    'found: needs sign-in, because the server refused',
  ),
});

const notRun = report('weekend', {
  verdict: 'not_run',
  says: 'could not be run',
  evidence: { ...report('weekend').evidence, logins: 0, refreshes: 0, apiStatus: null },
  steps: [],
});

/** Three with verdicts, one of them failed. */
export const labVerdicts: RunNews[] = [
  ...['launch-fresh', 'lost-answer'].flatMap<RunNews>((name) => [
    { kind: 'began', name, steps: steps(() => 'ahead') },
    { kind: 'ended', report: report(name) },
  ]),
  { kind: 'began', name: 'strict-lost-answer', steps: steps(() => 'ahead') },
  { kind: 'ended', report: failedReport },
  { kind: 'ended', report: notRun },
  { kind: 'done' },
];

/** In the middle of the third. */
export const labRunning: RunNews[] = [
  ...labVerdicts.slice(0, 4),
  {
    kind: 'began',
    name: 'strict-lost-answer',
    steps: steps(() => 'ahead'),
  },
  ...[0, 1, 2].map<RunNews>((index) => ({
    kind: 'stepped',
    name: 'strict-lost-answer',
    index,
    step: {
      line: 5 + index,
      text: TEXTS[index] ?? '',
      outcome: index === 2 ? 'running' : 'done',
      atMs: index * 4 * SECOND,
      detail: null,
    },
  })),
];

/** Gives the stand-in what the Lab asks it for; `running`: the scenarios never end. */
export function furnish(bridge: FakeBridge, running: boolean): void {
  bridge.known = labScenarios;
  bridge.runNews = running ? labRunning : labVerdicts;
  bridge.state = {
    ...bridge.state,
    counters: { ...bridge.state.counters, refreshes: 4, refreshesGranted: 4, apiCalls: 2 },
  };
  if (!running) return;
  const run = bridge.runScenarios;
  bridge.runScenarios = async (...args) => {
    await run(...args);
    await new Promise<never>(() => undefined);
  };
}
