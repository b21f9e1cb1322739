import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import App from '../src/App.svelte';
import type { ApiCall } from '../src/contract';
import { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures, type FixtureName } from '../src/gallery/fixtures';
import { exchange, NOW, SECOND, serverAccount } from '../src/gallery/parts';
import { speak } from '../src/language.svelte';
import { Clock } from '../src/time/clock.svelte';
import { asked, open, settle } from './open';

function countdown(): string {
  return screen.getByTestId('countdown').textContent;
}

describe('every state', () => {
  it.each(Object.keys(fixtures) as FixtureName[])('%s can be shown', async (name) => {
    const view = fixtures[name];
    await open(view);
    const main = screen.getByRole('main');
    expect(main).toHaveAttribute('data-status', view.session.status.kind);
    expect(main).toHaveAttribute('data-sentence', view.session.sentence.kind);
    expect(within(main).getAllByRole('heading', { level: 1 })).toHaveLength(1);
    expect(main.innerHTML).not.toMatch(/style="|undefined|NaN|\[object/);
  });
});

describe('the countdown', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    return () => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: false });
    };
  });

  async function running(name: FixtureName): Promise<FakeBridge> {
    return open(fixtures[name], new Clock());
  }

  it('is computed from the deadline, however late a beat comes', async () => {
    await running('resting');
    expect(countdown()).toContain('0:13');
    expect(screen.getByTestId('sentence')).toHaveTextContent('Renews by itself in 0:09.');
    await vi.advanceTimersByTimeAsync(3_020);
    expect(countdown()).toContain('0:10');
    expect(screen.getByTestId('sentence')).toHaveTextContent('Renews by itself in 0:06.');
    // A sleep: the clock is far on, and nothing ticked meanwhile.
    vi.setSystemTime(NOW + 12 * SECOND);
    await vi.advanceTimersByTimeAsync(60);
    expect(countdown()).toContain('0:01');
  });

  it('stands still while the window is hidden, and costs nothing', async () => {
    await running('resting');
    await vi.advanceTimersByTimeAsync(2_000);
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    document.dispatchEvent(new Event('visibilitychange'));
    expect(vi.getTimerCount()).toBe(0);
    await settle();
    const before = countdown();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(countdown()).toBe(before);
    Object.defineProperty(document, 'hidden', { configurable: true, value: false });
    document.dispatchEvent(new Event('visibilitychange'));
    await settle();
    expect(countdown()).toContain('0:06');
  });

  it('announces the sentence once, and not every second', async () => {
    const bridge = await running('resting');
    await vi.advanceTimersByTimeAsync(2_000);
    const announced = screen.getByTestId('announcement');
    expect(announced).toHaveTextContent("You're signed in. Renews by itself.");
    const changes: string[] = [];
    new MutationObserver(() => changes.push(announced.textContent)).observe(announced, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    await vi.advanceTimersByTimeAsync(3_000);
    // A renewal that is over in a moment is not worth interrupting anybody for.
    bridge.push(fixtures.refreshing);
    await vi.advanceTimersByTimeAsync(400);
    bridge.push(fixtures.resting);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(changes).toEqual([]);
  });

  it('counts to the next try once the token has ended', async () => {
    await running('waiting_expired');
    expect(countdown()).toContain('0:12');
    await vi.advanceTimersByTimeAsync(2_020);
    expect(countdown()).toContain('0:10');
  });
});

describe('the session screen', () => {
  it('says where the facts come from', async () => {
    await open(fixtures.resting);
    const facts = screen.getByTestId('facts');
    expect(facts).toHaveAttribute('data-refreshes', '4');
    expect(facts).toHaveAttribute('data-fingerprint', 'a3f09b');
    expect(facts).toHaveTextContent('expires 14:32:30 · 20 s');
    expect(facts).toHaveTextContent('rotates · end not told');
    expect(facts).toHaveTextContent('0.0 s ± 0.1');
  });

  it('is honest about what is unknown', async () => {
    await open(fixtures.assumed);
    const facts = screen.getByTestId('facts');
    expect(facts).toHaveTextContent('assumed 1 h: the server told none (it said “soon”)');
    expect(facts).toHaveTextContent('not measured yet');
  });

  it('tells a clock that is ahead in words', async () => {
    await open(fixtures.resting_hour);
    expect(screen.getByTestId('facts')).toHaveTextContent(
      'your clock is 4 min 12 s ahead; corrected',
    );
  });

  it('tells a difference no finer than it was measured', async () => {
    const app = fixtures.resting_hour;
    const clock = { offsetMs: -3_599_400, boundMs: 620 };
    await open({ ...app, session: { ...app.session, clock } });
    expect(screen.getByTestId('facts')).toHaveTextContent('your clock is 1 h ahead; corrected');
  });

  it.each<[FixtureName, string, string]>([
    [
      'assumed',
      "not measured yet; this computer's clock is used as it is",
      '尚未测量，按本机时钟计算，未校正',
    ],
    [
      'clock_jumped_back',
      'your clock is 4 min 12 s behind; corrected',
      '本机时钟慢 4 分钟 12 秒，已校正',
    ],
    [
      'clock_remembered',
      'your clock is 4 min 12 s ahead, as measured before; corrected',
      '本机时钟快 4 分钟 12 秒，为先前测得，已校正',
    ],
    [
      'clock_remembered_behind',
      'your clock is 3 h behind, as measured before; corrected',
      '本机时钟慢 3 小时，为先前测得，已校正',
    ],
    ['clock_remembered_small', '0.4 s, as measured before', '0.4 秒，为先前测得'],
  ])('says of the clock in %s what was measured, and when', async (name, english, chinese) => {
    await open(fixtures[name]);
    const fact = document.querySelector('[data-fact="clock"] dd');
    expect(fact).toHaveTextContent(english);
    speak('zh-CN');
    await settle();
    expect(fact).toHaveTextContent(chinese);
  });

  it.each<[FixtureName, string]>([
    ['unsaved_other', 'Input/output error (os error 5)'],
    ['put_off_no_permission', 'Permission denied (os error 13)'],
  ])('keeps the words of the system within reach in %s', async (name, words) => {
    await open(fixtures[name]);
    const detail = screen.getByTestId('trouble-detail');
    expect(detail).not.toHaveAttribute('open');
    await userEvent.click(within(detail).getByText('Technical details'));
    expect(within(detail).getByText(words)).toHaveAttribute('lang', 'en');
  });

  it('says of the last token of a session that is over how long it is accepted', async () => {
    await open(fixtures.needs_sign_in);
    const fact = document.querySelector('[data-fact=access] dd');
    expect(fact).toHaveTextContent('still accepted until 15:20:17; not renewed any more');
    expect(screen.queryByTestId('lifetime-20000')).toBeNull();
  });

  it('opens the exchange from the line of why', async () => {
    await open(fixtures.resting);
    const why = screen.getByTestId('why');
    expect(why).toHaveTextContent(
      'Renewed 14:32:10 · window came to front, with 4 s left then · 200 · 34 ms',
    );
    await userEvent.click(why);
    const dialog = screen.getByTestId('exchange-dialog');
    expect(dialog).toHaveTextContent('POST http://127.0.0.1:43117/api/refresh_token');
    expect(dialog).toHaveTextContent('{"refreshToken":"[7c41e9]"}');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Close' }));
    expect(screen.queryByTestId('exchange-dialog')).toBeNull();
  });

  it('asks for what its buttons say', async () => {
    const bridge = await open(fixtures.resting);
    await userEvent.click(screen.getByTestId('renew-now'));
    await userEvent.click(screen.getByTestId('lifetime-60000'));
    await userEvent.click(screen.getByTestId('sign-out'));
    expect(bridge.asked.map((one) => one.name)).toEqual([
      'subscribe',
      'renewNow',
      'chooseDemoLifetime',
      'signOut',
    ]);
    expect(asked(bridge, 'chooseDemoLifetime')).toEqual([[60_000]]);
  });

  it('offers the lifetime for the demo only, and the API only where there is one', async () => {
    await open({ ...fixtures.resting_hour, account: { ...serverAccount, api: false } });
    expect(screen.queryByTestId('lifetime-20000')).toBeNull();
    expect(screen.queryByTestId('call-api')).toBeNull();
    expect(screen.getByTestId('renew-now')).toBeVisible();
  });

  it.each<[Partial<ApiCall>, string]>([
    [{}, 'The API accepted your token: fresh token used.'],
    [{ how: 'refreshed_first' }, 'The API accepted your token: refreshed first.'],
    [
      { how: 'repeated' },
      'Accepted at the second attempt: the API answered 401 first, the token was renewed, and the call repeated once.',
    ],
    [
      { how: 'repeated', result: 'refused' },
      'The API refused your token, and the renewed one too.',
    ],
    [{ result: 'not_allowed' }, 'The API knows your token, but it does not allow this call.'],
    [{ result: 'no_answer' }, 'The API gave no useful answer.'],
    [
      { how: 'no_token', result: 'not_called', exchanges: [], nextTryMs: NOW + 9 * SECOND },
      'There was no token to call with, so the API was not called. Next try at 14:32:26.',
    ],
  ])('says what came of calling the API: %j', async (change, words) => {
    const bridge = await open(fixtures.resting);
    bridge.apiCall = { ...bridge.apiCall, exchanges: [exchange(), exchange()], ...change };
    await userEvent.click(screen.getByTestId('call-api'));
    const result = await screen.findByTestId('api-result');
    expect(result).toHaveTextContent(words);
    if (change.exchanges) return;
    await userEvent.click(within(result).getByRole('button', { name: 'Details' }));
    expect(screen.getByTestId('exchange-dialog')).toHaveTextContent('Call 2');
  });

  it('names a damaged file in words, whole, with what was found as technical text', async () => {
    await open(fixtures.notices);
    speak('zh-CN');
    await settle();
    const notice = screen.getAllByTestId('notice')[1];
    expect(notice).toHaveTextContent(
      '一个会话存档文件已损坏，已另存为 main-a.json.damaged-1，无需处理。 技术信息：slot A: the file is cut short',
    );
    const whole = [...(notice?.querySelectorAll('.file') ?? [])].map((file) => file.textContent);
    expect(whole).toEqual(['main-a.json.damaged-1', 'main-a.json.damaged-1']);
  });

  it('says why an action did not work, with the evidence', async () => {
    const bridge = await open(fixtures.resting);
    bridge.refuse.set('renewNow', {
      code: 'unreachable',
      message: 'connect: refused',
      exchange: null,
    });
    await userEvent.click(screen.getByTestId('renew-now'));
    const error = await screen.findByTestId('action-error');
    expect(error).toHaveTextContent('The server could not be reached.');
    expect(error).toHaveTextContent('connect: refused');
  });

  it.each<[FixtureName, string]>([
    ['paused', 'Resume now'],
    ['waiting_valid', 'Try now'],
    ['resting', 'Renew now'],
  ])('names renewing in %s by what it does', async (name, words) => {
    await open(fixtures[name]);
    expect(screen.getByTestId('renew-now')).toHaveTextContent(words);
  });

  it.each<[FixtureName, string | null]>([
    ['unclear', 'sign-in-again'],
    ['stopped', 'open-settings'],
    ['waiting_valid', 'renew-now'],
    ['another_copy', null],
    ['refreshing', null],
    ['throttled', null],
    ['paused', null],
    ['unsaved', null],
  ])('points out in %s what its sentence asks for: %s', async (name, testid) => {
    await open(fixtures[name]);
    const primary = [...document.querySelectorAll<HTMLElement>('main .button.primary')];
    expect(primary.map((button) => button.dataset['testid'])).toEqual(testid ? [testid] : []);
  });

  it('says below the sentence what one can do, and says it to readers too', async () => {
    await open(fixtures.portal);
    expect(screen.getByTestId('hint')).toHaveTextContent('Open a browser and sign in');
    await waitFor(
      () => {
        expect(screen.getByTestId('announcement')).toHaveTextContent('Open a browser and sign in');
      },
      { timeout: 3_000 },
    );
  });

  it('does not offer to renew what cannot be renewed', async () => {
    await open(fixtures.no_refresh_token);
    expect(screen.queryByTestId('renew-now')).toBeNull();
  });

  it('points to Settings where the settings are what must be mended', async () => {
    await open(fixtures.stopped);
    await userEvent.click(screen.getByTestId('open-settings'));
    expect(screen.getByTestId('settings')).toBeVisible();
    expect(screen.getByTestId('nav-settings')).toHaveAttribute('aria-current', 'page');
  });

  it('tries the keychain again when asked', async () => {
    const bridge = await open(fixtures.locked);
    await userEvent.click(screen.getByTestId('try-again'));
    expect(asked(bridge, 'tryAgain')).toHaveLength(1);
  });

  it('signs in to the demo again with one click', async () => {
    const bridge = await open(fixtures.needs_sign_in);
    await userEvent.click(screen.getByTestId('sign-in-again'));
    expect(asked(bridge, 'tryDemo')).toHaveLength(1);
  });

  it('offers signing in beside a session that goes on', async () => {
    await open(fixtures.unclear);
    expect(screen.queryByTestId('field-password')).toBeNull();
    await userEvent.click(screen.getByTestId('sign-in-again'));
    expect(screen.getByTestId('field-password')).toBeVisible();
    expect(screen.getByTestId('renew-now')).toBeVisible();
  });
});

describe('the window', () => {
  it('shows a quiet moment, and never first start, until it is known who is signed in', async () => {
    const bridge = new FakeBridge();
    render(App, { bridge, clock: new Clock(() => NOW) });
    await settle();
    const expectMoment = (): void => {
      expect(screen.getByTestId('sentence')).toHaveTextContent('One moment.');
      expect(screen.queryByTestId('welcome')).toBeNull();
    };
    expectMoment();
    bridge.push(fixtures.restoring);
    await settle();
    expectMoment();
    bridge.push(fixtures.resting);
    await settle();
    expect(screen.getByTestId('sentence')).toHaveTextContent("You're signed in.");
  });

  it('opens the demo from the first door', async () => {
    const bridge = await open(fixtures.welcome);
    await userEvent.click(screen.getByTestId('try-it'));
    expect(asked(bridge, 'tryDemo')).toHaveLength(1);
  });

  it('says at the door why the demo does not run', async () => {
    await open(fixtures.demo_problem);
    const problem = screen.getByTestId('demo-problem');
    expect(problem).toHaveTextContent("Another program uses the demo server's port.");
    expect(problem).toHaveTextContent('port 43117 is in use');
  });

  it('tells notices until they are dismissed', async () => {
    const bridge = await open(fixtures.notices);
    expect(screen.getAllByTestId('notice')).toHaveLength(2);
    await userEvent.click(screen.getAllByTestId('notice-dismiss')[1] as HTMLElement);
    expect(asked(bridge, 'dismissNotice')).toEqual([[2]]);
  });

  it('says why a server was not told of a sign-out', async () => {
    await open(fixtures.notices_of_sign_outs);
    const told = screen.getAllByTestId('notice').map((one) => one.textContent);
    expect(told[1]).toContain('this server cannot be told; what it gave stays valid until');
    expect(told[2]).toContain('left to expire at its server, because you signed in again.');
    expect(told[3]).toContain('for so long that it is no longer tried.');
    expect(told[3]).toContain('alice · 127.0.0.1:43117 · connect: refused');
  });

  it('says so when the app cannot be reached', async () => {
    const bridge = new FakeBridge();
    bridge.refuse.set('subscribe', 'not allowed');
    render(App, { bridge, clock: new Clock(() => NOW) });
    expect(await screen.findByRole('alert')).toHaveTextContent('That did not work. not allowed');
  });
});
