import { describe, expect, it } from 'vitest';

type Messages = Record<string, unknown>;

// One file for each part of the window; together they are one language.
const files = import.meta.glob<Messages>('../messages/**/*.json', {
  import: 'default',
  eager: true,
});

const sources = import.meta.glob<string>(['../src/**/*.svelte', '../src/**/*.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

function language(name: string): Messages {
  const own = Object.entries(files).filter(([path]) => path.endsWith(`/${name}.json`));
  return Object.assign({}, ...own.map(([, messages]) => messages)) as Messages;
}

const english = language('en');
const chinese = language('zh-CN');

function texts(message: unknown): string[] {
  if (typeof message === 'string') return [message];
  if (Array.isArray(message)) {
    return message.flatMap((one: { match: Record<string, string> }) => Object.values(one.match));
  }
  return [];
}

function placeholders(message: unknown): string[] {
  const names = texts(message).flatMap((text) => text.match(/\{\w+\}/g) ?? []);
  return [...new Set(names)].sort();
}

describe('the messages', () => {
  it('are the same in both languages', () => {
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
  });

  it.each(Object.entries({ en: english, 'zh-CN': chinese }))('are never empty in %s', (_, all) => {
    for (const [key, message] of Object.entries(all)) {
      expect(texts(message).length, key).toBeGreaterThan(0);
      for (const text of texts(message)) expect(text.trim(), key).not.toBe('');
    }
  });

  it('say the same things in both languages', () => {
    for (const key of Object.keys(english)) {
      expect(placeholders(chinese[key]), key).toEqual(placeholders(english[key]));
    }
  });

  it('are all said somewhere', () => {
    const said = Object.values(sources).join('\n');
    for (const key of Object.keys(english).filter((one) => one !== '$schema')) {
      expect(new RegExp(`\\bm\\.${key}\\b`).test(said), key).toBe(true);
    }
  });

  it('never shout', () => {
    for (const text of [...Object.values(english), ...Object.values(chinese)].flatMap(texts)) {
      expect(text).not.toMatch(/[!！]/);
    }
  });
});
