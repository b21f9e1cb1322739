// A switch of the Lab, as a sentence.
import type { What } from '../contract';
import { m } from '../paraglide/messages.js';

type Switched = Extract<What, { kind: 'switch' }>;

/** What is done once, and has no state that it could be put to. */
const DEEDS: Record<string, () => string> = {
  sleep: m.switch_sleep,
  expire: m.switch_expire,
  refuse: m.switch_refuse,
  stop: m.switch_stop,
  all_well: m.switch_all_well,
};

const NAMES: Record<string, () => string> = {
  offline: m.switch_offline,
  clock: m.switch_clock,
  accessLifetimeMs: m.switch_access_lifetime,
  refreshLifetimeMs: m.switch_refresh_lifetime,
  rotation: m.switch_rotation,
  tellRefreshToken: m.switch_tell_refresh_token,
  tellRefreshLifetime: m.switch_tell_refresh_lifetime,
  killOldAccessOnRefresh: m.switch_kill_old_access,
  lifetimeShape: m.switch_lifetime_shape,
  envelope: m.switch_envelope,
  cookieForm: m.switch_cookie_form,
  latencyMs: m.switch_latency,
  clockOffsetMs: m.switch_clock_offset,
  fault: m.switch_fault,
};

/** Without what it was put to, which the app says in English. */
export function switchName(name: string): string {
  return own(DEEDS, name)?.() ?? own(NAMES, name)?.() ?? name;
}

/** What it was put to; empty where the name says it all. */
export function switchTo({ to }: Switched): string {
  if (to === 'on') return m.switch_on();
  if (to === 'off') return m.switch_off();
  return to;
}

export function switchWords(what: Switched): string {
  const to = switchTo(what);
  const name = switchName(what.name);
  return to === '' || (to === m.switch_on() && own(DEEDS, what.name))
    ? name
    : m.switch_set({ name, to });
}

function own<T>(all: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}
