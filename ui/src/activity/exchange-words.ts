// A request and what came of it, as a sentence.
import type { Ending, What } from '../contract';
import { m } from '../paraglide/messages.js';
import { took } from '../time/format';
import { cameOf, triggerWords } from '../words/why';
import { uncapital } from './decision-words';

export type Asked = Extract<What, { kind: 'exchange' }>;

export function exchangeWords(what: Asked): string {
  if (what.purpose === 'api') return apiWords(what.outcome);
  const good = what.outcome.kind === 'good';
  const did = because(good ? doneWords(what.purpose) : triedWords(what.purpose), what);
  return good ? did : tried(did, what.outcome);
}

function because(did: string, { reason }: Asked): string {
  return reason === null ? did : m.activity_because({ did, trigger: triggerWords(reason) });
}

function doneWords(purpose: Exclude<Asked['purpose'], 'api'>): string {
  switch (purpose) {
    case 'sign_in':
      return m.did_sign_in();
    case 'refresh':
      return m.did_refresh();
    case 'sign_out':
      return m.did_sign_out();
    case 'discovery':
      return m.did_discovery();
    case 'keys':
      return m.did_keys();
    case 'device_code':
      return m.did_device_code();
    case 'confirm':
      return m.did_confirm();
  }
}

function triedWords(purpose: Exclude<Asked['purpose'], 'api'>): string {
  switch (purpose) {
    case 'sign_in':
      return m.tried_sign_in();
    case 'refresh':
      return m.tried_refresh();
    case 'sign_out':
      return m.tried_sign_out();
    case 'discovery':
      return m.tried_discovery();
    case 'keys':
      return m.tried_keys();
    case 'device_code':
      return m.tried_device_code();
    case 'confirm':
      return m.tried_confirm();
  }
}

/** What came of a request, in a few words; the same as in the line under the sentence. */
export function endingWords(ending: Ending): string {
  switch (ending.kind) {
    case 'good':
      return m.ending_good();
    case 'failed':
      return cameOf(ending.class);
    case 'token_refused':
      return m.ending_token_refused();
    case 'id_token_bad':
      return m.ending_id_token_bad();
    case 'not_allowed':
      return m.ending_not_allowed();
    case 'says_nothing':
      return m.ending_says_nothing();
  }
}

function apiWords(ending: Ending): string {
  if (ending.kind === 'good') return m.did_api();
  return ending.kind === 'failed' ? tried(m.tried_api(), ending) : endingWords(ending);
}

function tried(did: string, ending: Ending): string {
  return m.activity_tried({ did, came: uncapital(endingWords(ending)) });
}

/** Method and path, status, code, how long: the parts of the line below. */
export function exchangeFacts({ exchange }: Asked): string[] {
  const { method, url, status, code, tookMs } = exchange;
  return [
    `${method} ${path(url)}`,
    status === null ? m.activity_no_answer() : String(status),
    code,
    took(tookMs),
  ].filter((part) => part !== null);
}

function path(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
