import { screen, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../src/gallery/fixtures';
import { HOUR, MINUTE, NOW } from '../src/gallery/parts';
import { renewalMark } from '../src/session/face';
import { picture, shownPast } from '../src/session/lifeline-picture';
import { lifelineText } from '../src/words/lifeline';
import { open } from './open';

const resting = fixtures.resting.session;

describe('the lifeline', () => {
  it('has a text that says all that the picture shows', () => {
    expect(lifelineText(resting)).toEqual({
      summary: [
        'The present token runs from 14:32:10 to 14:32:30.',
        'Its renewal begins at 14:32:26.',
        'The next token is planned from 14:32:26 to 14:32:46.',
      ],
      past: [
        'A past token ran from 14:31:06 to 14:31:26.',
        'A past token ran from 14:31:22 to 14:31:42.',
        'A past token ran from 14:31:38 to 14:31:58.',
        'A past token ran from 14:31:54 to 14:32:14.',
      ],
      marks: [
        '14:31:06: signed in.',
        '14:31:22: renewed, window came to front.',
        '14:31:38: renewed, it was time.',
        '14:31:54: renewed, you asked.',
        '14:32:10: renewed, window came to front.',
      ],
    });
  });

  it('shows that text to readers, and the picture to eyes', async () => {
    await open(fixtures.resting);
    const lifeline = screen.getByTestId('lifeline');
    expect(lifeline).toHaveTextContent('The present token runs from 14:32:10 to 14:32:30.');
    expect(within(lifeline).getAllByRole('listitem')).toHaveLength(9);
    for (const svg of lifeline.querySelectorAll('.strip svg')) {
      expect(svg).toHaveAttribute('aria-hidden', 'true');
    }
  });

  it('shows two minutes of short tokens and more of long ones', () => {
    expect(shownPast(resting, NOW)).toBe(2 * MINUTE);
    expect(shownPast(fixtures.resting_hour.session, NOW)).toBe(6 * HOUR);
    expect(shownPast(fixtures.no_refresh_token.session, NOW)).toBe(HOUR);
  });

  it('puts overlapping tokens on two rows, each on its own for good', () => {
    const rows = (view: typeof resting): [string, number][] =>
      picture(view, NOW, 640).bars.map((bar) => [bar.key, bar.row]);
    const before = rows(resting);
    before.reduce((last, [, row]) => {
      expect(row).not.toBe(last);
      return row;
    }, -1);
    // The oldest is dropped: no other bar moves.
    const { lifeline } = resting;
    const after = rows({
      ...resting,
      lifeline: { ...lifeline, tokens: lifeline.tokens.slice(1) },
    });
    expect(after).toEqual(before.slice(1));
  });

  it('keeps what is to come inside the picture', () => {
    for (const { session } of Object.values(fixtures)) {
      const { now, bars, next } = picture(session, NOW, 640);
      expect(now).toBeLessThan(640);
      for (const bar of bars) if (bar.kind !== 'past') expect(bar.to).toBeLessThan(640);
      if (next) expect(next.x).toBeLessThan(640);
    }
  });

  it.each(['waiting_valid', 'portal', 'paused', 'unclear', 'put_off', 'stopped'] as const)(
    'marks the next try, and promises no token, in %s',
    (name) => {
      const { session } = fixtures[name];
      const { lifeline } = fixtures.resting_hour.session;
      const promised = { ...session, lifeline: { ...session.lifeline, planned: lifeline.planned } };
      const { bars, next } = picture(promised, NOW, 640);
      expect(next?.what).toBe('tries');
      expect(bars.map((bar) => bar.kind)).not.toContain('planned');
      expect(bars.every((bar) => bar.renews === null)).toBe(true);
      expect(renewalMark(promised)).toBeNull();
      const { summary } = lifelineText(promised);
      expect(summary.join(' ')).toMatch(/The next try is at [\d:]+\.$/);
      expect(summary.join(' ')).not.toMatch(/planned|renewal begins/);
    },
  );

  it('draws no bright token into the future of a session that is over', () => {
    const { bars } = picture(fixtures.needs_sign_in.session, NOW, 640);
    expect(bars.some((bar) => bar.to > 320)).toBe(true);
    expect(bars.map((bar) => bar.kind)).not.toContain('present');
  });

  it('writes no two labels over each other', () => {
    for (const { session } of Object.values(fixtures)) {
      const { now, ticks } = picture(session, NOW, 380);
      for (const tick of ticks) expect(Math.abs(tick.x - now)).toBeGreaterThan(50);
      ticks.reduce((last, tick) => {
        expect(tick.x - last).toBeGreaterThan(50);
        return tick.x;
      }, -100);
    }
  });
});
