// A length of time as a number and its unit, as one types it.
export const UNITS = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
} as const;

export type Unit = keyof typeof UNITS;

/** The biggest of these units in which it is a whole number. */
export function unitOf(ms: number, among: readonly Unit[]): Unit {
  const whole = among.filter((unit) => ms % UNITS[unit] === 0);
  // Nothing is nothing in every unit; seconds are the one that most things are told in.
  if (ms === 0) return 's';
  return whole.reduce<Unit>((best, unit) => (UNITS[unit] > UNITS[best] ? unit : best), 'ms');
}
