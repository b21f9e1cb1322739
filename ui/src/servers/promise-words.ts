// What a server promises, in plain words. The server's own figures stand beside them.
import type { Promise as Told, PromiseTopic, ServerKind, Verdict } from '../contract';
import { m } from '../paraglide/messages.js';

type Words = { name: () => string; good: () => string; other: () => string };

const TOPICS: Record<PromiseTopic, Words> = {
  address: {
    name: m.promise_address,
    good: m.promise_address_good,
    other: m.promise_address_other,
  },
  reach: { name: m.promise_reach, good: m.promise_reach_good, other: m.promise_reach_other },
  tls: { name: m.promise_tls, good: m.promise_tls_good, other: m.promise_tls_other },
  issuer: { name: m.promise_issuer, good: m.promise_issuer_good, other: m.promise_issuer_other },
  browser: {
    name: m.promise_browser,
    good: m.promise_browser_good,
    other: m.promise_browser_other,
  },
  pkce: { name: m.promise_pkce, good: m.promise_pkce_good, other: m.promise_pkce_other },
  iss_in_response: { name: m.promise_iss, good: m.promise_iss_good, other: m.promise_iss_other },
  device: { name: m.promise_device, good: m.promise_device_good, other: m.promise_device_other },
  refresh: {
    name: m.promise_refresh,
    good: m.promise_refresh_good,
    other: m.promise_refresh_other,
  },
  id_token: {
    name: m.promise_id_token,
    good: m.promise_id_token_good,
    other: m.promise_id_token_other,
  },
  userinfo: {
    name: m.promise_userinfo,
    good: m.promise_userinfo_good,
    other: m.promise_userinfo_other,
  },
  revocation: {
    name: m.promise_revocation,
    good: m.promise_revocation_good,
    other: m.promise_revocation_other,
  },
  logout: { name: m.promise_logout, good: m.promise_logout_good, other: m.promise_logout_other },
  clock: { name: m.promise_clock, good: m.promise_clock_good, other: m.promise_clock_other },
};

export const VERDICTS: Record<Verdict, () => string> = {
  good: m.verdict_good,
  note: m.verdict_note,
  bad: m.verdict_bad,
  not_tried: m.verdict_not_tried,
};

export function promiseName(topic: PromiseTopic): string {
  return TOPICS[topic].name();
}

/** What it means for whoever signs in; nothing is said of what was not tried. */
export function promiseWords(promise: Told): string {
  const { topic, verdict } = promise;
  if (verdict === 'not_tried') return '';
  return verdict === 'good' ? TOPICS[topic].good() : (particular(promise) ?? TOPICS[topic].other());
}

/** The server's figures, where they say more than the words do. */
export function promiseDetail({ topic, verdict, field, detail }: Told): string {
  // That nothing is encrypted is all in the words.
  if (topic === 'tls' && (verdict === 'note' || field === 'network.httpTo')) return '';
  return verdict === 'good' && SAID_BY_WORDS.includes(topic) ? '' : detail;
}

const SAID_BY_WORDS: readonly PromiseTopic[] = [
  'browser',
  'iss_in_response',
  'device',
  'userinfo',
  'revocation',
  'logout',
];

/** Where it matters what exactly is not as one would like it. */
function particular({ topic, verdict, field }: Told): string | null {
  switch (topic) {
    case 'reach':
      return field === 'network.httpTo' ? m.promise_reach_host() : null;
    case 'tls':
      if (field === 'network.ca') return m.promise_tls_ca();
      if (field === 'network.httpTo') return m.promise_tls_none();
      return verdict === 'note' ? m.promise_tls_here() : null;
    case 'issuer':
      if (verdict !== 'note') return null;
      return field === 'address' ? m.promise_issuer_silent() : m.promise_issuer_written();
    case 'browser':
      return field === 'confidential' ? m.promise_browser_secret() : null;
    case 'pkce':
      return verdict === 'bad' ? m.promise_pkce_weak() : null;
    case 'address':
    case 'iss_in_response':
    case 'device':
    case 'refresh':
    case 'id_token':
    case 'userinfo':
    case 'revocation':
    case 'logout':
    case 'clock':
      return null;
  }
}

export function kindWords(kind: ServerKind): string {
  switch (kind) {
    case 'openid':
      return m.server_openid();
    case 'oauth':
      return m.server_oauth();
    case 'says_nothing':
      return m.server_says_nothing();
    case 'unreachable':
      return m.server_unreachable();
  }
}
