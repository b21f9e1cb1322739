import { beforeEach, describe, expect, it, vi } from 'vitest';
import { NOW } from '../src/gallery/parts';
import { Clock } from '../src/time/clock.svelte';

function hide(hidden: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
  document.dispatchEvent(new Event('visibilitychange'));
}

describe('the clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    return () => {
      hide(false);
    };
  });

  it('beats when a second of what is left is over, and not otherwise', () => {
    const clock = new Clock();
    const stop = clock.start();
    const leave = clock.follow(NOW + 2_300);
    vi.advanceTimersByTime(299);
    expect(clock.now).toBe(NOW);
    vi.advanceTimersByTime(20);
    // It shows within a frame of the change.
    expect(clock.now).toBeGreaterThanOrEqual(NOW + 300);
    expect(clock.now).toBeLessThan(NOW + 320);
    leave();
    stop();
  });

  it('beats late where no frame comes', () => {
    vi.stubGlobal('requestAnimationFrame', () => 1);
    const clock = new Clock();
    const stop = clock.start();
    clock.follow(NOW + 9_000);
    vi.advanceTimersByTime(2_100);
    expect(clock.now).toBeGreaterThanOrEqual(NOW + 1_000);
    vi.unstubAllGlobals();
    stop();
  });

  it('counts to the nearest of several deadlines, and beats for all of them at once', () => {
    const clock = new Clock();
    const stop = clock.start();
    clock.follow(NOW + 60_700);
    const leave = clock.follow(NOW + 2_300);
    clock.flow(2_750);
    const beats: number[] = [];
    for (let passed = 0; passed < 2_320; passed += 10) {
      const before = clock.now;
      vi.advanceTimersByTime(10);
      if (clock.now !== before) beats.push(Math.floor((clock.now - NOW) / 100));
    }
    expect(beats).toEqual([3, 13, 23]);
    // Then the other one is the nearest.
    leave();
    vi.advanceTimersByTime(400);
    expect(clock.now).toBeGreaterThanOrEqual(NOW + 2_700);
    expect(clock.now).toBeLessThan(NOW + 2_720);
    stop();
  });

  it('does not beat for nobody, nor for a deadline that is over', () => {
    const clock = new Clock();
    const stop = clock.start();
    clock.follow(NOW - 1);
    expect(vi.getTimerCount()).toBe(0);
    const leave = clock.follow(NOW + 5_000);
    expect(vi.getTimerCount()).toBe(1);
    leave();
    expect(vi.getTimerCount()).toBe(0);
    stop();
  });

  it('does not beat while hidden, and is right at once when shown again', () => {
    const clock = new Clock();
    const stop = clock.start();
    clock.follow(NOW + 60_000);
    clock.flow(50);
    hide(true);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(30_000);
    expect(clock.now).toBe(NOW);
    hide(false);
    expect(clock.now).toBe(NOW + 30_000);
    expect(vi.getTimerCount()).toBe(1);
    stop();
  });

  it('steps each second for those who asked for less motion', () => {
    vi.spyOn(window, 'matchMedia').mockImplementation(
      (query) => ({ matches: query.includes('reduced-motion') }) as MediaQueryList,
    );
    const clock = new Clock();
    const stop = clock.start();
    clock.flow(50);
    vi.advanceTimersByTime(900);
    expect(clock.now).toBe(NOW);
    vi.advanceTimersByTime(130);
    expect(clock.now).toBeGreaterThanOrEqual(NOW + 1_000);
    stop();
    vi.restoreAllMocks();
  });

  it('goes as the app goes whose time was moved', () => {
    const clock = new Clock();
    const stop = clock.start();
    clock.move({ sleptMs: 8 * 3_600_000, clockMs: -60_000 });
    expect(clock.now).toBe(NOW + 8 * 3_600_000 - 60_000);
    // The next second that is left is one of the moved clock.
    clock.follow(clock.now + 2_300);
    vi.advanceTimersByTime(320);
    expect(clock.now).toBeGreaterThanOrEqual(NOW + 8 * 3_600_000 - 60_000 + 300);
    clock.move(null);
    expect(clock.now).toBe(NOW + 320);
    stop();
  });
});
