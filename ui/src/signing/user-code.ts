// A code that is read from one screen and typed at another.
import { m } from '../paraglide/messages.js';

/** Said sign by sign, so that it is not read as a word. */
export function spelled(code: string): string {
  return Array.from(code)
    .filter((sign) => sign.trim() !== '')
    .map((sign) => (/[-–—]/.test(sign) ? m.code_dash() : sign))
    .join(', ');
}
