// What the lifeline draws where, small and large.
import { describe, expect, it } from 'vitest';
import type { Bar, Mark } from '../src/contract';
import { lifeFixtures, life as made, monthOfMinutes } from '../src/gallery/lifeline-fixtures';
import { HOUR, MINUTE, NOW, SECOND } from '../src/gallery/parts';
import { joined, lifeOf, marksIn, tokensIn, failedIn, type Life } from '../src/lifeline/life';
import { APART, clusters, pieces } from '../src/lifeline/pieces';
import {
  aroundNow,
  bounded,
  DAY,
  LONGEST,
  SHORTEST,
  xOf,
  zoomed,
  type Stretch,
} from '../src/lifeline/stretch';
import { guessed, ticks } from '../src/lifeline/ticks';

/** The same numbers at every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function stretches(count: number, seed = 1): { stretch: Stretch; width: number }[] {
  const next = numbers(seed);
  return Array.from({ length: count }, () => {
    const spanMs = SHORTEST * (LONGEST / SHORTEST) ** next();
    return {
      stretch: { fromMs: NOW - next() * 400 * DAY, spanMs },
      width: Math.round(300 + next() * 1_500),
    };
  });
}

function bar(fromMs: number, toMs: number, fingerprint = 'a3f09b'): Bar {
  return { fingerprint, fromMs, toMs, renewsMs: null };
}

function mark(atMs: number, kind: Mark['kind'] = { kind: 'failure' }): Mark {
  return { atMs, kind };
}

const month = lifeOf(monthOfMinutes.tokens, monthOfMinutes.marks);

describe('the ticks of the axis', () => {
  const measure = guessed(12);

  it('never lie on each other, nor on what stands there already, and stay inside', () => {
    for (const { stretch, width } of stretches(600)) {
      const taken = [{ x: width * 0.8, room: 30 }];
      let end = 0;
      for (const { x, text } of ticks(stretch, width, measure, taken)) {
        const half = measure(text) / 2;
        expect(x - half).toBeGreaterThanOrEqual(end);
        expect(x + half).toBeLessThanOrEqual(width);
        expect(Math.abs(x - width * 0.8)).toBeGreaterThan(half + 15);
        end = x + half;
      }
    }
  });

  it('stand evenly, on moments that one would choose, and are never few', () => {
    for (const { stretch, width } of stretches(600, 2)) {
      const placed = ticks(stretch, width, measure);
      expect(placed.length).toBeGreaterThanOrEqual(2);
      const gaps = placed.slice(1).map((tick, index) => tick.x - (placed[index]?.x ?? 0));
      // Months are not equally long; nothing that is shown is wide enough for them, though.
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThan(1);
      for (const { at } of placed) expect(at % SECOND).toBe(0);
    }
  });

  it('tell midnight by the day that begins', () => {
    const texts = ticks({ fromMs: NOW - DAY, spanMs: DAY }, 800, measure).map(({ text }) => text);
    expect(texts).toContain('Nov 23');
    expect(texts).toContain('06:00');
  });
});

describe('zoom and pan', () => {
  const bounds = { earliestMs: NOW - 3 * HOUR, latestMs: NOW + MINUTE, now: NOW };

  it('keep between a minute and a month', () => {
    let stretch = aroundNow(NOW, HOUR);
    for (let step = 0; step < 60; step += 1) stretch = bounded(zoomed(stretch, 1.5, NOW), bounds);
    expect(stretch.spanMs).toBe(LONGEST);
    for (let step = 0; step < 60; step += 1) stretch = bounded(zoomed(stretch, 0.5, NOW), bounds);
    expect(stretch.spanMs).toBe(SHORTEST);
  });

  it('leave the moment in place that is zoomed at', () => {
    const stretch = aroundNow(NOW, HOUR);
    const at = NOW - 20 * MINUTE;
    expect(xOf(zoomed(stretch, 0.3, at), 800, at)).toBeCloseTo(xOf(stretch, 800, at));
  });

  it('do not lose themselves where there is nothing', () => {
    for (const spanMs of [SHORTEST, HOUR, DAY, LONGEST]) {
      const far = bounded({ fromMs: NOW - 900 * DAY, spanMs }, bounds);
      const late = bounded({ fromMs: NOW + 900 * DAY, spanMs }, bounds);
      for (const { fromMs } of [far, late]) {
        expect(fromMs).toBeLessThan(bounds.latestMs);
        expect(fromMs + spanMs).toBeGreaterThan(bounds.earliestMs);
      }
      // What goes along with now is always allowed.
      expect(bounded(aroundNow(NOW, spanMs), bounds)).toEqual(aroundNow(NOW, spanMs));
    }
  });
});

describe('bars', () => {
  it('are found where they are, however long one before them lasted', () => {
    const long = lifeOf(
      [bar(0, 10 * HOUR), bar(HOUR, 2 * HOUR, 'b'), bar(3 * HOUR, 4 * HOUR, 'c')],
      [],
    );
    const at = (fromMs: number, spanMs: number): { first: number; last: number } =>
      tokensIn(long, { fromMs, spanMs });
    expect(at(5 * HOUR, HOUR)).toEqual({ first: 0, last: 3 });
    expect(at(11 * HOUR, HOUR)).toMatchObject({ last: 3, first: 3 });
    expect(at(-2 * HOUR, HOUR)).toEqual({ first: 0, last: 0 });
  });

  it('of a month of minutes are a handful of pieces at every zoom, and none is left out', () => {
    for (let spanMs = SHORTEST; spanMs <= LONGEST; spanMs *= 1.7) {
      const stretch = { fromMs: NOW - 12 * DAY, spanMs };
      const drawn = pieces(month, stretch, 900);
      expect(drawn.length).toBeLessThan(320);
      const { first, last } = tokensIn(month, stretch);
      expect(drawn.reduce((sum, piece) => sum + piece.last - piece.first, 0)).toBe(last - first);
      expect(clusters(month, stretch, 900).length).toBeLessThan(900 / APART + 4);
    }
  });

  it('stay few where an hour long ones are renewed each second', () => {
    const tokens = Array.from({ length: 43_200 }, (_, n) =>
      bar(n * SECOND, n * SECOND + HOUR, `${n}`),
    );
    const dense = lifeOf(tokens, []);
    for (const spanMs of [HOUR, 6 * HOUR, DAY]) {
      expect(pieces(dense, { fromMs: 4 * HOUR, spanMs }, 900).length).toBeLessThan(320);
    }
  });

  it('that follow each other lie on two rows, so that overlap is seen', () => {
    const drawn = pieces(month, { fromMs: NOW - HOUR, spanMs: 10 * MINUTE }, 900);
    expect(drawn.length).toBeGreaterThan(8);
    for (const [index, piece] of drawn.entries()) {
      expect(piece.row).not.toBeNull();
      expect(piece.row).not.toBe(drawn[index - 1]?.row);
    }
  });

  it('leave a night in which nothing was renewed empty', () => {
    const { history } = lifeFixtures.day_with_a_night;
    const day = lifeOf(history.tokens, history.marks);
    const stretch = { fromMs: NOW - DAY, spanMs: DAY };
    for (const { x0, x1 } of pieces(day, stretch, 300)) {
      const night = xOf(stretch, 300, NOW - 12 * HOUR);
      expect(x0 < night && x1 > night).toBe(false);
    }
  });

  it('keep the present one apart from a band', () => {
    const last = month.tokens.length - 1;
    const stretch = aroundNow(NOW, LONGEST);
    expect(pieces(month, stretch, 900, last).at(-1)).toMatchObject({ first: last, last: last + 1 });
  });
});

describe('marks', () => {
  function someLife(seed: number, count: number): Life {
    const next = numbers(seed);
    const moments = Array.from({ length: count }, () => NOW - next() ** 4 * DAY).sort(
      (a, b) => a - b,
    );
    return lifeOf(
      [],
      moments.map((at) => mark(at)),
    );
  }

  it('never lie on each other, and each is in one of them', () => {
    const life = someLife(3, 900);
    for (const { stretch, width } of stretches(200, 4)) {
      const near = { ...stretch, fromMs: NOW - stretch.spanMs * 0.8 };
      const drawn = clusters(life, near, width);
      for (const [index, one] of drawn.entries()) {
        const before = drawn[index - 1];
        if (!before) continue;
        expect(one.x - before.x).toBeGreaterThanOrEqual(APART - 0.001);
        expect(one.first).toBe(before.last);
      }
      const { first, last } = marksIn(life, near);
      expect(drawn[0]?.first ?? first).toBeLessThanOrEqual(first);
      expect(drawn.at(-1)?.last ?? last).toBeGreaterThanOrEqual(last);
    }
  });

  it('are gathered alike while the picture is moved a little', () => {
    const life = someLife(5, 400);
    const spanMs = 6 * HOUR;
    const fromMs = Math.floor((NOW - 5 * HOUR) / spanMs) * spanMs + 1_000;
    const groups = (by: number): string[] =>
      clusters(life, { fromMs: fromMs + by, spanMs }, 800).map(
        ({ first, last }) => `${first}-${last}`,
      );
    const before = groups(0);
    const after = groups(10 * MINUTE);
    expect(after.filter((group) => before.includes(group)).length).toBeGreaterThan(
      after.length - 4,
    );
  });

  it('that tell of a failure are found in a crowd', () => {
    const crowd = made(20 * SECOND, 300);
    const life = lifeOf(
      [],
      [...crowd.marks, mark(NOW - HOUR)].sort((a, b) => a.atMs - b.atMs),
    );
    const failure = life.marks.findIndex(({ kind }) => kind.kind === 'failure');
    expect(failedIn(life, { first: failure - 5, last: failure + 5 })).toBe(true);
    expect(failedIn(life, { first: failure + 1, last: failure + 5 })).toBe(false);
    expect(failedIn(life, { first: failure - 5, last: failure })).toBe(false);
  });
});

describe('what is known, joined with what a view brings', () => {
  const { app, history } = lifeFixtures.hour_of_short;
  const { lifeline } = app.session;

  it('has each token and mark once', () => {
    const life = joined(history, lifeline);
    expect(life.tokens).toHaveLength(history.tokens.length);
    expect(life.marks).toHaveLength(history.marks.length);
    expect(joined(life, lifeline).tokens).toEqual(life.tokens);
  });

  it('takes a newer end of a token, and tokens that are new', () => {
    const [last] = lifeline.tokens.slice(-1);
    if (!last) throw new Error('the fixture has tokens');
    const changed = { ...last, toMs: last.toMs + 5 * SECOND };
    const more = bar(last.toMs, last.toMs + 20 * SECOND, 'ffffff');
    const tokens = [...lifeline.tokens.slice(0, -1), changed, more];
    const life = joined(history, { ...lifeline, tokens });
    expect(life.tokens).toHaveLength(history.tokens.length + 1);
    expect(life.tokens.slice(-2)).toEqual([changed, more]);
  });

  it('keeps what a view no longer tells', () => {
    const later = { ...lifeline, tokens: lifeline.tokens.slice(5), marks: lifeline.marks.slice(9) };
    const life = joined(joined({ tokens: [], marks: [] }, lifeline), later);
    expect(life.tokens).toEqual(lifeline.tokens);
    expect(life.marks).toEqual(lifeline.marks);
  });

  it('tells nothing twice where the clock was set meanwhile', () => {
    for (const by of [HOUR, -HOUR]) {
      const moved = {
        ...lifeline,
        tokens: lifeline.tokens.map((one) => ({
          ...one,
          fromMs: one.fromMs + by,
          toMs: one.toMs + by,
        })),
        marks: lifeline.marks.map((one) => ({ ...one, atMs: one.atMs + by })),
      };
      const life = joined(history, moved);
      expect(life.tokens).toHaveLength(history.tokens.length);
      expect(life.marks).toHaveLength(history.marks.length);
      expect([...life.from]).toEqual([...life.from].sort((a, b) => a - b));
    }
  });

  it('survives a sign-out, after which a view tells of nothing', () => {
    const life = joined(history, { tokens: [], planned: null, marks: [] });
    expect(life.tokens).toEqual(history.tokens);
    expect(life.marks).toEqual(history.marks);
  });
});
