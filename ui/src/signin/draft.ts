// The settings that are being filled in: starting from a preset, and what is wrong with them.
import type { AccountSettings, Finding, PresetView } from '../contract';
import { m } from '../paraglide/messages.js';

/** What is wrong, by the path of the setting it is about (`baseUrl`, `answer.lifetime`). */
export type Wrongs = Partial<Record<string, Note>>;
/** What stands next to a field. The words are asked for when shown, so that they follow the language. */
export type Note = { words: () => string; evidence: string; bad: boolean };

/** A preset fills in everything but whose account it is. */
export function withPreset(draft: AccountSettings | null, preset: PresetView): AccountSettings {
  return {
    ...structuredClone(preset.settings),
    baseUrl: draft?.baseUrl ?? '',
    user: draft?.user ?? '',
    // What the network needs has nothing to do with how the server is talked to.
    network: draft?.network ?? structuredClone(preset.settings.network),
  };
}

/** What can be told without asking the server; `password`: `null` where none is needed. */
export function wrongs(draft: AccountSettings, password: string | null): Wrongs {
  const found: Wrongs = {};
  const say = (field: string, words: () => string): void => {
    found[field] = { words, evidence: '', bad: true };
  };
  if (draft.baseUrl.trim() === '') say('baseUrl', m.need_base_url);
  else if (!isWebAddress(draft.baseUrl.trim())) say('baseUrl', m.need_base_url_form);
  if (draft.user.trim() === '') say('user', m.need_user);
  if (password === '') say('password', m.need_password);
  if (!Number.isInteger(draft.assumedLifetimeS) || draft.assumedLifetimeS < 1) {
    say('assumedLifetimeS', m.need_number);
  }
  if (draft.refused.statuses.some((status) => !(status >= 100 && status <= 599))) {
    say('refused.statuses', m.need_statuses);
  }
  return found;
}

/** What a check found, next to the settings it is about. */
export function notes(findings: readonly Finding[]): Wrongs {
  const found: Wrongs = {};
  for (const { field, verdict, detail } of findings) {
    if (field === null || (verdict !== 'bad' && verdict !== 'note')) continue;
    const bad = verdict === 'bad';
    // What does not work matters more than what is worth knowing.
    if (found[field]?.bad && !bad) continue;
    found[field] = { words: bad ? m.verdict_bad : m.verdict_note, evidence: detail, bad };
  }
  return found;
}

/** Fields that stand in the open; all others are under Advanced. */
export function isAdvanced(field: string): boolean {
  return !['baseUrl', 'preset', 'user', 'password'].includes(field);
}

/** `401, 403` as a list. */
export function wordList(text: string): string[] {
  return text
    .split(/[,，]/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function isWebAddress(text: string): boolean {
  try {
    const { protocol, hostname } = new URL(text);
    return (protocol === 'https:' || protocol === 'http:') && hostname !== '';
  } catch {
    return false;
  }
}
