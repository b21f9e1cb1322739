import { screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import type { Entry, What } from '../src/contract';
import { fullActivity, richActivity, Scribe } from '../src/gallery/activity-fixtures';
import type { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import { NOW, SECOND } from '../src/gallery/parts';
import { switchWords } from '../src/activity/switch-words';
import { speak } from '../src/language.svelte';
import { asked, open, settle } from './open';

async function openActivity(entries: Entry[] = richActivity): Promise<FakeBridge> {
  const bridge = await open(fixtures.resting);
  bridge.entries = entries;
  press(screen.getByTestId('nav-activity'));
  await settle();
  return bridge;
}

function shown(): HTMLElement[] {
  return screen.queryAllByTestId('activity-entry');
}

function line(seq: number): HTMLElement {
  const found = shown().find((one) => one.dataset['seq'] === String(seq));
  if (!found) throw new Error(`no line for ${seq}`);
  return found;
}

/** In a long list a whole pointer's journey takes the test's page seconds. */
function press(button: HTMLElement | null): void {
  button?.click();
}

function text(element: HTMLElement): string {
  return element.textContent.replace(/\s+/g, ' ').trim();
}

function lineOf(test: (entry: Entry) => boolean): HTMLElement {
  const entry = richActivity.find(test);
  if (!entry) throw new Error('no such entry');
  return line(entry.seq);
}

function byPurpose(purpose: string, outcome: string): (entry: Entry) => boolean {
  return ({ what }) =>
    what.kind === 'exchange' && what.purpose === purpose && what.outcome.kind === outcome;
}

const retried = richActivity.filter(
  ({ what }) => what.kind === 'exchange' && what.purpose === 'refresh' && what.sent === 'd2518c',
);

async function search(words: string): Promise<void> {
  const field = screen.getByTestId('activity-search');
  await userEvent.clear(field);
  if (words) await userEvent.type(field, words);
  await settle();
}

describe('the activity', () => {
  it('is watched while it is shown, and no longer', async () => {
    const bridge = await openActivity();
    expect(asked(bridge, 'watchActivity')).toHaveLength(1);
    bridge.tell([{ ...(richActivity[0] as Entry), seq: 900 }]);
    await settle();
    expect(asked(bridge, 'watchActivity')).toHaveLength(1);
    expect(asked(bridge, 'stopWatchingActivity')).toHaveLength(0);
    await userEvent.click(screen.getByTestId('nav-session'));
    expect(asked(bridge, 'stopWatchingActivity')).toHaveLength(1);
  });

  it('tells everything, the newest at the end', async () => {
    await openActivity();
    expect(shown().map((one) => Number(one.dataset['seq']))).toEqual(
      richActivity.map(({ seq }) => seq),
    );
    expect(screen.getByTestId('activity-count')).toHaveTextContent(
      `${richActivity.length} entries`,
    );
  });

  it('says of a refresh why, what was asked, what came, how long it took and with which tokens', async () => {
    await openActivity();
    const done = lineOf(({ what }) => what.kind === 'exchange' && what.sent === '7c41e9');
    expect(text(done)).toBe(
      '14:28:46 Renewed, because the app started POST /api/refresh_token · 200 · 34 ms · sent 7c41e9 → new access a3f09b new refresh d2518c',
    );
  });

  it('says of a refresh that failed what came of it, in the words of the Session screen', async () => {
    await openActivity();
    expect(text(line(retried[0]?.seq ?? 0))).toContain(
      'Tried to renew, because it was time: answer lost POST /api/refresh_token · no answer · 210 ms',
    );
    const throttled = lineOf(
      ({ what }) => what.kind === 'exchange' && what.exchange.status === 429,
    );
    expect(text(throttled)).toContain('Tried to renew, because you asked: asked to wait');
  });

  it.each<[string, (entry: Entry) => boolean, string]>([
    [
      'a decision',
      ({ what }) => what.kind === 'decision' && what.trigger === 'focus' && what.effects.length > 0,
      'Window came to front: a renewal begins signed in → renewing',
    ],
    [
      'a decision to do nothing',
      ({ what }) => what.kind === 'decision' && what.trigger === 'focus',
      'Window came to front: nothing to do',
    ],
    [
      'a decision with several effects',
      ({ what }) => what.kind === 'decision' && what.input === 'signed_out',
      'You signed out: the tokens are forgotten, then the tokens of an ended session are given back',
    ],
    [
      'a step on disk',
      ({ what }) => what.kind === 'disk' && what.step === 'locked',
      'The refresh lock was taken 1 ms',
    ],
    [
      'an intent, with the token that is about to be sent',
      ({ what }) => what.kind === 'disk' && what.token === 'd2518c',
      'The intent to renew was written down 4 ms · to be sent d2518c',
    ],
    [
      'a step on disk that failed',
      ({ what }) => what.kind === 'disk' && what.trouble !== null,
      'Writing down the intent to renew did not work: the disk is full 3 ms',
    ],
    [
      'a switch of the demo server',
      ({ what }) => what.kind === 'switch' && what.to.includes('html200'),
      'The demo server · What goes wrong: A sign-in page of a network (200, HTML)',
    ],
    ['all well', ({ what }) => what.kind === 'switch' && what.name === 'all_well', 'Make all well'],
    ['a start', ({ what }) => what.kind === 'app' && what.did === 'start', 'The app started'],
    ['an API call', byPurpose('api', 'good'), 'The API accepted the token GET /api/me · 200'],
    [
      'a sign-out',
      byPurpose('sign_out', 'good'),
      'The server was told of the sign-out POST /api/logout · 200 · 21 ms · sent 18aa3e',
    ],
  ])('says %s in words', async (_, which, words) => {
    await openActivity();
    expect(text(lineOf(which))).toContain(words);
  });

  it('is said in Chinese too', async () => {
    await openActivity();
    speak('zh-CN');
    await settle();
    expect(text(line(retried[0]?.seq ?? 0))).toContain(
      '尝试续期（到了续期时间）：应答未完整送达 POST /api/refresh_token · 无应答 · 210 毫秒',
    );
  });

  it.each([
    ['clock', '+3600 s', 'Clock: An hour ahead', '时钟：拨快一小时'],
    ['clock', 'right', 'Clock: Right again', '时钟：恢复'],
    ['sleep', '28800 s', 'Sleep: 8 h', '睡眠：8 小时'],
    ['offline', 'on', 'Offline: on', '离线：开启'],
    [
      'rotation',
      '{"kind":"grace","seconds":10}',
      'The demo server · Rotation: Good for a while longer (10 s)',
      null,
    ],
    ['clockOffsetMs', '-60000', "The demo server · The server's clock is ahead by: −1 min", null],
    ['envelope', 'true', 'The demo server · Answers in an envelope: on', null],
    ['demo_revoke', 'every session', 'The demo server · Revoke all sessions', null],
    ['something_new', 'as it came', 'something_new: as it came', null],
  ])('calls the switch %s (%s) what the Lab calls it', (name, to, english, chinese) => {
    expect(switchWords({ kind: 'switch', name, to })).toBe(english);
    if (chinese === null) return;
    speak('zh-CN');
    expect(switchWords({ kind: 'switch', name, to })).toBe(chinese);
  });

  it('says when there is nothing yet', async () => {
    await open(fixtures.welcome);
    await userEvent.click(screen.getByTestId('nav-activity'));
    await settle();
    expect(screen.getByTestId('activity-nothing')).toHaveTextContent(
      'Nothing is listed yet. Every step shows up here as it is done.',
    );
    expect(screen.getByTestId('activity-clear')).toBeDisabled();
    expect(screen.queryByTestId('activity-list')).toBeNull();
  });

  it('says why it cannot be shown', async () => {
    const bridge = await open(fixtures.resting);
    bridge.refuse.set('watchActivity', { code: 'quitting', message: '', exchange: null });
    await userEvent.click(screen.getByTestId('nav-activity'));
    expect(await screen.findByTestId('activity-lost')).toHaveTextContent('The app is closing.');
  });

  it('announces new entries as a count, together, and not each', async () => {
    vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout'] });
    const bridge = await open(fixtures.resting);
    screen.getByTestId('nav-activity').click();
    await settle();
    const announced = screen.getByTestId('activity-announcement');
    bridge.tell(richActivity.slice(0, 2));
    await vi.advanceTimersByTimeAsync(1_000);
    bridge.tell(richActivity.slice(2, 3));
    expect(announced).toHaveTextContent('');
    await vi.advanceTimersByTimeAsync(1_600);
    expect(announced).toHaveTextContent('3 new entries');
  });
});

describe('a refresh token that was sent before', () => {
  it('is marked on its line, with when that was', async () => {
    await openActivity();
    expect(retried).toHaveLength(2);
    const marks = screen.getAllByTestId('sent-before');
    expect(within(line(retried[1]?.seq ?? 0)).getByTestId('sent-before')).toHaveTextContent(
      'This refresh token was sent before, at 14:29:02',
    );
    expect(within(line(retried[0]?.seq ?? 0)).queryByTestId('sent-before')).toBeNull();
    expect(marks).toHaveLength(richActivity.filter((one) => one.sentBefore !== null).length);
  });

  it('leads to where it was sent first, even where the filter hides that', async () => {
    await openActivity();
    await search('9f10aa');
    expect(shown()).toHaveLength(1);
    await userEvent.click(within(screen.getByTestId('sent-before')).getByRole('button'));
    await settle();
    const first = line(retried[0]?.seq ?? 0);
    expect(first.contains(document.activeElement)).toBe(true);
    expect(screen.getByTestId('activity-search')).toHaveValue('');
  });

  it('leads far back in a long list', async () => {
    const entries = fullActivity(1_000);
    const first = entries.find(({ what }) => what.kind === 'exchange' && what.reason) as Entry;
    const last = { ...first, seq: 9_000, sentBefore: first.seq };
    await openActivity([...entries, last]);
    expect(shown().some((one) => one.dataset['seq'] === String(first.seq))).toBe(false);
    press(screen.getByTestId('sent-before').querySelector('button'));
    await settle();
    expect(line(first.seq).contains(document.activeElement)).toBe(true);
  }, 20_000);

  it('is marked also where the entry that sent it is not kept any more', async () => {
    const entry = { ...(retried[1] as Entry), sentBefore: 3 };
    await openActivity([entry]);
    const mark = screen.getByTestId('sent-before');
    expect(mark).toHaveTextContent('An earlier entry with this refresh token is no longer kept.');
    expect(within(mark).queryByRole('button')).toBeNull();
  });
});

describe('a refresh token that was about to be sent when the process ended', () => {
  const entries = new Scribe(NOW)
    .note({ kind: 'disk', step: 'intent_written', tookMs: 2, trouble: null, token: '9f10aa' })
    .note(retried[1]?.what as What).entries;
  const again = { ...(entries[1] as Entry), sentBefore: 1 };

  it('is said to have perhaps been sent before', async () => {
    await openActivity([entries[0] as Entry, again]);
    expect(screen.getByTestId('sent-before')).toHaveTextContent(
      'This refresh token may have been sent before, at 14:32:17',
    );
    await userEvent.click(line(again.seq).querySelector('[data-open]') as HTMLElement);
    expect(screen.getByTestId('activity-detail')).toHaveTextContent('May have been sent');
  });
});

describe('a decision', () => {
  const came: What = {
    kind: 'decision',
    input: 'came',
    trigger: 'focus',
    leftMs: 3_600,
    from: 'resting',
    to: 'refreshing',
    why: '',
    effects: ['refresh'],
    next: null,
  };

  it.each([
    [3_600, 'Window came to front, 4 s left: a renewal begins'],
    [-8 * 3_600_000, 'Window came to front, 8 h past its end: a renewal begins'],
    [null, 'Window came to front: a renewal begins'],
  ])('says what was left of the token: %s', async (leftMs, said) => {
    await openActivity(new Scribe(NOW).note({ ...came, leftMs }).entries);
    expect(shown()[0]).toHaveTextContent(said);
  });
});

describe('a fingerprint', () => {
  it('shows every place where it occurs when it is pressed', async () => {
    await openActivity();
    const places = screen.getAllByRole('button', { name: 'Show where d2518c occurs' });
    expect(places).toHaveLength(5);
    await userEvent.click(places[0] as HTMLElement);
    for (const place of places) expect(place).toHaveAttribute('aria-pressed', 'true');
    const marking = screen.getByTestId('activity-marking');
    expect(marking).toHaveTextContent('d2518c occurs in 5 entries.');
    await userEvent.click(within(marking).getByText('Show only these'));
    expect(shown()).toHaveLength(5);
    await userEvent.click(within(marking).getByText('Unmark'));
    expect(screen.queryByTestId('activity-marking')).toBeNull();
  });
});

describe('looking for something', () => {
  it('searches everything that is shown, the answers included', async () => {
    await openActivity();
    await search('guest network');
    expect(shown()).toHaveLength(1);
    await search('RENEWED focus-that-is-nowhere');
    expect(screen.getByTestId('activity-nothing')).toHaveTextContent(
      'Nothing matches your search.',
    );
    await search('429');
    expect(shown().map((one) => one.dataset['kind'])).toContain('exchange');
  });

  it.each([
    ['requests', 'exchange'],
    ['decisions', 'decision'],
    ['disk', 'disk'],
    ['lab', 'switch'],
  ])('hides %s when they are switched off, and says how many are hidden', async (kind, what) => {
    await openActivity();
    const count = richActivity.filter((one) => one.what.kind === what).length;
    await userEvent.click(screen.getByTestId(`activity-filter-${kind}`));
    expect(shown().filter((one) => one.dataset['kind'] === what)).toHaveLength(0);
    expect(shown()).toHaveLength(richActivity.length - count);
    expect(screen.getByTestId('activity-count')).toHaveTextContent(
      `${richActivity.length} entries, ${count} of them hidden`,
    );
    await userEvent.click(screen.getByTestId('activity-show-all'));
    expect(shown()).toHaveLength(richActivity.length);
  });

  it('shows only what failed', async () => {
    await openActivity();
    await userEvent.click(screen.getByTestId('activity-filter-failures'));
    const statuses = shown().map(text).join('\n');
    expect(statuses).toContain('answer lost');
    expect(statuses).toContain('answered by something else');
    expect(statuses).toContain('did not work: the disk is full');
    expect(statuses).not.toContain('Renewed, because');
  });

  it('says so when nothing failed', async () => {
    await openActivity(new Scribe(NOW - SECOND).start().signIn('a1a1a1', 'b2b2b2').entries);
    await userEvent.click(screen.getByTestId('activity-filter-failures'));
    expect(screen.getByTestId('activity-nothing')).toHaveTextContent('Nothing has failed.');
  });
});

describe('a long activity', () => {
  it('stands on the page in part, and goes on to what is earlier', async () => {
    await openActivity(fullActivity());
    expect(screen.getByTestId('activity-count')).toHaveTextContent('4000 entries');
    expect(shown()).toHaveLength(200);
    expect(shown().at(-1)).toHaveAttribute('data-seq', '4000');
    const earlier = screen.getByTestId('activity-earlier');
    expect(earlier).toHaveTextContent('Show earlier (3800 more)');
    press(earlier);
    await settle();
    expect(shown()).toHaveLength(400);
    expect(shown()[0]).toHaveAttribute('data-seq', '3601');
  }, 20_000);

  it('keeps no more than the app does', async () => {
    const bridge = await openActivity(fullActivity());
    bridge.tell([{ ...(richActivity[0] as Entry), seq: 4_001 }]);
    await settle();
    expect(screen.getByTestId('activity-count')).toHaveTextContent('4000 entries');
    expect(shown().at(-1)).toHaveAttribute('data-seq', '4001');
  });
});

describe('following', () => {
  function scrollable(): HTMLElement {
    const box = screen.getByTestId('activity-list').parentElement as HTMLElement;
    Object.defineProperty(box, 'scrollHeight', { configurable: true, value: 5_000 });
    Object.defineProperty(box, 'clientHeight', { configurable: true, value: 400 });
    return box;
  }

  function scrollTo(box: HTMLElement, top: number): void {
    box.scrollTop = top;
    box.dispatchEvent(new Event('scroll'));
  }

  it('is on at first; scrolling up turns it off, and the button turns it on again', async () => {
    const bridge = await openActivity();
    const box = scrollable();
    const follow = screen.getByTestId('activity-follow');
    expect(follow).toHaveAttribute('aria-pressed', 'true');
    scrollTo(box, 4_600);
    await settle();
    expect(follow).toHaveAttribute('aria-pressed', 'true');
    scrollTo(box, 3_000);
    await settle();
    expect(follow).toHaveAttribute('aria-pressed', 'false');
    bridge.tell([{ ...(richActivity[0] as Entry), seq: 901 }]);
    await settle();
    expect(box.scrollTop).toBe(3_000);
    expect(follow).toHaveTextContent('Follow · 1 new');
    await userEvent.click(follow);
    await settle();
    expect(box.scrollTop).toBe(5_000);
    expect(follow).toHaveTextContent(/^Follow$/);
  });

  it('brings what is new into sight while it is on', async () => {
    const bridge = await openActivity();
    const box = scrollable();
    bridge.tell([{ ...(richActivity[0] as Entry), seq: 901 }]);
    await settle();
    expect(box.scrollTop).toBe(5_000);
  });
});

describe('by keyboard', () => {
  it('one goes from line to line, opens one, and comes back to it', async () => {
    await openActivity();
    const lines = shown();
    const stops = lines.flatMap((one) => [...one.querySelectorAll<HTMLElement>('[tabindex="0"]')]);
    expect(stops.every((one) => lines.at(-1)?.contains(one))).toBe(true);
    stops[0]?.focus();
    await userEvent.keyboard('{ArrowUp}{ArrowUp}');
    const third = lines.at(-3) as HTMLElement;
    expect(third.contains(document.activeElement)).toBe(true);
    await userEvent.keyboard('{Home}');
    expect(lines[0]?.contains(document.activeElement)).toBe(true);
    await userEvent.keyboard('{ArrowDown}{Enter}');
    const detail = await screen.findByTestId('activity-detail');
    await userEvent.click(within(detail).getByRole('button', { name: 'Close' }));
    await settle();
    expect(screen.queryByTestId('activity-detail')).toBeNull();
    expect(lines[1]?.contains(document.activeElement)).toBe(true);
  });

  it('one goes on from the first line of the page to earlier ones', async () => {
    await openActivity(fullActivity(500));
    shown()[0]?.querySelector<HTMLElement>('[data-open]')?.focus();
    await userEvent.keyboard('{Home}{ArrowUp}');
    await settle();
    expect(shown()[0]).toHaveAttribute('data-seq', '101');
    expect(line(301).contains(document.activeElement)).toBe(true);
    await userEvent.keyboard('{ArrowUp}');
    expect(line(300).contains(document.activeElement)).toBe(true);
  });
});

describe('the detail', () => {
  async function openDetail(seq: number): Promise<HTMLElement> {
    await userEvent.click(within(line(seq)).getAllByRole('button')[0] as HTMLElement);
    return screen.findByTestId('activity-detail');
  }

  function fact(detail: HTMLElement, label: string): Element | null {
    return within(detail).getByText(label, { selector: 'dt' }).nextElementSibling;
  }

  it('shows the request and its answer, and copies it as a curl command', async () => {
    const bridge = await openActivity();
    const seq = retried[1]?.seq ?? 0;
    const detail = await openDetail(seq);
    expect(fact(detail, 'Why')).toHaveTextContent('It was time');
    expect(fact(detail, 'Token sent')).toHaveTextContent('d2518c');
    expect(fact(detail, 'Sent before')).toHaveTextContent('14:29:02');
    expect(detail).toHaveTextContent('POST http://127.0.0.1:43117/api/refresh_token');
    expect(detail).toHaveTextContent('{"refreshToken":"[d2518c]"}');
    await userEvent.click(within(detail).getByTestId('copy-curl'));
    expect(asked(bridge, 'copyAsCurl')).toEqual([[seq]]);
    expect(detail).toHaveTextContent('Copied, with the secrets left out.');
  });

  it('says why copying did not work', async () => {
    const bridge = await openActivity();
    bridge.refuse.set('copyAsCurl', new Error('no clipboard'));
    const detail = await openDetail(retried[1]?.seq ?? 0);
    await userEvent.click(within(detail).getByTestId('copy-curl'));
    expect(await screen.findByTestId('copy-error')).toHaveTextContent('no clipboard');
    expect(detail).not.toHaveTextContent('Copied');
  });

  it('tells a decision in words, with the rule in English', async () => {
    await openActivity();
    const renewed = richActivity.find(
      ({ what }) => what.kind === 'decision' && what.input === 'renewed',
    );
    const detail = await openDetail(renewed?.seq ?? 0);
    expect(fact(detail, 'Before')).toHaveTextContent('Renewing');
    expect(fact(detail, 'After')).toHaveTextContent('Signed in');
    expect(fact(detail, 'To be done')).toHaveTextContent('The new token is put to use');
    expect(within(detail).getByText(/renews what is due/)).toHaveAttribute('lang', 'en');
    expect(within(detail).queryByTestId('copy-curl')).toBeNull();
  });

  it('tells of the disk what the system said', async () => {
    await openActivity();
    const failed = richActivity.find(({ what }) => what.kind === 'disk' && what.trouble);
    expect(await openDetail(failed?.seq ?? 0)).toHaveTextContent(
      'No space left on device (os error 28)',
    );
  });
});

describe('taking it along', () => {
  it.each([
    ['export-jsonl', 'json_lines'],
    ['export-markdown', 'markdown'],
  ])('%s says where it went', async (testid, format) => {
    const bridge = await openActivity();
    await userEvent.click(screen.getByTestId(testid));
    expect(asked(bridge, 'exportActivity')).toEqual([[format]]);
    expect(screen.getByTestId('activity-told')).toHaveTextContent(
      'All of it was written to /home/alice/activity.jsonl, with secrets left out.',
    );
  });

  it('says nothing when that was cancelled', async () => {
    const bridge = await openActivity();
    bridge.exportActivity = () => Promise.resolve(null);
    await userEvent.click(screen.getByTestId('export-jsonl'));
    expect(screen.getByTestId('activity-told')).toHaveTextContent('');
    expect(screen.queryByTestId('activity-error')).toBeNull();
  });

  it('says why it did not work', async () => {
    const bridge = await openActivity();
    bridge.refuse.set('exportActivity', {
      code: 'not_saved',
      message: 'No space left on device',
      exchange: null,
    });
    await userEvent.click(screen.getByTestId('export-markdown'));
    expect(await screen.findByTestId('activity-error')).toHaveTextContent(
      'No space left on device',
    );
  });

  it('is cleared only after asking', async () => {
    const bridge = await openActivity();
    await userEvent.click(screen.getByTestId('activity-clear'));
    expect(screen.getByRole('alert')).toHaveTextContent('This removes everything from this list');
    await waitFor(() => {
      expect(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus();
    });
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(asked(bridge, 'clearActivity')).toHaveLength(0);
    await userEvent.click(screen.getByTestId('activity-clear'));
    await userEvent.click(screen.getByTestId('activity-clear-confirm'));
    await settle();
    expect(asked(bridge, 'clearActivity')).toHaveLength(1);
    expect(shown()).toHaveLength(0);
    expect(screen.getByTestId('activity-nothing')).toHaveTextContent(
      'Nothing since the list was cleared.',
    );
    expect(screen.getByTestId('activity-clear')).toBeDisabled();
    const told = screen.getByTestId('activity-told');
    expect(told).toHaveTextContent('The list was cleared.');
    expect(told).toHaveFocus();
    speak('zh-CN');
    await settle();
    expect(told).toHaveTextContent('列表已清空。');
  });
});
