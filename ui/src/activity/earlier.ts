// The entry that has sent the same refresh token before.
import type { Entry } from '../contract';

/** `surely`: it was sent. An intent alone says that it was about to be. */
export type Earlier = { atMs: number; surely: boolean };

export function earlierOf(entry: Entry | undefined): Earlier | null {
  return entry === undefined ? null : { atMs: entry.atMs, surely: entry.what.kind === 'exchange' };
}
