// A switch of the Lab, as a sentence.
import type { Fault, What } from '../contract';
import { faultInShort } from '../frame/switched-on';
import {
  faultOptions,
  rotationOptions,
  shapeOptions,
  tellOptions,
  type Option,
} from '../lab/options';
import { m } from '../paraglide/messages.js';
import { span } from '../time/format';

type Switched = Extract<What, { kind: 'switch' }>;

/** What is done once, and has no state that it could be put to. */
const DEEDS: Record<string, () => string> = {
  sleep: m.switch_sleep,
  expire: m.switch_expire,
  refuse: m.switch_refuse,
  stop: m.switch_stop,
  all_well: m.switch_all_well,
  demo_expire: m.switch_demo_expire,
  demo_revoke: m.switch_demo_revoke,
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

/** What it was put to, in words; empty where the name says it all. */
export function switchTo({ name, to }: Switched): string {
  if (own(DEEDS, name) && name !== 'sleep') return '';
  switch (to) {
    case 'on':
    case 'true':
      return m.switch_on();
    case 'off':
    case 'false':
      return m.switch_off();
    case 'default':
      return m.switch_default();
    case 'right':
      return m.switch_right();
  }
  const [, sign, count, seconds] = /^([+-]?)(\d+)( s)?$/.exec(to) ?? [];
  if (count !== undefined && (seconds !== undefined || name.endsWith('Ms'))) {
    return (sign ?? '') + span(Number(count) * (seconds === undefined ? 1 : 1_000));
  }
  return ofServer(name, parsed(to)) ?? to;
}

/** What a switch of the demo server was put to, in the words of the Lab. */
function ofServer(name: string, to: unknown): string | undefined {
  const kind = typeof to === 'object' && to !== null && 'kind' in to ? to.kind : to;
  switch (name) {
    case 'fault':
      if (kind === 'none') return m.switch_off();
      return isFault(to) ? faultInShort(to) : undefined;
    case 'rotation':
      return labelOf(rotationOptions(), kind);
    case 'tellRefreshToken':
      return labelOf(tellOptions(), kind);
    case 'lifetimeShape':
      return labelOf(shapeOptions(), kind);
    default:
      return undefined;
  }
}

function isFault(it: unknown): it is Fault {
  return (
    typeof it === 'object' &&
    it !== null &&
    'kind' in it &&
    faultOptions().some(({ value }) => value === it.kind)
  );
}

function labelOf(options: Option<string>[], value: unknown): string | undefined {
  return options.find((option) => option.value === value)?.label;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function switchWords(what: Switched): string {
  const to = switchTo(what);
  const name = switchName(what.name);
  return to === '' ? name : m.switch_set({ name, to });
}

function own<T>(all: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}
