// What came of calling the API, in a sentence.
import type { ApiCall } from '../contract';
import { m } from '../paraglide/messages.js';
import { clockTime } from '../time/format';

export function apiCallWords(call: ApiCall, now: number): string {
  switch (call.result) {
    case 'accepted':
      return accepted(call.how);
    case 'refused':
      return call.how === 'repeated' ? m.api_refused_renewed() : m.api_refused();
    case 'not_allowed':
      return m.api_not_allowed();
    case 'no_answer':
      return m.api_no_answer();
    case 'not_called':
      return call.nextTryMs === null
        ? m.api_no_token()
        : m.api_no_token_next({ next: clockTime(call.nextTryMs, now) });
  }
}

function accepted(how: ApiCall['how']): string {
  switch (how) {
    case 'refreshed_first':
      return m.api_refreshed();
    case 'repeated':
      return m.api_repeated();
    case 'fresh_token':
    // No token and an accepted call do not go together; the call is what was seen.
    case 'no_token':
      return m.api_fresh();
  }
}
