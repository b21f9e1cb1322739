import { describe, expect, it } from 'vitest';
import { lines } from '../src/activity/group';
import { around, MOST, pageOf, STEP, turned } from '../src/activity/page';
import { fullActivity } from '../src/gallery/activity-fixtures';

const all = lines(fullActivity());

describe('the page of a long list', () => {
  it('holds the newest at first', () => {
    const { shown, earlier, later } = pageOf(all, null);
    expect(shown.at(-1)?.entry.seq).toBe(4_000);
    expect([shown.length, earlier, later]).toEqual([STEP, 4_000 - STEP, 0]);
  });

  it('never holds more than so many, however often one goes back', () => {
    let from: number | null = 3_801;
    for (let turn = 0; turn < 4; turn += 1) from = turned(all, from, -STEP);
    const { shown, earlier, later } = pageOf(all, from);
    expect(from).toBe(3_001);
    expect([shown.length, earlier, later]).toEqual([MOST, 3_000, 400]);
    expect(turned(all, 1, -STEP)).toBe(1);
    expect(turned(all, 3_801, STEP)).toBe(3_801);
  });

  it('can begin around any line', () => {
    const { shown } = pageOf(all, around(all, 1_500));
    expect(shown.findIndex(({ entry }) => entry.seq === 1_500)).toBe(STEP / 2);
  });
});
