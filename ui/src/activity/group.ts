// Which entries belong together: what one refresh, sign-in, sign-out or start did, step by step, stands
// under what set it off. Read off the entries alone, in their order; nothing is told by the app.
import type { Entry, InputKind, What } from '../contract';

/** An entry, and the one that it stands under: the sequence number of what set it off. */
export type Line = { entry: Entry; under: number | null };

type Decision = Extract<What, { kind: 'decision' }>;
type Deed = 'restore' | 'refresh' | 'sign_in' | 'sign_out';
/** `over`: it has come to its end, and what is still written down for it belongs to it. */
type Open = { deed: Deed; lead: number; over: boolean };

/** What is only noted, whatever runs. */
const NOTES: readonly InputKind[] = ['server_clock', 'confirmed', 'saved', 'unsaved'];

export function lines(entries: readonly Entry[]): Line[] {
  let open: Open | null = null;
  let run: number | null = null;
  return entries.map((entry) => {
    if (entry.run !== run) open = null;
    run = entry.run;
    const begun = begins(entry.what, open);
    if (begun !== null) {
      open = { deed: begun, lead: entry.seq, over: false };
      return { entry, under: null };
    }
    if (open === null) return { entry, under: null };
    const place = belongs(entry.what, open);
    const { lead } = open;
    if (place === 'ends') open = { ...open, over: true };
    if (place === 'closes') open = null;
    return { entry, under: place === 'within' || place === 'ends' ? lead : null };
  });
}

function begins(what: What, open: Open | null): Deed | null {
  if (what.kind === 'exchange') return what.purpose === 'sign_in' ? 'sign_in' : null;
  if (what.kind !== 'decision') return null;
  if (what.effects.includes('refresh')) return 'refresh';
  if (what.effects.includes('restore')) return 'restore';
  if (what.input === 'signed_out') return 'sign_out';
  if (what.input === 'signed_in') return open?.deed === 'sign_in' ? null : 'sign_in';
  return null;
}

type Belonging = 'within' | 'ends' | 'beside' | 'closes';

function belongs(what: What, open: Open): Belonging {
  switch (what.kind) {
    case 'app':
      return 'closes';
    case 'switch':
      return 'beside';
    case 'disk':
      return 'within';
    case 'exchange':
      return what.purpose === open.deed ? 'within' : 'beside';
    case 'decision':
      return decided(what, open);
  }
}

function decided(what: Decision, open: Open): Belonging {
  if (NOTES.includes(what.input)) return 'within';
  if (open.over) return 'closes';
  switch (open.deed) {
    case 'refresh':
      if (what.from !== 'refreshing') return 'closes';
      return what.to === 'refreshing' ? 'within' : 'ends';
    case 'restore':
      return what.from === 'restoring' ? (what.to === 'restoring' ? 'within' : 'ends') : 'closes';
    case 'sign_in':
      return what.input === 'signed_in' ? 'ends' : 'beside';
    case 'sign_out':
      return 'closes';
  }
}
