// A switch of the Lab, as a sentence: called what the Lab calls it.
import type { What } from '../contract';
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
type Known = { name: () => string; to: (is: unknown, told: string) => string };

/** Those of this side, and what is done at once. */
const HERE: Record<string, Known> = {
  offline: { name: m.lab_offline, to: onOrOff },
  sleep: { name: m.lab_sleep, to: (_, told) => secondsIn(told, (s) => span(s * 1_000)) },
  clock: { name: m.lab_clock, to: (_, told) => clockWords(told) },
  expire: { name: m.lab_expire, to: () => m.lab_expire_do() },
  refuse: { name: m.lab_refuse, to: () => m.lab_refuse_do() },
  all_well: { name: m.all_well, to: () => '' },
};

/** The demo server's. */
const THERE: Record<string, Known> = {
  accessLifetimeMs: { name: m.lab_access_lifetime, to: spanOf },
  refreshLifetimeMs: { name: m.lab_refresh_lifetime, to: spanOf },
  rotation: { name: m.lab_rotation, to: (is, told) => rotationWords(is, told) },
  tellRefreshToken: { name: m.lab_tell, to: (is, told) => among(tellOptions(), is, told) },
  tellRefreshLifetime: { name: m.lab_tell_lifetime, to: onOrOff },
  killOldAccessOnRefresh: { name: m.lab_kill_old, to: onOrOff },
  lifetimeShape: { name: m.lab_shape, to: (is, told) => among(shapeOptions(), is, told) },
  envelope: { name: m.lab_envelope, to: onOrOff },
  cookieForm: { name: m.lab_cookie, to: onOrOff },
  latencyMs: { name: m.lab_latency, to: spanOf },
  clockOffsetMs: { name: m.lab_clock_offset, to: spanOf },
  fault: { name: m.lab_fault, to: (is, told) => faultWords(is, told) },
  demo_expire: { name: m.lab_act_expire, to: () => '' },
  demo_revoke: { name: m.lab_act_revoke, to: () => '' },
};

/** What it was put to; empty where the name says it all. One that is not known is said as it is. */
export function switchTo({ name, to }: Switched): string {
  const known = own(HERE, name) ?? own(THERE, name);
  if (!known || to === '') return to;
  return to === 'default' ? m.switch_default() : known.to(read(to), to);
}

export function switchWords(what: Switched): string {
  const there = own(THERE, what.name);
  const name = there
    ? m.switch_there({ server: m.lab_server(), name: there.name() })
    : (own(HERE, what.name)?.name() ?? what.name);
  const to = switchTo(what);
  return to === '' ? name : m.switch_set({ name, to });
}

/** The demo server's come as JSON. */
function read(to: string): unknown {
  try {
    return JSON.parse(to);
  } catch {
    return to;
  }
}

function onOrOff(is: unknown, told: string): string {
  if (is === true || told === 'on') return m.switch_on();
  return is === false || told === 'off' ? m.switch_off() : told;
}

function spanOf(is: unknown, told: string): string {
  if (typeof is !== 'number') return told;
  return is < 0 ? `−${span(is)}` : span(is);
}

/** A number of seconds, as the app tells it: "28800 s", "+3600 s". */
function secondsIn(told: string, words: (seconds: number) => string): string {
  const seconds = /^[+-]?\d+(?= s$)/.exec(told);
  return seconds ? words(Number(seconds[0])) : told;
}

function clockWords(told: string): string {
  if (told === 'right') return m.lab_clock_right();
  return secondsIn(told, (seconds) => {
    if (seconds === 3_600) return m.lab_clock_ahead();
    if (seconds === -3_600) return m.lab_clock_behind();
    return `${seconds < 0 ? '−' : '+'}${span(seconds * 1_000)}`;
  });
}

function rotationWords(is: unknown, told: string): string {
  const label = among(rotationOptions(), member(is, 'kind'), told);
  const seconds = member(is, 'seconds');
  return typeof seconds === 'number' ? `${label} (${span(seconds * 1_000)})` : label;
}

function faultWords(is: unknown, told: string): string {
  const label = among(faultOptions(), member(is, 'kind'), told);
  const code = member(is, 'code');
  return typeof code === 'number' ? `${label} (${String(code)})` : label;
}

function among<T extends string>(options: Option<T>[], is: unknown, told: string): string {
  return options.find(({ value }) => value === is)?.label ?? told;
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
}

function own<T>(all: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}
