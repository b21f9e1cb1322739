import { describe, expect, it } from 'vitest';
import { resolveLanguage, speak } from '../src/language.svelte';
import { axisTime, clockTime, countdown, moment, span, tenths, took } from '../src/time/format';

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;
const DAY = 24 * H;
const afternoon = new Date(2026, 10, 23, 14, 32, 10).getTime();

describe('a countdown', () => {
  it.each([
    [0, '0:00'],
    [-5 * S, '0:00'],
    [1, '0:01'],
    [12 * S, '0:12'],
    [11_001, '0:12'],
    [189 * S, '3:09'],
    [59 * MIN + 59 * S, '59:59'],
    [H, '1:00:00'],
    [H + 2 * MIN + 3 * S, '1:02:03'],
    [DAY - 1, '24:00:00'],
    [2 * DAY + 14 * H, '2 days 14 h'],
  ])('of %i ms reads %s', (ms, words) => {
    expect(countdown(ms)).toBe(words);
  });

  it('reads in Chinese from a day on', () => {
    speak('zh-CN');
    expect(countdown(189 * S)).toBe('3:09');
    expect(countdown(2 * DAY + 14 * H)).toBe('2 天 14 小时');
  });
});

describe('a span of time', () => {
  it.each([
    [34, '34 ms', '34 毫秒'],
    [20 * S, '20 s', '20 秒'],
    [59.7 * S, '1 min', '1 分钟'],
    [4 * MIN + 12 * S, '4 min 12 s', '4 分钟 12 秒'],
    [-4 * MIN, '4 min', '4 分钟'],
    [H, '1 h', '1 小时'],
    [3 * H + 20 * MIN, '3 h 20 min', '3 小时 20 分钟'],
    [H - 1, '1 h', '1 小时'],
    [DAY - 1, '1 day', '1 天'],
    [DAY + H, '1 day 1 h', '1 天 1 小时'],
    [62 * H, '2 days 14 h', '2 天 14 小时'],
  ])('of %i ms reads the same in both languages', (ms, english, chinese) => {
    expect(span(ms)).toBe(english);
    speak('zh-CN');
    expect(span(ms)).toBe(chinese);
  });

  it('is told in milliseconds where requests are compared', () => {
    expect(took(1_240)).toBe('1240 ms');
    expect(took(30 * S)).toBe('30 s');
  });
});

describe('a moment', () => {
  it('has seconds where they matter', () => {
    expect(moment(afternoon + 4 * MIN, afternoon)).toBe('14:36');
    expect(moment(afternoon + 20 * S, afternoon)).toBe('14:32:30');
    expect(clockTime(afternoon, afternoon + H)).toBe('14:32:10');
  });

  it('has its day where that is not today', () => {
    expect(moment(afternoon + DAY, afternoon)).toBe('Tue 14:32');
    expect(moment(afternoon + 30 * DAY, afternoon)).toMatch(/^Dec 23,? 14:32$|^23 Dec,? 14:32$/);
    speak('zh-CN');
    expect(moment(afternoon + DAY, afternoon)).toMatch(/^周二 ?14:32$/);
  });

  it('at midnight begins the day', () => {
    const midnight = new Date(2026, 10, 23, 0, 0, 5).getTime();
    expect(clockTime(midnight, afternoon)).toBe('00:00:05');
  });

  it('on an axis is as fine as the axis', () => {
    expect(axisTime(afternoon, 10 * S)).toBe('14:32:10');
    expect(axisTime(afternoon, 5 * MIN)).toBe('14:32');
    expect(axisTime(afternoon, 2 * DAY)).toBe('Nov 23');
    expect(axisTime(afternoon, 90 * DAY)).toBe('Nov 2026');
  });

  it('on an axis tells midnight by the day that begins', () => {
    const midnight = new Date(2026, 10, 23).getTime();
    expect(axisTime(midnight, 6 * H)).toBe('Nov 23');
    expect(axisTime(midnight, 10 * S)).toBe('00:00:00');
  });
});

describe('a difference', () => {
  it.each([
    [0, '0.0'],
    [-20, '0.0'],
    [400, '0.4'],
    [-1_260, '\u22121.3'],
  ])('of %i ms reads %s', (ms, words) => {
    expect(tenths(ms)).toBe(words);
  });
});

describe('the language of the system', () => {
  it.each([
    [['zh-TW', 'en'], 'zh-CN'],
    [['fr-FR', 'zh-CN', 'en'], 'zh-CN'],
    [['en-GB', 'zh'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ] as const)('of %j is %s', (system, language) => {
    expect(resolveLanguage('system', system)).toBe(language);
  });

  it('is not asked for where somebody chose', () => {
    expect(resolveLanguage('zh-CN', ['en'])).toBe('zh-CN');
  });
});
