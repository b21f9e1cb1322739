// What is switched on in the Lab, in a few words each: only what is other than usual.
import type { AppView, Fault, Switches } from '../contract';
import { m } from '../paraglide/messages.js';
import { span } from '../time/format';

/** What the Session screen offers: a choice of its own, and no switch. */
const CHOSEN_THERE: readonly number[] = [20_000, 60_000, 3_600_000];
const USUAL_REFRESH_LIFETIME_MS = 30 * 24 * 3_600_000;

/** Everything but the clocks. The demo server's switches do not concern an account at another one. */
export function switchedOn({ lab, account, demo }: AppView): string[] {
  const on: string[] = [];
  if (lab.offline) on.push(m.on_offline());
  if (lab.stopping) on.push(m.on_stopping());
  if (lab.away) on.push(m.on_away());
  if (demo.switches !== null && account?.demo !== false) on.push(...ofServer(demo.switches));
  return on;
}

/** Whether there is something that can be switched off. Time that was slept through cannot. */
export function canBeUndone(app: AppView): boolean {
  return switchedOn(app).length > 0 || (app.timeMoved?.clockMs ?? 0) !== 0;
}

function ofServer(switches: Switches): string[] {
  const on: string[] = [];
  const { accessLifetimeMs, refreshLifetimeMs, latencyMs, clockOffsetMs } = switches;
  // What goes wrong comes first: it matters most.
  if (switches.fault.kind !== 'none') on.push(faultInShort(switches.fault));
  if (latencyMs > 0) on.push(m.on_latency({ span: span(latencyMs) }));
  if (clockOffsetMs > 0) on.push(m.on_server_ahead({ span: span(clockOffsetMs) }));
  if (clockOffsetMs < 0) on.push(m.on_server_behind({ span: span(clockOffsetMs) }));
  if (!CHOSEN_THERE.includes(accessLifetimeMs)) {
    on.push(m.on_access_lifetime({ span: span(accessLifetimeMs) }));
  }
  if (refreshLifetimeMs !== USUAL_REFRESH_LIFETIME_MS) {
    on.push(m.on_refresh_lifetime({ span: span(refreshLifetimeMs) }));
  }
  on.push(...rotation(switches.rotation));
  if (switches.tellRefreshToken === 'whenNew') on.push(m.on_tell_when_new());
  if (switches.tellRefreshToken === 'never') on.push(m.on_tell_never());
  if (switches.tellRefreshLifetime) on.push(m.on_tell_lifetime());
  if (switches.killOldAccessOnRefresh) on.push(m.on_kill_old());
  if (switches.lifetimeShape === 'absent') on.push(m.on_shape_absent());
  else if (switches.lifetimeShape !== 'seconds') on.push(m.on_shape());
  if (switches.envelope) on.push(m.on_envelope());
  if (switches.cookieForm) on.push(m.on_cookie());
  if (switches.openid.lie !== 'none') on.push(m.on_openid_lie({ lie: switches.openid.lie }));
  return on;
}

function rotation(is: Switches['rotation']): string[] {
  switch (is.kind) {
    case 'untilSuccessorUsed':
      return [];
    case 'none':
      return [m.on_rotation_none()];
    case 'strict':
      return [m.on_rotation_strict()];
    case 'grace':
      return [m.on_rotation_grace({ span: span(is.seconds * 1_000) })];
  }
}

/** What goes wrong, and how often still. */
export function faultInShort(fault: Fault): string {
  const words = kindInShort(fault);
  return typeof fault.times === 'number'
    ? m.on_fault_times({ fault: words, n: fault.times })
    : words;
}

function kindInShort(fault: Fault): string {
  switch (fault.kind) {
    case 'none':
      return '';
    case 'status':
      return m.on_fault_status({ code: fault.code });
    case 'html200':
      return m.on_fault_html200();
    case 'emptyBody':
      return m.on_fault_empty_body();
    case 'notJson':
      return m.on_fault_not_json();
    case 'truncatedBody':
      return m.on_fault_truncated_body();
    case 'hugeBody':
      return m.on_fault_huge_body();
    case 'withoutToken':
      return m.on_fault_without_token();
    case 'refuse':
      return m.on_fault_refuse();
    case 'bare401':
      return m.on_fault_bare401();
    case 'dropAfterRotating':
      return m.on_fault_drop_after();
    case 'dropBeforeHandling':
      return m.on_fault_drop_before();
    case 'apiRefuses':
      return m.on_fault_api_refuses();
    case 'hold':
      return m.on_fault_hold();
  }
}
