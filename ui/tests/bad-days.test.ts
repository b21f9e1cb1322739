// What is shown beside the sentence when something is in the way.
import { screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import type { AppError } from '../src/contract';
import { fixtures, type FixtureName } from '../src/gallery/fixtures';
import { exchange, NOW } from '../src/gallery/parts';
import { speak } from '../src/language.svelte';
import { Clock } from '../src/time/clock.svelte';
import { asked, open, settle } from './open';

describe('a session that cannot be opened', () => {
  const held = [
    'locked',
    'keychain_slow',
    'keychain_cancelled',
    'keychain_gone',
    'key_gone',
    'unreadable',
  ] as const;

  it.each(held)('in %s says whose it is, and can be tried again', async (name) => {
    const bridge = await open(fixtures[name]);
    expect(screen.getByTestId('greeting')).toHaveTextContent('Welcome back, Alice.');
    expect(document.querySelector('.rail header')).toHaveTextContent('Alice');
    await userEvent.click(screen.getByTestId('try-again'));
    expect(asked(bridge, 'tryAgain')).toHaveLength(1);
  });

  it('greets nobody where it is not known who it was', async () => {
    await open(fixtures.locked_unnamed);
    expect(screen.queryByTestId('greeting')).toBeNull();
    expect(document.querySelector('.rail header')).toHaveTextContent('Session Keeper');
  });

  it('whose key is gone can be replaced by signing in again', async () => {
    const bridge = await open(fixtures.key_gone);
    expect(screen.queryByTestId('field-password')).toBeNull();
    await userEvent.click(screen.getByTestId('sign-in-again'));
    await userEvent.type(screen.getByTestId('field-password'), 'secret words{Enter}');
    expect(asked(bridge, 'signIn')).toHaveLength(1);
    expect(document.querySelectorAll('.button.primary')).toHaveLength(1);
  });

  it('at the demo is replaced with one click', async () => {
    const bridge = await open(fixtures.key_gone_demo);
    await userEvent.click(screen.getByTestId('sign-in-again'));
    expect(asked(bridge, 'tryDemo')).toHaveLength(1);
  });

  it('is not offered for replacement while its key may well be there', async () => {
    await open(fixtures.keychain_slow);
    expect(screen.queryByTestId('sign-in-again')).toBeNull();
  });
});

describe('a server that has still to be told of a sign-out', () => {
  it.each<[FixtureName, string, string]>([
    [
      'outbox',
      "Signed out here. alice's sign-out has still to reach 127.0.0.1:43117; next try in 0:12.",
      '已在此退出登录。alice 的退出尚未通知 127.0.0.1:43117，0:12 后重试。',
    ],
    [
      'outbox_welcome',
      "Signed out here. alice's sign-out has still to reach 127.0.0.1:43117; next try in 0:12.",
      '已在此退出登录。alice 的退出尚未通知 127.0.0.1:43117，0:12 后重试。',
    ],
    [
      'outbox_signed_in',
      "alice's sign-out has still to reach 127.0.0.1:43117; next try in 0:12.",
      'alice 的退出尚未通知 127.0.0.1:43117，0:12 后重试。',
    ],
    [
      'outbox_no_time',
      "Signed out here. alice's sign-out has still to reach 127.0.0.1:43117.",
      '已在此退出登录。alice 的退出尚未通知 127.0.0.1:43117。',
    ],
    [
      'outbox_several',
      'Signed out here. 3 sign-outs have still to reach their servers.',
      '已在此退出登录。3 次退出尚未通知服务器。',
    ],
  ])('is told of in %s', async (name, english, chinese) => {
    await open(fixtures[name]);
    const line = screen.getByTestId('outbox').querySelector('p');
    expect(line?.textContent).toBe(english);
    speak('zh-CN');
    await settle();
    expect(line?.textContent).toBe(chinese);
  });

  it('counts down to the next try', async () => {
    vi.useFakeTimers({ now: NOW });
    await open(fixtures.outbox, new Clock());
    await vi.advanceTimersByTimeAsync(2_020);
    expect(screen.getByTestId('outbox')).toHaveTextContent('next try in 0:10.');
  });

  it('shows since when, how often, and what came of it last', async () => {
    await open(fixtures.outbox_several);
    await userEvent.click(screen.getByTestId('outbox-details'));
    const [first, second, third] = within(screen.getByTestId('outbox')).getAllByRole('listitem');
    expect(first).toHaveTextContent(
      'alice at 127.0.0.1:43117 signed out 14:29:17 · 3 tries failed · next try in 0:12',
    );
    expect(second).toHaveTextContent('signed out Sun 12:32:17 · 41 tries failed');
    expect(third).toHaveTextContent('bob at its server signed out 14:29:17 · not tried yet');
    await userEvent.click(screen.getAllByTestId('outbox-exchange')[0] as HTMLElement);
    const dialog = screen.getByTestId('exchange-dialog');
    expect(dialog).toHaveTextContent('POST http://127.0.0.1:43117/api/logout');
    expect(dialog).toHaveTextContent('No answer came.');
    expect(dialog).toHaveTextContent('Technical text connect: refused');
  });

  it('is not mentioned where there is none', async () => {
    await open(fixtures.signed_out);
    expect(screen.queryByTestId('outbox')).toBeNull();
  });
});

describe('time that was moved by hand', () => {
  it.each<[FixtureName, string, string]>([
    ['time_moved', 'Simulated: slept 8 h · clock +1 h', '模拟：电脑睡眠了 8 小时 · 时钟 +1 小时'],
    ['time_moved_back', 'Simulated: clock −1 h', '模拟：时钟 −1 小时'],
  ])('is on a badge of the frame in %s', async (name, english, chinese) => {
    await open(fixtures[name]);
    const badge = screen.getByTestId('time-moved');
    expect(badge).toHaveTextContent(english);
    speak('zh-CN');
    await settle();
    expect(badge).toHaveTextContent(chinese);
  });

  it('has no badge where it goes as everywhere', async () => {
    await open(fixtures.resting);
    expect(screen.queryByTestId('time-moved')).toBeNull();
  });
});

describe('what a library said in English', () => {
  async function refused(failure: Partial<AppError>): Promise<HTMLElement> {
    const bridge = await open(fixtures.resting);
    speak('zh-CN');
    const all = { code: 'unreachable', message: 'in English', field: null, exchange: null };
    bridge.refuse.set('renewNow', { ...all, ...failure });
    await userEvent.click(screen.getByTestId('renew-now'));
    return screen.findByTestId('action-error');
  }

  it('is a Chinese line of codes in Chinese, and stays in the dialog', async () => {
    const error = await refused({
      code: 'not_understood',
      exchange: exchange({ status: 400, code: 'invalid_request', detail: 'in English' }),
    });
    expect(error).toHaveTextContent('状态 400 · 代码 invalid_request');
    expect(error).not.toHaveTextContent('in English');
    await userEvent.click(within(error).getByRole('button', { name: '详情' }));
    expect(screen.getByTestId('exchange-dialog')).toHaveTextContent('技术信息 in English');
  });

  it('is folded away where there is no exchange to show it in', async () => {
    const error = await refused({});
    const technical = error.querySelector('details');
    expect(technical).not.toHaveAttribute('open');
    expect(technical).toHaveTextContent('技术信息 in English');
  });

  it('is no part of the line of why, which names the code', async () => {
    const { why } = fixtures.needs_sign_in.session;
    const failed = why && { ...why, exchange: exchange({ status: 401, code: 'invalid_grant' }) };
    const { session } = fixtures.needs_sign_in;
    await open({ ...fixtures.needs_sign_in, session: { ...session, why: failed } });
    speak('zh-CN');
    await settle();
    expect(screen.getByTestId('why')).toHaveTextContent(
      /被拒绝.* · 401 · invalid_grant · 34 毫秒$/,
    );
  });
});
