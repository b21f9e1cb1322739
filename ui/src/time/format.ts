// How times and spans of time read, in the window's language. Nothing else formats one.
import { locale } from '../language.svelte';
import { m } from '../paraglide/messages.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Within this of the moment it was said, seconds matter; later they are noise. */
const SECONDS_MATTER = 2 * MINUTE;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format is slow and the same few are wanted many times a second. */
function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options);
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale(), { hourCycle: 'h23', ...options });
  formats.set(key, made);
  return made;
}

const numberFormats = new Map<string, Intl.NumberFormat>();

function number(value: number, fractionDigits = 0): string {
  const key = `${locale()} ${fractionDigits}`;
  const format =
    numberFormats.get(key) ??
    new Intl.NumberFormat(locale(), {
      minimumFractionDigits: fractionDigits,
      maximumFractionDigits: fractionDigits,
      useGrouping: false,
    });
  numberFormats.set(key, format);
  return format.format(value);
}

/**
 * What is left until a deadline: `0:12`, `1:02:03`, from a day on in words. It is rounded up, so that
 * `0:00` is said when the deadline is there and not a second before.
 */
export function countdown(leftMs: number): string {
  if (leftMs >= DAY) return span(leftMs);
  const seconds = Math.max(0, Math.ceil(leftMs / SECOND));
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  const end = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${end}` : `${minutes}:${end}`;
}

/** A span of time in its one or two biggest units: `2 days 14 h`, `4 min 12 s`, `20 s`, `34 ms`. */
export function span(ms: number): string {
  const size = Math.abs(ms);
  if (size < SECOND) return m.unit_milliseconds({ n: number(Math.round(size)) });
  const seconds = Math.round(size / SECOND);
  if (seconds < 60) return m.unit_seconds({ n: number(seconds) });
  // From an hour on seconds are noise, from a day on minutes are.
  const minutes = Math.round(size / MINUTE);
  if (seconds < 3_600) {
    return two(
      [Math.floor(seconds / 60), (n) => m.unit_minutes({ n: number(n) })],
      [seconds % 60, (n) => m.unit_seconds({ n: number(n) })],
    );
  }
  if (minutes < 24 * 60) {
    return two(
      [Math.floor(minutes / 60), (n) => m.unit_hours({ n: number(n) })],
      [minutes % 60, (n) => m.unit_minutes({ n: number(n) })],
    );
  }
  const hours = Math.round(size / HOUR);
  return two(
    [Math.floor(hours / 24), (n) => m.unit_days({ n, text: number(n) })],
    [hours % 24, (n) => m.unit_hours({ n: number(n) })],
  );
}

type Part = [amount: number, say: (n: number) => string];

function two([big, sayBig]: Part, [small, saySmall]: Part): string {
  return small === 0 ? sayBig(big) : m.span_two({ big: sayBig(big), small: saySmall(small) });
}

/** How long a request took: in milliseconds, as one compares them. */
export function took(ms: number): string {
  return ms < 10 * SECOND ? m.unit_milliseconds({ n: number(Math.round(ms)) }) : span(ms);
}

/** A moment to the second, with its day where that is not today: `14:32:10`, `Mon 14:32:10`. */
export function clockTime(atMs: number, nowMs: number): string {
  return dateFormat({ ...dayOf(atMs, nowMs), ...TO_THE_SECOND }).format(atMs);
}

/** A moment as one says it: `14:32`; with seconds where it is near enough for them to matter. */
export function moment(atMs: number, nowMs: number): string {
  const near = Math.abs(atMs - nowMs) < SECONDS_MATTER;
  return dateFormat({ ...dayOf(atMs, nowMs), ...(near ? TO_THE_SECOND : TO_THE_MINUTE) }).format(
    atMs,
  );
}

/** A mark on a time axis whose marks are so far from each other; midnight is told by its day. */
export function axisTime(atMs: number, stepMs: number): string {
  if (stepMs >= 28 * DAY) return dateFormat({ month: 'short', year: 'numeric' }).format(atMs);
  if (stepMs < MINUTE) return dateFormat(TO_THE_SECOND).format(atMs);
  const at = new Date(atMs);
  const midnight = at.getHours() === 0 && at.getMinutes() === 0;
  return dateFormat(
    midnight || stepMs >= DAY ? { day: 'numeric', month: 'short' } : TO_THE_MINUTE,
  ).format(atMs);
}

/** Seconds with one decimal and a sign where there is one: `0.0`, `−0.4`. */
export function tenths(ms: number): string {
  // Below half a tenth a minus sign would stand before a zero.
  const value = Math.abs(ms) < 50 ? 0 : ms / SECOND;
  return number(value, 1).replace('-', '\u2212');
}

const TO_THE_MINUTE = { hour: '2-digit', minute: '2-digit' } as const;
const TO_THE_SECOND = { ...TO_THE_MINUTE, second: '2-digit' } as const;

function dayOf(atMs: number, nowMs: number): Intl.DateTimeFormatOptions {
  const at = new Date(atMs);
  const now = new Date(nowMs);
  if (at.toDateString() === now.toDateString()) return {};
  if (Math.abs(atMs - nowMs) < 6 * DAY) return { weekday: 'short' };
  if (at.getFullYear() === now.getFullYear()) return { day: 'numeric', month: 'short' };
  return { day: 'numeric', month: 'short', year: 'numeric' };
}
