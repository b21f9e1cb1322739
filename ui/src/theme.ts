// Light or dark. The stylesheet knows only the attribute that is set here.
import type { Theme } from './contract';

const DARK = '(prefers-color-scheme: dark)';

/** Puts a choice on the page and keeps it right while the system changes; returns how to stop. */
export function wear(choice: Theme): () => void {
  const system = window.matchMedia(DARK);
  const put = (): void => {
    const dark = choice === 'dark' || (choice === 'system' && system.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  };
  put();
  system.addEventListener('change', put);
  return () => {
    system.removeEventListener('change', put);
  };
}
