import { screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppView, Switches } from '../src/contract';
import { canBeUndone, switchedOn } from '../src/frame/switched-on';
import type { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import { labFixtures } from '../src/gallery/lab-fixtures';
import { allWell, HOUR, MINUTE, restingApp, SECOND, serverAccount } from '../src/gallery/parts';
import { speak } from '../src/language.svelte';
import { unitOf } from '../src/lab/duration';
import { ofKind } from '../src/lab/fault';
import { asked, open, settle } from './open';

async function lab(view: AppView): Promise<FakeBridge> {
  const bridge = await open(view);
  await userEvent.click(screen.getByTestId('nav-lab'));
  await settle();
  return bridge;
}

function withSwitches(change: Partial<Switches>): AppView {
  return { ...restingApp, demo: { ...restingApp.demo, switches: { ...allWell, ...change } } };
}

describe('every state of the Lab', () => {
  it.each(Object.keys(labFixtures) as (keyof typeof labFixtures)[])(
    '%s can be shown in both languages',
    async (name) => {
      await lab(labFixtures[name]);
      for (const language of ['en', 'zh-CN'] as const) {
        speak(language);
        await settle();
        const main = screen.getByRole('main');
        expect(within(main).getAllByRole('heading', { level: 1 })).toHaveLength(1);
        expect(main.innerHTML).not.toMatch(/undefined|NaN|\[object/);
      }
    },
  );
});

describe('what is switched on', () => {
  it('is nothing where all is well, whatever lifetime was chosen on the Session screen', () => {
    for (const accessLifetimeMs of [20 * SECOND, MINUTE, HOUR]) {
      expect(switchedOn(withSwitches({ accessLifetimeMs }))).toEqual([]);
    }
    expect(switchedOn(withSwitches({ accessLifetimeMs: 5 * SECOND }))).toEqual(['tokens live 5 s']);
  });

  it('is said on every screen, with the button that makes all well', async () => {
    const bridge = await open(labFixtures.lab_one);
    for (const place of ['session', 'activity', 'lab', 'settings']) {
      await userEvent.click(screen.getByTestId(`nav-${place}`));
      expect(screen.getByTestId('switched-on')).toHaveTextContent(
        'Switched on: answers dropped after rotating',
      );
    }
    await userEvent.click(screen.getByTestId('all-well'));
    expect(asked(bridge, 'allWell')).toHaveLength(1);
    bridge.push(fixtures.resting);
    await settle();
    expect(screen.queryByTestId('switched-on')).toBeNull();
    expect(screen.queryByTestId('all-well')).toBeNull();
  });

  it('names each switch that is not as usual', () => {
    expect(switchedOn(labFixtures.lab_many)).toEqual([
      'offline',
      'will stop in mid-refresh',
      'status 503, 3 more',
      'answers 2 s late',
      "server's clock 1 h behind",
      'tokens live 5 s',
      'refresh tokens live 1 h',
      'rotation with 10 s of grace',
      'refresh token told only when new',
      "refresh token's lifetime told",
      'old access tokens die at a renewal',
      'lifetime told otherwise',
      'answers in an envelope',
      'refresh token in a cookie',
    ]);
  });

  it('leaves out the demo server where the account is at another', () => {
    const app = { ...labFixtures.lab_one, account: serverAccount };
    expect(switchedOn(app)).toEqual([]);
    // Whoever has no account yet meets the demo server next.
    expect(switchedOn({ ...labFixtures.lab_one, account: null })).toHaveLength(1);
  });

  it('says that time was slept through, which no button undoes', async () => {
    await open(labFixtures.lab_slept);
    expect(screen.getByTestId('time-moved')).toHaveTextContent('Simulated: slept 8 h');
    expect(screen.queryByTestId('all-well')).toBeNull();
    expect(canBeUndone(fixtures.time_moved)).toBe(true);
  });

  it('says what went wrong when all could not be made well', async () => {
    const bridge = await open(labFixtures.lab_one);
    bridge.refuse.set('allWell', {
      code: 'demo_unavailable',
      message: 'no answer',
      exchange: null,
    });
    await userEvent.click(screen.getByTestId('all-well'));
    expect(await screen.findByTestId('all-well-error')).toHaveTextContent('no answer');
  });
});

describe('the switches of this computer', () => {
  it.each<[string, keyof FakeBridge, unknown[]]>([
    ['lab-offline', 'setOffline', [true]],
    ['sleep-3600000', 'sleepComputer', [HOUR]],
    ['sleep-28800000', 'sleepComputer', [8 * HOUR]],
    ['sleep-259200000', 'sleepComputer', [72 * HOUR]],
    ['clock-ahead', 'setClock', [HOUR]],
    ['clock-behind', 'setClock', [-HOUR]],
    ['leave-and-come-back', 'leaveAndComeBack', []],
    ['expire-now', 'expireNow', []],
    ['refuse-now', 'refuseNow', []],
    ['stop-in-mid-refresh', 'stopInMidRefresh', []],
  ])('%s asks for what it says, for any account', async (testid, name, args) => {
    const bridge = await lab({ ...restingApp, account: serverAccount });
    await userEvent.click(screen.getByTestId(testid));
    expect(asked(bridge, name as never)).toEqual([args]);
  });

  it('sets the clock right again only where it was moved', async () => {
    const bridge = await lab(fixtures.resting);
    expect(screen.getByTestId('clock-right')).toBeDisabled();
    bridge.push(fixtures.time_moved);
    await settle();
    await userEvent.click(screen.getByTestId('clock-right'));
    expect(asked(bridge, 'clockBack')).toHaveLength(1);
  });

  it('shows what the app says is switched on, and goes back where it was refused', async () => {
    const bridge = await lab(labFixtures.lab_own_account);
    const offline = screen.getByTestId('lab-offline');
    expect(offline).toBeChecked();
    bridge.refuse.set('setOffline', { code: 'quitting', message: 'closing', exchange: null });
    await userEvent.click(offline);
    expect(await screen.findByTestId('lab-offline-error')).toHaveTextContent('closing');
    expect(offline).toBeChecked();
  });

  it('does nothing to a token where there is none, and says why', async () => {
    await lab(labFixtures.lab_signed_out);
    for (const testid of ['expire-now', 'refuse-now', 'stop-in-mid-refresh']) {
      expect(screen.getByTestId(testid)).toBeDisabled();
    }
    expect(screen.getAllByText('Sign in first: this needs a session.')).toHaveLength(3);
    expect(screen.getByTestId('sleep-28800000')).toBeEnabled();
  });
});

describe("the demo server's switches", () => {
  it('are absent for an account of one’s own', async () => {
    const bridge = await lab(labFixtures.lab_own_account);
    expect(screen.queryByTestId('lab-server')).toBeNull();
    expect(asked(bridge, 'demoState')).toEqual([]);
  });

  it('say so where the server does not run', async () => {
    await lab(labFixtures.lab_no_server);
    expect(screen.getByTestId('lab-server')).toHaveTextContent('does not run at the moment');
    expect(screen.queryByTestId('lab-fault')).toBeNull();
  });

  it.each<[string, string, object]>([
    ['lab-rotation', 'strict', { rotation: { kind: 'strict' } }],
    ['lab-rotation', 'grace', { rotation: { kind: 'grace', seconds: 10 } }],
    ['lab-tell', 'never', { tellRefreshToken: 'never' }],
    ['lab-shape', 'year9999', { lifetimeShape: 'year9999' }],
    ['lab-access-lifetime-unit', 'min', { accessLifetimeMs: 20 * MINUTE }],
    ['lab-fault', 'dropAfterRotating', { fault: { kind: 'dropAfterRotating' } }],
    ['lab-fault', 'hold', { fault: { kind: 'hold', afterHandling: false } }],
  ])('%s set to %s applies at once', async (testid, value, change) => {
    const bridge = await lab(fixtures.resting);
    await userEvent.selectOptions(screen.getByTestId(testid), value);
    expect(asked(bridge, 'changeDemoSwitches')).toHaveLength(1);
    expect(asked(bridge, 'changeDemoSwitches')[0]?.[0]).toMatchObject(change);
  });

  it.each<[string, object]>([
    ['lab-tell-lifetime', { tellRefreshLifetime: true }],
    ['lab-kill-old', { killOldAccessOnRefresh: true }],
    ['lab-envelope', { envelope: true }],
    ['lab-cookie', { cookieForm: true }],
  ])('%s is turned at once', async (testid, change) => {
    const bridge = await lab(fixtures.resting);
    await userEvent.click(screen.getByTestId(testid));
    expect(asked(bridge, 'changeDemoSwitches')).toEqual([[change]]);
  });

  it('take a number when one is done with it, and only one that can be', async () => {
    const bridge = await lab(labFixtures.lab_many);
    const enter = async (testid: string, text: string): Promise<void> => {
      const field = screen.getByTestId(testid);
      await userEvent.clear(field);
      await userEvent.type(field, text);
      await userEvent.tab();
    };
    await enter('lab-clock-offset', '-3');
    await enter('lab-latency', '-1');
    await enter('lab-fault-code', '700');
    expect(asked(bridge, 'changeDemoSwitches')).toEqual([[{ clockOffsetMs: -3 * HOUR }]]);
    expect(screen.getByTestId('lab-fault-code')).toHaveAttribute('aria-invalid', 'true');
    expect(screen.getByText('A number from 200 to 599.')).toBeVisible();
    await enter('lab-fault-wait', '9');
    expect(asked(bridge, 'changeDemoSwitches')[1]?.[0]).toMatchObject({
      fault: { kind: 'status', code: 503, retryAfter: { seconds: 9 }, times: 3 },
    });
  });

  it('can put every parameter of a fault together', async () => {
    const bridge = await lab(labFixtures.lab_many);
    await userEvent.selectOptions(screen.getByTestId('lab-fault-retry'), 'date');
    await userEvent.selectOptions(screen.getByTestId('lab-fault-body'), 'html');
    await userEvent.click(screen.getByTestId('lab-fault-after'));
    await userEvent.selectOptions(screen.getByTestId('lab-fault-often'), 'always');
    await userEvent.click(screen.getByTestId('lab-fault-on-logout'));
    const faults = asked(bridge, 'changeDemoSwitches').map(
      ([change]) => (change as { fault: unknown }).fault,
    );
    expect(faults).toEqual([
      expect.objectContaining({ retryAfter: { date: 30 } }),
      expect.objectContaining({ body: 'html' }),
      expect.objectContaining({ afterHandling: true }),
      expect.objectContaining({ times: null }),
      expect.objectContaining({ on: ['refresh', 'login', 'logout'] }),
    ]);
  });

  it('keep at least one kind of request', async () => {
    const bridge = await lab(labFixtures.lab_one);
    const refresh = screen.getByTestId('lab-fault-on-refresh');
    await userEvent.click(refresh);
    expect(asked(bridge, 'changeDemoSwitches')).toEqual([]);
    expect(refresh).toBeChecked();
    expect(screen.getByText('At least one kind of request.')).toBeVisible();
  });

  it('do not ask on which requests the API refuses', async () => {
    const fault = { kind: 'apiRefuses' as const, on: ['refresh' as const] };
    await lab(withSwitches({ fault }));
    expect(screen.queryByTestId('lab-fault-on-refresh')).toBeNull();
  });

  it('keep how often, and where, when the kind changes', () => {
    const before = { kind: 'refuse' as const, times: 2, on: ['login' as const] };
    expect(ofKind('html200', before)).toEqual({ kind: 'html200', times: 2, on: ['login'] });
  });

  it('go back to what is set where a change is refused', async () => {
    const bridge = await lab(fixtures.resting);
    bridge.refuse.set('changeDemoSwitches', {
      code: 'demo_unavailable',
      message: 'gone',
      exchange: null,
    });
    await userEvent.selectOptions(screen.getByTestId('lab-rotation'), 'strict');
    expect(await screen.findByTestId('lab-rotation-error')).toHaveTextContent('gone');
    expect(screen.getByTestId('lab-rotation')).toHaveValue('untilSuccessorUsed');
  });

  it.each([
    ['demo-expire', 'expire'],
    ['demo-revoke', 'revoke'],
  ])('%s acts at once', async (testid, act) => {
    const bridge = await lab(fixtures.resting);
    await userEvent.click(screen.getByTestId(testid));
    expect(asked(bridge, 'demoNow')).toEqual([[act]]);
  });

  it('tell a length of time in the biggest unit that is whole', () => {
    const among = ['ms', 's', 'min', 'h', 'd'] as const;
    expect([0, 1_500, 90_000, 120_000, 72 * HOUR].map((ms) => unitOf(ms, among))).toEqual([
      's',
      'ms',
      's',
      'min',
      'd',
    ]);
  });
});

describe("the server's counters", () => {
  beforeEach(() => {
    vi.useFakeTimers({ shouldAdvanceTime: false });
    return () => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: false });
    };
  });

  async function counting(): Promise<FakeBridge> {
    const bridge = await open(fixtures.resting);
    screen.getByTestId('nav-lab').click();
    await vi.advanceTimersByTimeAsync(0);
    return bridge;
  }

  function hide(hidden: boolean): void {
    Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }

  it('are asked for once a second, and shown', async () => {
    const bridge = await counting();
    bridge.state = { ...bridge.state, counters: { ...bridge.state.counters, refreshes: 7 } };
    await vi.advanceTimersByTimeAsync(3_000);
    expect(asked(bridge, 'demoState')).toHaveLength(4);
    const count = document.querySelector('[data-count=refreshes] dd');
    expect(count).toHaveTextContent('7');
  });

  it('are not asked for while the window is hidden, nor once one has gone elsewhere', async () => {
    const bridge = await counting();
    hide(true);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked(bridge, 'demoState')).toHaveLength(1);
    hide(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked(bridge, 'demoState')).toHaveLength(2);
    screen.getByTestId('nav-settings').click();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked(bridge, 'demoState')).toHaveLength(2);
  });

  it('stay, and are said to be old, while the server cannot be asked', async () => {
    const bridge = await counting();
    bridge.refuse.set('demoState', { code: 'demo_unavailable', message: '', exchange: null });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(screen.getByText(/counts cannot be had/)).toBeVisible();
    expect(screen.getByTestId('lab-counters')).toBeVisible();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(screen.queryByText(/counts cannot be had/)).toBeNull();
  });
});
