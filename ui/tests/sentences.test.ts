import { describe, expect, it } from 'vitest';
import { fixtures, type FixtureName } from '../src/gallery/fixtures';
import { NOW } from '../src/gallery/parts';
import { speak } from '../src/language.svelte';
import { announcement, asides, sentence } from '../src/words/sentence';
import { standing } from '../src/words/standing';

const said: Record<FixtureName, [english: string, chinese: string]> = {
  welcome: ["You're signed out.", '您已退出登录。'],
  demo_problem: ["You're signed out.", '您已退出登录。'],
  restoring: ['One moment.', '请稍候。'],
  resting: ["You're signed in. Renews by itself in 0:09.", '已登录，0:09 后自动续期。'],
  resting_hour: ["You're signed in. Renews by itself in 43:00.", '已登录，43:00 后自动续期。'],
  resting_day: [
    "You're signed in. Renews by itself in 2 days 14 h.",
    '已登录，2 天 14 小时 后自动续期。',
  ],
  resting_on_demand: [
    "You're signed in. Renews whenever it is needed.",
    '已登录，需要时自动续期。',
  ],
  just_signed_in: ["You're signed in. Renews by itself in 0:14.", '已登录，0:14 后自动续期。'],
  kept_over: ["You're signed in. Renews by itself in 0:09.", '已登录，0:09 后自动续期。'],
  assumed: ["You're signed in. Renews by itself in 43:00.", '已登录，43:00 后自动续期。'],
  assumed_past: [
    "You're signed in. The server didn't answer; next try in 0:12.",
    '已登录，服务器未响应，0:12 后重试。',
  ],
  no_refresh_token: [
    "Signed in until 15:20. This server can't renew; you'll sign in again then.",
    '登录有效至 15:20，此服务器不支持续期，届时需重新登录。',
  ],
  refreshing: ['Renewing now. Nothing for you to do.', '正在续期，无需操作。'],
  waiting_valid: [
    "Signed in until 14:36. The server didn't answer; next try in 0:12.",
    '登录有效至 14:36，服务器未响应，0:12 后重试。',
  ],
  waiting_expired: [
    'Your session is kept. It goes on when the server can be reached.',
    '会话已保留，连上服务器后自动继续。',
  ],
  portal: [
    "This network's sign-in page answered instead of your server.",
    '当前网络的认证页拦截了请求。',
  ],
  throttled: [
    'Signed in until 15:20. The server asked us to wait; next try at 14:40.',
    '登录有效至 15:20，服务器要求稍候，14:40 重试。',
  ],
  throttled_kept: [
    'Your session is kept. The server asked us to wait; next try at 14:40.',
    '会话已保留，服务器要求稍候，14:40 重试。',
  ],
  paused: ['Renewal is paused until 14:37: too many in a row.', '续期过于频繁，暂停至 14:37。'],
  unclear: [
    'The server keeps saying no without saying why. You can sign in again.',
    '服务器多次拒绝且未说明原因，可重新登录。',
  ],
  stopped: [
    "The server does not accept this app's settings. Check the account.",
    '服务器不接受当前设置，请检查账户。',
  ],
  api_refuses: [
    "You're signed in, but the API says no even after renewing. Check the account.",
    '已登录，但续期后 API 仍拒绝访问，请检查账户。',
  ],
  another_copy: [
    'Another copy of the app is renewing. Nothing for you to do.',
    '另一个窗口正在续期，无需操作。',
  ],
  unsaved: [
    "Signed in, but not saved: the disk is full. Don't close the app.",
    '已登录但未保存：磁盘已满，请勿关闭应用。',
  ],
  clock_jumped: ["You're signed in. Renews by itself in 0:09.", '已登录，0:09 后自动续期。'],
  needs_sign_in: [
    'Welcome back, Alice. The server ended this session; sign in to go on.',
    '欢迎回来，Alice。服务器已结束此会话，请重新登录。',
  ],
  needs_sign_in_server: [
    'Welcome back, Alice. The server ended this session; sign in to go on.',
    '欢迎回来，Alice。服务器已结束此会话，请重新登录。',
  ],
  answer_lost: [
    'The server renewed your session, but its answer never arrived, and it refuses to repeat it. Sign in again to go on.',
    '服务器已为您续期，但答复没有送达，且它拒绝重发。请重新登录。',
  ],
  ran_out: [
    "Welcome back, Alice. Your time was up and this server can't renew; sign in to go on.",
    '欢迎回来，Alice。登录已到期，此服务器不支持续期，请重新登录。',
  ],
  signed_out: ["You're signed out.", '您已退出登录。'],
  signed_out_server: ["You're signed out.", '您已退出登录。'],
  locked: ['Your keychain is locked. Unlock it to go on.', '钥匙串已锁定，解锁后继续。'],
  keychain_gone: [
    "Your keychain can't be reached. Your session is kept.",
    '无法连接钥匙串。会话已保留。',
  ],
  unreadable: [
    'Your session is stored, but it cannot be read right now.',
    '会话已存储，但暂时无法读取。',
  ],
  notices: ["You're signed in. Renews by itself in 0:09.", '已登录，0:09 后自动续期。'],
  memory_only: ["You're signed in. Renews by itself in 0:09.", '已登录，0:09 后自动续期。'],
};

describe('the sentence', () => {
  it.each(Object.entries(said))('of %s is said in both languages', (name, [english, chinese]) => {
    const { session } = fixtures[name as FixtureName];
    expect(sentence(session, NOW)).toBe(english);
    speak('zh-CN');
    expect(sentence(session, NOW)).toBe(chinese);
  });

  it('counts down, and its announcement does not', () => {
    const { session } = fixtures.waiting_valid;
    expect(sentence(session, NOW + 5_000)).toContain('next try in 0:07');
    expect(announcement(session)).toBe(
      "Signed in until 14:36. The server didn't answer; it is tried again by itself.",
    );
    for (const { session: each } of Object.values(fixtures)) {
      expect(announcement(each)).not.toMatch(/\bin \d+:\d\d/);
    }
  });

  it('welcomes somebody whose name is not known', () => {
    const session = { ...fixtures.needs_sign_in.session, who: null };
    expect(sentence(session, NOW)).toMatch(/^Welcome back\. /);
    const unnamed = { ...session, who: { user: 'alice', name: '' } };
    expect(sentence(unnamed, NOW)).toMatch(/^Welcome back, alice\. /);
  });

  it('adds for a while what it was kept over', () => {
    const { session } = fixtures.kept_over;
    expect(asides(session)).toEqual(['Kept you signed in over 2 days 14 h; renewed just now.']);
    const notRenewed = { ...session, why: null };
    expect(asides(notRenewed)).toEqual(['Kept you signed in over 2 days 14 h.']);
  });
});

describe('the standing', () => {
  it('never says signed in of an ended token', () => {
    for (const { session } of Object.values(fixtures)) {
      if (session.token?.worth !== 'expired' && session.token !== null) continue;
      expect(standing(session).words).not.toMatch(/^Signed in/);
    }
  });
});
