// What of the activity is shown: by kind, by how it went, by what somebody looks for.
import type { Entry, What } from '../contract';
import type { Line } from './group';

export const KINDS = ['requests', 'decisions', 'disk', 'lab'] as const;
export type Kind = (typeof KINDS)[number];

export type Sieve = {
  /** The kinds that are shown. */
  kinds: readonly Kind[];
  onlyFailures: boolean;
  /** What is looked for; each of its words must occur. */
  search: string;
};

export const ALL: Sieve = { kinds: KINDS, onlyFailures: false, search: '' };

/** `null`: what the app itself did divides the list, whatever kinds are shown. */
export function kindOf(what: What): Kind | null {
  switch (what.kind) {
    case 'exchange':
      return 'requests';
    case 'decision':
      return 'decisions';
    case 'disk':
      return 'disk';
    case 'switch':
      return 'lab';
    case 'app':
      return null;
  }
}

/** Whether something did not go as it was meant to. */
export function failed(what: What): boolean {
  switch (what.kind) {
    case 'exchange':
      return what.outcome.kind !== 'good';
    case 'disk':
      return what.trouble !== null;
    case 'decision':
      return (
        ['failed', 'restore_held_up', 'put_off', 'unsaved', 'api_refused'].includes(what.input) ||
        (what.from !== what.to && ['stopped', 'needs_sign_in'].includes(what.to))
      );
    case 'switch':
    case 'app':
      return false;
  }
}

/** Every fingerprint of an entry, each once. */
export function fingerprints(what: What): string[] {
  if (what.kind === 'disk') return what.token === undefined ? [] : [what.token];
  if (what.kind !== 'exchange') return [];
  return [...new Set([what.sent, what.access, what.refresh])].filter((one) => one !== null);
}

/** `textOf` gives an entry's text as it is shown, in small letters. */
export function sift(
  lines: readonly Line[],
  { kinds, onlyFailures, search }: Sieve,
  textOf: (entry: Entry) => string,
): Line[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const kept = lines.filter(({ entry }) => {
    const kind = kindOf(entry.what);
    if (kind !== null && !kinds.includes(kind)) return false;
    if (onlyFailures && !failed(entry.what)) return false;
    if (words.length === 0) return true;
    const text = textOf(entry);
    return words.every((word) => text.includes(word));
  });
  if (kept.length === lines.length) return kept;
  // What stands under something that is hidden stands by itself.
  const seen = new Set(kept.map(({ entry }) => entry.seq));
  return kept.map((line) =>
    line.under === null || seen.has(line.under) ? line : { ...line, under: null },
  );
}
