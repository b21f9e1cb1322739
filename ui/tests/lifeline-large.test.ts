// The lifeline in large, as somebody uses it.
import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppView } from '../src/contract';
import { FakeBridge } from '../src/gallery/fake-bridge';
import { lifeFixtures, type LifeFixture } from '../src/gallery/lifeline-fixtures';
import LifelineStage from '../src/gallery/LifelineStage.svelte';
import { NOW, SECOND } from '../src/gallery/parts';
import { ROWS_LISTED } from '../src/lifeline/listing';
import { Clock } from '../src/time/clock.svelte';
import { settle } from './open';

type Stage = { bridge: FakeBridge; show: (app: AppView) => Promise<void>; strip: HTMLElement };

const inEnglish = (app: AppView): AppView => ({
  ...app,
  preferences: { ...app.preferences, language: 'en' },
});

async function stage({ app, history }: LifeFixture, read = (): number => NOW): Promise<Stage> {
  const bridge = new FakeBridge(app);
  bridge.history = history;
  const props = { app: inEnglish(app), bridge, clock: new Clock(read) };
  const { rerender } = render(LifelineStage, props);
  await settle();
  return {
    bridge,
    show: async (next) => {
      await rerender({ app: inEnglish(next) });
      await settle();
    },
    strip: screen.getByTestId('lifeline-strip'),
  };
}

const said = (strip: HTMLElement): string => strip.getAttribute('aria-valuetext') ?? '';
const range = (): string => screen.getByTestId('lifeline-range').textContent;
/** How much time is shown while the picture goes along with now. */
const following = (): string | undefined =>
  /^(.+), going along with now/.exec(said(screen.getByTestId('lifeline-strip')))?.[1];

describe('the large lifeline', () => {
  beforeEach(() => {
    // Nothing is laid out here; the picture is as wide as it is told to be.
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(800);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('asks for what is remembered, and tells how much of it is shown', async () => {
    const { bridge, strip } = await stage(lifeFixtures.hour_of_short);
    expect(bridge.asked.map(({ name }) => name)).toContain('life');
    expect(range()).toBe('from 14:30:17 to 14:33:17');
    expect(said(strip)).toBe('3 min, going along with now. 9 tokens, 8 marks.');
    expect(strip).toHaveAttribute('aria-valuenow', '1000');
  });

  it('is panned and zoomed by keys, and goes back to now', async () => {
    const user = userEvent.setup();
    const { strip } = await stage(lifeFixtures.hour_of_short);
    strip.focus();
    await user.keyboard('{ArrowLeft}');
    expect(range()).toBe('from 14:29:59 to 14:32:59');
    expect(said(strip)).toMatch(/^From 14:29:59 to 14:32:59, 3 min\. \d+ tokens, \d+ marks\.$/);
    await user.keyboard('{ArrowRight}{ArrowRight}');
    expect(screen.getByTestId('lifeline-now')).toHaveAttribute('aria-pressed', 'false');
    await user.keyboard('{Home}');
    expect(following()).toBe('3 min');
    await user.keyboard('+');
    expect(following()).toBe('2 min');
    await user.keyboard('-');
    expect(following()).toBe('3 min');
  });

  it('leaves keys with Ctrl to the system', async () => {
    const user = userEvent.setup();
    const { strip } = await stage(lifeFixtures.hour_of_short);
    strip.focus();
    await user.keyboard('{Control>}-{/Control}');
    expect(following()).toBe('3 min');
  });

  it.each([
    ['minute', '1 min'],
    ['hour', '1 h'],
    ['day', '1 day'],
    ['month', '30 days'],
  ])('shows a %s at a press', async (name, words) => {
    const user = userEvent.setup();
    await stage(lifeFixtures.month_of_minutes);
    await user.click(screen.getByTestId(`lifeline-${name}`));
    expect(following()).toBe(words);
    expect(screen.getByTestId(`lifeline-${name}`)).toHaveAttribute('aria-pressed', 'true');
  });

  it('shows neither less than a minute nor more than a month', async () => {
    const user = userEvent.setup();
    await stage(lifeFixtures.hour_of_short);
    for (let press = 0; press < 8; press += 1)
      await user.click(screen.getByTestId('lifeline-zoom-in'));
    expect(following()).toBe('1 min');
    for (let press = 0; press < 30; press += 1) {
      await user.click(screen.getByTestId('lifeline-zoom-out'));
    }
    expect(following()).toBe('30 days');
  });

  it('lets the page be scrolled past it', async () => {
    const { strip } = await stage(lifeFixtures.hour_of_short);
    const turn = new WheelEvent('wheel', { deltaY: -100, bubbles: true, cancelable: true });
    strip.dispatchEvent(turn);
    await settle();
    expect(following()).toBe('3 min');
    expect(turn.defaultPrevented).toBe(false);
  });

  it('is zoomed by the wheel while Ctrl is held', async () => {
    const { strip } = await stage(lifeFixtures.hour_of_short);
    const turn = new WheelEvent('wheel', { deltaY: -100, bubbles: true, cancelable: true });
    // happy-dom's knows of no keys.
    Object.defineProperty(turn, 'ctrlKey', { value: true });
    strip.dispatchEvent(turn);
    await settle();
    expect(following()).toMatch(/^2 min \d+ s$/);
    expect(following()).not.toBe('3 min');
  });

  it('is zoomed by the wheel while it has the focus, and goes on following now', async () => {
    const { strip } = await stage(lifeFixtures.hour_of_short);
    strip.focus();
    strip.dispatchEvent(new WheelEvent('wheel', { deltaY: -100, bubbles: true, cancelable: true }));
    await settle();
    expect(following()).toMatch(/^2 min \d+ s$/);
    expect(following()).not.toBe('3 min');
  });

  it('is moved by a wheel that turns sideways, and stays there', async () => {
    let now = NOW;
    const { strip, show } = await stage(lifeFixtures.hour_of_short, () => now);
    strip.dispatchEvent(new WheelEvent('wheel', { deltaX: -80, bubbles: true, cancelable: true }));
    await settle();
    expect(range()).toBe('from 14:29:59 to 14:32:59');
    now += 10 * SECOND;
    const { app } = lifeFixtures.hour_of_short;
    await show({ ...app, session: { ...app.session, nowMs: now } });
    expect(range()).toBe('from 14:29:59 to 14:32:59');
  });

  it('steps through what is shown by the arrows, and says each in words', async () => {
    const user = userEvent.setup();
    const { strip } = await stage(lifeFixtures.hour_of_short);
    strip.focus();
    await user.keyboard('{ArrowUp}');
    expect(said(strip)).toBe('The next token, as planned: 14:32:26 to 14:32:46.');
    await user.keyboard('{ArrowUp}');
    expect(said(strip)).toBe('14:32:10: renewed, it was time.');
    await user.keyboard('{ArrowUp}');
    expect(said(strip)).toBe(
      'The present token a3f09b: 14:32:10 to 14:32:30, 20 s. Renewal from 14:32:26.',
    );
    expect(screen.getByTestId('large-lifeline-told')).toHaveTextContent(said(strip));
    await user.keyboard('{Escape}');
    expect(said(strip)).toContain('going along with now');
  });

  it('says of several marks in one place how many of what they are', async () => {
    const user = userEvent.setup();
    const { strip } = await stage(lifeFixtures.day_with_a_night);
    await user.click(screen.getByTestId('lifeline-day'));
    strip.focus();
    const heard: string[] = [];
    for (let step = 0; step < 250; step += 1) {
      await user.keyboard('{ArrowDown}');
      heard.push(said(strip));
    }
    const failures = heard.find((words) => words.includes('a renewal failed'));
    expect(failures).toMatch(/^\d+ marks, .*: .*5 × a renewal failed/);
  });

  it('lists what is shown, newest first, and no more than one would read', async () => {
    const user = userEvent.setup();
    await stage(lifeFixtures.month_of_minutes);
    await user.click(screen.getByTestId('lifeline-month'));
    expect(screen.queryByRole('table')).toBeNull();
    const details = screen.getByTestId('lifeline-list').closest('details');
    if (details) details.open = true;
    details?.dispatchEvent(new Event('toggle'));
    await settle();
    const rows = within(screen.getByRole('table')).getAllByRole('row');
    expect(rows).toHaveLength(ROWS_LISTED + 1);
    expect(rows[2]).toHaveTextContent('The present token a3f09b');
    expect(screen.getByTestId('large-lifeline')).toHaveTextContent(
      /\d+ more in the time that is shown\./,
    );
  });

  it('takes as many elements for a month of bars as for one', async () => {
    const count = async (fixture: LifeFixture): Promise<number> => {
      const { strip } = await stage(fixture);
      const nodes = strip.querySelectorAll('*').length;
      document.body.replaceChildren();
      return nodes;
    };
    const few = await count(lifeFixtures.unknown_lifetime);
    expect(await count(lifeFixtures.month_of_minutes)).toBe(few);
    expect(few).toBeLessThan(5);
  });

  it('says that there is nothing yet, before the first sign-in', async () => {
    await stage(lifeFixtures.nothing_yet);
    expect(screen.getByTestId('lifeline-strip')).toHaveTextContent('Nothing yet.');
  });

  it('shows what this run has seen where the rest cannot be read, and says so', async () => {
    const { app, history } = lifeFixtures.hour_of_short;
    const bridge = new FakeBridge(app);
    bridge.history = history;
    bridge.refuse.set('life', { code: 'other', message: 'no' });
    render(LifelineStage, { app: inEnglish(app), bridge, clock: new Clock(() => NOW) });
    await settle();
    expect(screen.getByTestId('large-lifeline')).toHaveTextContent(
      'What was remembered from before could not be read',
    );
    expect(said(screen.getByTestId('lifeline-strip'))).toContain('9 tokens');
  });

  it('names in its legend what there is to be seen, and nothing else', async () => {
    await stage(lifeFixtures.cannot_renew);
    const legend = screen.getByTestId('legend');
    expect(legend).toHaveTextContent('present token');
    expect(legend).not.toHaveTextContent('planned');
    expect(legend).not.toHaveTextContent('renewal window');
    expect(legend).not.toHaveTextContent('signed out');
  });
});
