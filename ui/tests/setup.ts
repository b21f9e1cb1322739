import '@testing-library/jest-dom/vitest';
import { afterEach, vi } from 'vitest';
import { speak } from '../src/language.svelte';

afterEach(() => {
  vi.useRealTimers();
  speak('en');
});
