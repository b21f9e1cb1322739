import { describe, expect, it } from 'vitest';
import { fixtures, type FixtureName } from '../src/gallery/fixtures';
import { NOW } from '../src/gallery/parts';
import { speak } from '../src/language.svelte';
import { announcement, asides, sentence } from '../src/words/sentence';
import { hint } from '../src/words/hint';
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
  unclear_too_late: [
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
  unsaved_no_permission: [
    "Signed in, but not saved: the app may not write to its folder. Don't close the app.",
    '已登录但未保存：应用无权写入其文件夹，请勿关闭应用。',
  ],
  unsaved_slow: [
    "Signed in, but not saved: the disk doesn't answer. Don't close the app.",
    '已登录但未保存：磁盘没有响应，请勿关闭应用。',
  ],
  unsaved_other: [
    "Signed in, but not saved. Don't close the app.",
    '已登录但未保存，请勿关闭应用。',
  ],
  unsaved_ended: [
    "Your session is kept, but not saved: the disk is full. Don't close the app.",
    '会话已保留但未保存：磁盘已满，请勿关闭应用。',
  ],
  put_off: [
    'Signed in until 14:36. The disk is full, so renewal waits; next try in 0:12.',
    '登录有效至 14:36。磁盘已满，暂缓续期，0:12 后重试。',
  ],
  put_off_no_permission: [
    'Signed in until 14:36. The app may not write to its folder, so renewal waits; next try in 0:12.',
    '登录有效至 14:36。应用无权写入其文件夹，暂缓续期，0:12 后重试。',
  ],
  put_off_slow: [
    "Signed in until 14:36. The disk doesn't answer, so renewal waits; next try in 0:12.",
    '登录有效至 14:36。磁盘没有响应，暂缓续期，0:12 后重试。',
  ],
  put_off_other: [
    'Signed in until 14:36. Nothing can be written down right now, so renewal waits; next try in 0:12.',
    '登录有效至 14:36。暂时无法写入，暂缓续期，0:12 后重试。',
  ],
  put_off_ended: [
    'Your session is kept. The disk is full, so renewal waits; next try in 0:12.',
    '会话已保留。磁盘已满，暂缓续期，0:12 后重试。',
  ],
  clock_jumped_back: ["You're signed in. Renews by itself in 0:09.", '已登录，0:09 后自动续期。'],
  clock_jumped_signed_out: ["You're signed out.", '您已退出登录。'],
  clock_remembered: ["You're signed in. Renews by itself in 0:09.", '已登录，0:09 后自动续期。'],
  clock_remembered_behind: [
    "You're signed in. Renews by itself in 0:09.",
    '已登录，0:09 后自动续期。',
  ],
  clock_remembered_small: [
    "You're signed in. Renews by itself in 0:09.",
    '已登录，0:09 后自动续期。',
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
    '服务器已为您续期，但应答没有送达，且它拒绝重发。请重新登录。',
  ],
  ran_out: [
    "Welcome back, Alice. Your time was up and this server can't renew; sign in to go on.",
    '欢迎回来，Alice。登录已到期，此服务器不支持续期，请重新登录。',
  ],
  signed_out: ["You're signed out.", '您已退出登录。'],
  signed_out_server: ["You're signed out.", '您已退出登录。'],
  locked: ['Your keychain is locked. Unlock it to go on.', '钥匙串已锁定，解锁后继续。'],
  locked_unnamed: ['Your keychain is locked. Unlock it to go on.', '钥匙串已锁定，解锁后继续。'],
  keychain_slow: [
    "Your keychain doesn't answer. It may be asking for a password.",
    '钥匙串没有响应，可能正在等待输入密码。',
  ],
  keychain_cancelled: [
    "The keychain's question was cancelled. Your session is kept; try again when you like.",
    '钥匙串的询问已被取消。会话已保留，可随时重试。',
  ],
  key_gone: [
    "The key to your session isn't in the keychain. Bring the keychain back, or sign in again.",
    '钥匙串中没有此会话的密钥。请恢复钥匙串，或重新登录。',
  ],
  key_gone_demo: [
    "The key to your session isn't in the keychain. Bring the keychain back, or sign in again.",
    '钥匙串中没有此会话的密钥。请恢复钥匙串，或重新登录。',
  ],
  outbox: ["You're signed out.", '您已退出登录。'],
  outbox_no_time: ["You're signed out.", '您已退出登录。'],
  outbox_several: ["You're signed out.", '您已退出登录。'],
  outbox_signed_in: ["You're signed in. Renews by itself in 43:00.", '已登录，43:00 后自动续期。'],
  outbox_welcome: ["You're signed out.", '您已退出登录。'],
  notices_of_sign_outs: [
    "You're signed in. Renews by itself in 0:09.",
    '已登录，0:09 后自动续期。',
  ],
  keychain_gone: [
    "Your keychain can't be reached. Your session is kept.",
    '无法连接钥匙串。会话已保留。',
  ],
  unreadable: [
    'Your session is stored, but it cannot be read right now.',
    '会话已存储，但暂时无法读取。',
  ],
  notices: ["You're signed in. Renews by itself in 0:09.", '已登录，0:09 后自动续期。'],
  time_moved: ["You're signed in. Renews by itself in 0:09.", '已登录，0:09 后自动续期。'],
  time_moved_back: [
    "Signed in until 14:36. The disk doesn't answer, so renewal waits; next try in 0:12.",
    '登录有效至 14:36。磁盘没有响应，暂缓续期，0:12 后重试。',
  ],
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

  it('says which way the clock was moved, and promises nothing to who is signed out', () => {
    expect(asides(fixtures.clock_jumped.session)).toEqual([
      "This computer's clock was moved 8 h ahead. You stay signed in.",
    ]);
    expect(asides(fixtures.clock_jumped_back.session)).toEqual([
      "This computer's clock was moved 4 min 12 s back. You stay signed in.",
    ]);
    expect(asides(fixtures.clock_jumped_signed_out.session)).toEqual([
      "This computer's clock was moved 8 h ahead.",
    ]);
  });

  it('counts down to the next try to write, and its announcement names the reason only', () => {
    const { session } = fixtures.put_off;
    expect(sentence(session, NOW + 5_000)).toContain('next try in 0:07');
    expect(announcement(session)).toBe(
      'Signed in until 14:36. The disk is full, so renewal waits; it is tried again by itself.',
    );
    expect(announcement(fixtures.put_off_ended.session)).not.toContain('Signed in');
  });
});

describe('the hint', () => {
  it.each<[FixtureName, string | null, string | null]>([
    ['resting', null, null],
    ['waiting_valid', null, null],
    [
      'portal',
      'Signed in until 15:20. Open a browser and sign in to this network; then it goes on by itself.',
      '登录有效至 15:20。请打开浏览器完成此网络的认证，之后会自动继续。',
    ],
    [
      'paused',
      'Signed in until 15:20. Renewal resumes by itself.',
      '登录有效至 15:20。续期会自动恢复。',
    ],
    [
      'stopped',
      "Signed in until 15:20. Check the account's settings under Settings; it is tried again at 14:37.",
      '登录有效至 15:20。请在“设置”中检查账户，14:37 会再次尝试。',
    ],
    [
      'unclear',
      'Your token is good until 15:20; it is tried again before that.',
      '令牌有效至 15:20，到期前会再次尝试。',
    ],
    [
      'unclear_too_late',
      'Your token is good until 14:36; the next try comes only after that, so sign in again before then.',
      '令牌有效至 14:36，下次重试在此之后，请在到期前重新登录。',
    ],
    [
      'unsaved',
      'Signed in until 14:32:30. Free some space; it is saved by itself then.',
      '登录有效至 14:32:30。请清理出一些磁盘空间，之后会自动保存。',
    ],
    [
      'put_off',
      'Free some space; renewal goes on by itself then.',
      '请清理出一些磁盘空间，之后会自动续期。',
    ],
    [
      'put_off_no_permission',
      "Give the app back its folder's permissions; renewal goes on by itself then.",
      '请恢复应用对其文件夹的写入权限，之后会自动续期。',
    ],
    [
      'locked',
      "Unlock it in your system's password manager, then try again.",
      '请在系统的密码管理器中解锁，然后重试。',
    ],
  ])('of %s says what one can do', (name, english, chinese) => {
    const { session } = fixtures[name];
    expect(hint(session)).toBe(english);
    speak('zh-CN');
    expect(hint(session)).toBe(chinese);
  });

  it('promises no sign-in of an ended token', () => {
    for (const { session } of Object.values(fixtures)) {
      if (session.token?.worth !== 'expired' && session.token !== null) continue;
      expect(hint(session) ?? '').not.toMatch(/^Signed in|good until/);
    }
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
