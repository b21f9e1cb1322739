// The details of an entry, row by row.
import type { Entry } from '../contract';
import { m } from '../paraglide/messages.js';
import { clockTime, took } from '../time/format';
import { leftSpan, triggerWords } from '../words/why';
import { capital, effectsWords, happened, stateWords } from './decision-words';
import type { Earlier } from './earlier';
import { endingWords } from './exchange-words';
import { switchTo } from './switch-words';

/** `kind`: how the value reads: as words, as a token's fingerprint, or as English in any language. */
export type Row = { label: string; value: string; kind: 'words' | 'fingerprint' | 'english' };

/** `earlier`: the entry that has sent the same refresh token, where that is still kept. */
export function detailRows(
  { what, atMs, seq, sentBefore }: Entry,
  earlier: Earlier | null,
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
        const surely = earlier === null || earlier.surely;
        rows.push(
          words(
            surely ? m.detail_sent_before() : m.detail_maybe_before(),
            earlier === null ? m.detail_gone() : clockTime(earlier.atMs, nowMs),
          ),
        );
      }
      if (what.purpose === 'refresh' || what.purpose === 'sign_in') {
        rows.push(token(m.detail_access(), what.access), token(m.detail_refresh(), what.refresh));
      }
      break;
    case 'decision':
      rows.push(
        words(m.detail_happened(), capital(happened(what))),
        ...left(what.leftMs),
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

function left(leftMs: number | null): Row[] {
  if (leftMs === null) return [];
  const span = leftSpan(leftMs);
  return [words(m.detail_left(), leftMs >= 0 ? span : m.detail_past({ span }))];
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
