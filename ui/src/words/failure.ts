// What went wrong, in words that say what to do next.
import type { Failure } from '../attempt.svelte';
import type { Exchange, NoticeCode } from '../contract';
import { locale } from '../language.svelte';
import { m } from '../paraglide/messages.js';

export function failureWords(code: Failure['code']): string {
  switch (code) {
    case 'wrong_password':
      return m.error_wrong_password();
    case 'unreachable':
      return m.error_unreachable();
    case 'server_trouble':
      return m.error_server_trouble();
    case 'not_the_auth_server':
      return m.error_not_the_auth_server();
    case 'not_understood':
      return m.error_not_understood();
    case 'bad_settings':
      return m.error_bad_settings();
    case 'not_saved':
      return m.error_not_saved();
    case 'store_held_up':
      return m.error_store_held_up();
    case 'unvouched':
      return m.error_unvouched();
    case 'port_taken':
      return m.error_port_taken();
    case 'demo_unavailable':
      return m.error_demo_unavailable();
    case 'denied':
      return m.error_denied();
    case 'id_token':
      return m.error_id_token();
    case 'redirect_port_taken':
      return m.error_redirect_port_taken();
    case 'timed_out':
      return m.error_timed_out();
    case 'no_browser':
      return m.error_no_browser();
    case 'overtaken':
      return m.error_overtaken();
    case 'quitting':
      return m.error_quitting();
    case 'unexpected':
      return m.error_unexpected();
  }
}

/**
 * What is shown below: the English words where the window is in English. Elsewhere a line made of the
 * codes, and the words only where no dialog shows them as part of an exchange.
 */
export function evidence({ message, exchange }: Failure): { line: string; technical: string } {
  if (locale() === 'en') return { line: message, technical: '' };
  const line = exchange ? codes(exchange) : '';
  return { line, technical: message === exchange?.detail ? '' : message };
}

function codes({ status, code }: Exchange): string {
  const parts = [status === null ? m.exchange_no_answer() : m.exchange_status({ status })];
  if (code !== null) parts.push(m.exchange_code({ code }));
  return parts.join(' · ');
}

/** A file that was set aside, by its name. */
export const ASIDE = /[^\s/\\]+\.damaged-\d+/;

/** `detail` is English, and what it says of a damaged file is said in words too. */
export function noticeWords({ code, detail }: { code: NoticeCode; detail: string }): string {
  switch (code) {
    case 'store_damaged': {
      const file = ASIDE.exec(detail)?.[0];
      return file ? m.notice_store_damaged_as({ file }) : m.notice_store_damaged();
    }
    case 'sign_out_not_written':
      return m.notice_sign_out_not_written();
    case 'sign_out_not_accepted':
      return m.notice_sign_out_not_accepted();
    case 'sign_out_not_offered':
      return m.notice_sign_out_not_offered();
    case 'sign_out_overtaken':
      return m.notice_sign_out_overtaken();
    case 'sign_out_given_up':
      return m.notice_sign_out_given_up();
  }
}
