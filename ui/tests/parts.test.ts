import { describe, expect, it, vi } from 'vitest';
import { Part } from '../src/parts.svelte';

describe('a part of the window', () => {
  it('is loaded when it is first asked for, and once', async () => {
    const load = vi.fn(() => Promise.resolve('lab'));
    const part = new Part(load);
    expect(load).not.toHaveBeenCalled();
    expect(part.here).toBeNull();
    await Promise.all([part.load(), part.load()]);
    await part.load();
    expect(part.here).toBe('lab');
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('is asked for again where it did not come', async () => {
    const load = vi.fn(() => Promise.resolve('lab')).mockRejectedValueOnce(new Error('no'));
    const part = new Part(load);
    await expect(part.load()).rejects.toThrow('no');
    expect(part.here).toBeNull();
    await part.load();
    expect(part.here).toBe('lab');
  });
});
