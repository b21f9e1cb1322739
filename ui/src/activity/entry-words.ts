// Any entry in words: the line itself, what stands beside it, and what can be searched for.
import type { AppDid, DiskStep, Entry, StoreTrouble, What } from '../contract';
import { locale } from '../language.svelte';
import { m } from '../paraglide/messages.js';
import { clockTime, took } from '../time/format';
import { decisionWords, stateWords } from './decision-words';
import { exchangeFacts, exchangeWords } from './exchange-words';
import { fingerprints } from './sieve';
import { switchWords } from './switch-words';

export function title(what: What): string {
  switch (what.kind) {
    case 'decision':
      return decisionWords(what);
    case 'exchange':
      return exchangeWords(what);
    case 'disk':
      return what.trouble === null
        ? stepDone(what.step)
        : m.disk_failed({ step: stepTried(what.step), reason: troubleWords(what.trouble) });
    case 'switch':
      return switchWords(what);
    case 'app':
      return appWords(what.did);
  }
}

/** What stands beside the title, in parts; fingerprints aside. */
export function beside(what: What, nowMs: number): string[] {
  switch (what.kind) {
    case 'decision': {
      const parts: string[] = [];
      if (what.from !== what.to) {
        parts.push(m.activity_from_to({ from: stateWords(what.from), to: stateWords(what.to) }));
      }
      if (what.next) parts.push(m.activity_next({ time: clockTime(what.next.atMs, nowMs) }));
      return parts;
    }
    case 'exchange':
      return exchangeFacts(what);
    case 'disk':
      return [took(what.tookMs)];
    case 'switch':
    case 'app':
      return [];
  }
}

const texts = new WeakMap<Entry, { language: string; text: string }>();

/** All that an entry shows, its detail included, in small letters. */
export function searchText(entry: Entry): string {
  const language = locale();
  const known = texts.get(entry);
  if (known?.language === language) return known.text;
  const { what, atMs } = entry;
  const parts = [clockTime(atMs, atMs), title(what), ...beside(what, atMs), ...fingerprints(what)];
  if (what.kind === 'decision') parts.push(what.why);
  if (what.kind === 'disk') parts.push(what.trouble?.detail ?? '');
  if (what.kind === 'exchange') {
    const { url, request, response, detail } = what.exchange;
    parts.push(url, ...request, ...response, detail);
  }
  if (entry.sentBefore !== null) parts.push(m.activity_sent_before_short());
  const text = parts.join('\n').toLocaleLowerCase();
  texts.set(entry, { language, text });
  return text;
}

export function appWords(did: AppDid): string {
  switch (did) {
    case 'start':
      return m.app_start();
    case 'stop_in_mid_refresh':
      return m.app_stop_in_mid_refresh();
    case 'start_again':
      return m.app_start_again();
    case 'quit':
      return m.app_quit();
  }
}

export function stepDone(step: DiskStep): string {
  switch (step) {
    case 'read':
      return m.disk_read();
    case 'locked':
      return m.disk_locked();
    case 'held_elsewhere':
      return m.disk_held_elsewhere();
    case 'intent_written':
      return m.disk_intent_written();
    case 'answer_saved':
      return m.disk_answer_saved();
    case 'sign_in_saved':
      return m.disk_sign_in_saved();
    case 'sign_out_saved':
      return m.disk_sign_out_saved();
    case 'adopted':
      return m.disk_adopted();
  }
}

function stepTried(step: DiskStep): string {
  switch (step) {
    case 'read':
      return m.disk_try_read();
    case 'locked':
    case 'held_elsewhere':
      return m.disk_try_locked();
    case 'intent_written':
      return m.disk_try_intent();
    case 'answer_saved':
      return m.disk_try_answer();
    case 'sign_in_saved':
      return m.disk_try_sign_in();
    case 'sign_out_saved':
      return m.disk_try_sign_out();
    case 'adopted':
      return m.disk_try_adopt();
  }
}

function troubleWords({ kind }: StoreTrouble): string {
  switch (kind) {
    case 'disk_full':
      return m.trouble_disk_full();
    case 'no_permission':
      return m.trouble_no_permission();
    case 'slow':
      return m.trouble_slow();
    case 'other':
      return m.disk_trouble_other();
  }
}
