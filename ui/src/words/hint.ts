// The line under the sentence that says what one can do, and until when one is signed in where the
// sentence does not.
import type { View, WriteTrouble } from '../contract';
import { locale } from '../language.svelte';
import { m } from '../paraglide/messages.js';
import { moment } from '../time/format';
import { tokenEnded } from './standing';

/** `null` where the sentence says all there is. Nothing in it moves with the clock. */
export function hint(view: View): string | null {
  const parts = partsOf(view).filter((part) => part !== null);
  return parts.length > 0 ? parts.join(locale() === 'en' ? ' ' : '') : null;
}

function partsOf(view: View): (string | null)[] {
  switch (view.sentence.kind) {
    case 'portal':
      return [standsUntil(view), m.hint_portal()];
    case 'paused':
      return [standsUntil(view), m.hint_paused()];
    case 'stopped':
      return [
        standsUntil(view),
        view.next && m.hint_stopped({ next: moment(view.next.atMs, view.nowMs) }),
      ];
    case 'unclear':
      return [unclear(view, view.sentence.nextMs)];
    case 'unsaved':
      return [tokenEnded(view) ? null : standsUntil(view), unsaved(view.unsaved?.kind)];
    case 'put_off':
      return [putOff(view.putOff?.kind)];
    case 'locked':
      return [m.hint_locked()];
    case 'another_copy':
    case 'answer_lost':
    case 'api_refuses':
    case 'id_token':
    case 'key_gone':
    case 'keychain_cancelled':
    case 'keychain_gone':
    case 'keychain_slow':
    case 'needs_sign_in':
    case 'no_refresh_token':
    case 'ran_out':
    case 'refreshing':
    case 'resting_on_demand':
    case 'resting':
    case 'restoring':
    case 'signed_out':
    case 'throttled':
    case 'unreadable':
    case 'waiting_expired':
    case 'waiting_valid':
      return [];
  }
}

/** Nothing is said of an end that is assumed, or of a token that the API refuses. */
function endMs({ token }: View): number | null {
  return token === null || token.assumed || token.worth === 'refused_by_api' ? null : token.endsMs;
}

function standsUntil(view: View): string | null {
  if (tokenEnded(view)) return m.hint_kept();
  const end = endMs(view);
  return end === null ? null : m.hint_until({ end: moment(end, view.nowMs) });
}

function unclear(view: View, nextMs: number): string | null {
  if (tokenEnded(view)) return m.hint_kept();
  const end = endMs(view);
  if (end === null) return null;
  const said = { end: moment(end, view.nowMs) };
  return nextMs > end ? m.hint_unclear_too_late(said) : m.hint_unclear_in_time(said);
}

function unsaved(why: WriteTrouble | undefined): string | null {
  if (why === 'disk_full') return m.hint_disk_full_unsaved();
  return why === 'no_permission' ? m.hint_no_permission_unsaved() : null;
}

function putOff(why: WriteTrouble | undefined): string | null {
  if (why === 'disk_full') return m.hint_disk_full_put_off();
  return why === 'no_permission' ? m.hint_no_permission_put_off() : null;
}
