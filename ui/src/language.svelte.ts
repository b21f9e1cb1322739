// The window's language. Messages ask for it at every call, and since it is a rune, a page that shows
// one is brought up to date when it changes: nothing is mounted anew, so focus and forms stay.
import type { Language } from './contract';
import { overwriteGetLocale, type Locale } from './paraglide/runtime.js';

let current = $state<Locale>('en');

overwriteGetLocale(() => current);

/** The language that is shown. */
export function locale(): Locale {
  return current;
}

/** What a choice means on this computer. Other kinds of Chinese are nearer to ours than English is. */
export function resolveLanguage(choice: Language, system: readonly string[]): Locale {
  if (choice !== 'system') return choice;
  for (const tag of system) {
    const language = tag.toLowerCase().split('-')[0];
    if (language === 'zh') return 'zh-CN';
    if (language === 'en') return 'en';
  }
  return 'en';
}

/** Shows the window in a language, and tells assistive technology which it is. */
export function speak(language: Locale): void {
  current = language;
  document.documentElement.lang = language;
}
