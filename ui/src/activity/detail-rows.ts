// The details of an entry, row by row.
import type { Entry } from '../contract';
import { m } from '../paraglide/messages.js';
import { clockTime, took } from '../time/format';
import { triggerWords } from '../words/why';
import { capital, effectsWords, happened, stateWords } from './decision-words';
import { endingWords } from './exchange-words';
import { switchTo } from './switch-words';

/** `kind`: how the value reads: as words, as a token's fingerprint, or as English in any language. */
export type Row = { label: string; value: string; kind: 'words' | 'fingerprint' | 'english' };

/** `beforeMs`: when the same refresh token was sent before, where that is still kept. */
export function detailRows(
  { what, atMs, seq, sentBefore }: Entry,
  beforeMs: number | null,
  nowMs: number,
): Row[] {
  const rows: Row[] = [words(m.detail_when(), clockTime(atMs, nowMs))];
  switch (what.kind) {
    case 'exchange':
      if (what.reason) rows.push(words(m.detail_why(), capital(triggerWords(what.reason))));
      rows.push(
        words(m.detail_outcome(), endingWords(what.outcome)),
        words(m.detail_took(), took(what.exchange.tookMs)),
        token(m.detail_sent(), what.sent),
      );
      if (sentBefore !== null) {
        const before = beforeMs === null ? m.detail_gone() : clockTime(beforeMs, nowMs);
        rows.push(words(m.detail_sent_before(), before));
      }
      if (what.purpose === 'refresh' || what.purpose === 'sign_in') {
        rows.push(token(m.detail_access(), what.access), token(m.detail_refresh(), what.refresh));
      }
      break;
    case 'decision':
      rows.push(
        words(m.detail_happened(), capital(happened(what))),
        words(m.detail_before(), capital(stateWords(what.from))),
        words(m.detail_after(), capital(stateWords(what.to))),
        words(
          m.detail_effects(),
          what.effects.length > 0 ? capital(effectsWords(what.effects)) : m.detail_none(),
        ),
        words(m.detail_next(), what.next ? clockTime(what.next.atMs, nowMs) : m.detail_no_next()),
        english(m.detail_reason(), what.why),
      );
      break;
    case 'disk':
      rows.push(words(m.detail_took(), took(what.tookMs)));
      if (what.token !== undefined) rows.push(token(m.detail_to_send(), what.token));
      if (what.trouble?.detail) rows.push(english(m.detail_system(), what.trouble.detail));
      break;
    case 'switch':
      if (what.to !== '') rows.push(words(m.detail_set_to(), switchTo(what)));
      break;
    case 'app':
      break;
  }
  rows.push(words(m.detail_number(), String(seq)));
  return rows;
}

function words(label: string, value: string): Row {
  return { label, value, kind: 'words' };
}

function english(label: string, value: string): Row {
  return { label, value, kind: 'english' };
}

function token(label: string, fingerprint: string | null): Row {
  return fingerprint === null
    ? words(label, m.detail_none())
    : { label, value: fingerprint, kind: 'fingerprint' };
}
