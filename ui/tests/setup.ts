import '@testing-library/jest-dom/vitest';
import { afterEach, vi } from 'vitest';
import { speak } from '../src/language.svelte';

afterEach(() => {
  vi.useRealTimers();
  speak('en');
});

// A window does not report an animation that was cancelled as a promise that nobody handled.
const animate = Object.getOwnPropertyDescriptor(Element.prototype, 'animate')?.value as
  Element['animate'] | undefined;
if (animate) {
  Element.prototype.animate = function (...how) {
    const animation = animate.apply(this, how);
    animation.finished.catch(() => undefined);
    return animation;
  };
}
