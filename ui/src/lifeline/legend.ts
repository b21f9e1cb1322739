/** The ways in which a bar is drawn. */
export type BarKind = 'past' | 'present' | 'renewal' | 'planned';

const ORDER: readonly BarKind[] = ['past', 'present', 'renewal', 'planned'];

/** Each kind once, in the order of time. */
export function kindsOf(kinds: Iterable<BarKind>): BarKind[] {
  const there = new Set(kinds);
  return ORDER.filter((kind) => there.has(kind));
}
