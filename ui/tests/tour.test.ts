import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { AppView, View } from '../src/contract';
import type { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import { labFixtures, tourViews } from '../src/gallery/lab-fixtures';
import { HOUR, NOW, SECOND } from '../src/gallery/parts';
import { asked, open, settle } from './open';

function step(): string | undefined {
  return screen.getByTestId('tour-step').dataset['step'];
}

async function press(): Promise<void> {
  await userEvent.click(screen.getByTestId('tour-do'));
  await settle();
}

async function show(bridge: FakeBridge, ...views: AppView[]): Promise<void> {
  for (const view of views) {
    bridge.push(view);
    await settle();
  }
}

/** The tour from Welcome, with so many steps behind it. */
async function toured(steps: number): Promise<FakeBridge> {
  const bridge = await open(fixtures.welcome);
  await userEvent.click(screen.getByTestId('start-tour'));
  await settle();
  for (const views of tourViews.slice(0, steps)) {
    await press();
    await show(bridge, ...views);
  }
  return bridge;
}

/** The last view that a step leads to, with something else in its session. */
function after(steps: number, change: Partial<View> = {}): AppView {
  const view = tourViews[steps - 1]?.at(-1);
  if (view === undefined) throw new Error('no such step');
  return { ...view, session: { ...view.session, ...change } };
}

function names(bridge: FakeBridge): string[] {
  const polled = ['subscribe', 'life', 'demoState', 'watchActivity'];
  return bridge.asked.map((one) => one.name).filter((name) => !polled.includes(name));
}

describe('the tour', () => {
  it('goes from first start to end in five presses and a last one, each doing the real thing', async () => {
    const bridge = await toured(5);
    expect(step()).toBe('end');
    expect(screen.getByTestId('sentence')).toHaveTextContent('Welcome back, Alice.');
    expect(screen.getByTestId('tour-happened')).toHaveTextContent('The server ended the session');
    await press();
    expect(names(bridge)).toEqual([
      'tryDemo',
      'sleepComputer',
      'sleepComputer',
      'leaveAndComeBack',
      'sleepComputer',
      'demoNow',
      'renewNow',
      'tryDemo',
    ]);
    expect(asked(bridge, 'demoNow')).toEqual([['revoke']]);
    await show(bridge, after(1));
    expect(screen.queryByTestId('tour')).toBeNull();
    expect(screen.getByTestId('countdown')).toBeVisible();
  });

  it.each([
    [1, '2', "You're signed in"],
    [2, '3', 'Renewed by itself, before the token ended.'],
    [3, '4', 'Renewed the moment you came back; you did nothing.'],
    [4, '5', 'it was renewed on waking, and you did nothing.'],
  ])('says after step %i what happened', async (steps, next, words) => {
    await toured(steps);
    expect(step()).toBe(next);
    expect(screen.getByTestId('tour-happened')).toHaveTextContent(words);
  });

  it('is not moved by its button alone, but by what the views show', async () => {
    const bridge = await toured(0);
    await press();
    expect(step()).toBe('1');
    await show(bridge, after(1));
    expect(step()).toBe('2');
    await press();
    expect(step()).toBe('2');
  });

  it('goes on by itself when the token is renewed before anybody hurries it', async () => {
    const bridge = await toured(1);
    await show(bridge, after(2));
    expect(step()).toBe('3');
    expect(screen.getByTestId('tour-happened')).toHaveTextContent('Renewed by itself');
    expect(names(bridge)).toEqual(['tryDemo']);
  });

  it('hurries a renewal by passing over most of the wait, and lets it come by itself', async () => {
    const bridge = await toured(1);
    await press();
    const due = (after(1).session.token?.renewsMs ?? 0) - NOW;
    expect(asked(bridge, 'sleepComputer')).toEqual([[due - 1_500]]);
  });

  it('leaves when the next renewal is about to fall due', async () => {
    const bridge = await toured(2);
    await press();
    const due = (after(2).session.token?.renewsMs ?? 0) - NOW;
    expect(names(bridge).slice(-2)).toEqual(['sleepComputer', 'leaveAndComeBack']);
    expect(asked(bridge, 'sleepComputer').at(-1)).toEqual([due - 1_500]);
  });

  it('waits for the renewal that coming back sets off', async () => {
    const bridge = await toured(2);
    await press();
    const away = tourViews[2]?.[0];
    if (away) await show(bridge, away);
    const token = after(2).session.token;
    await show(bridge, after(2, { token: token && { ...token, worth: 'due' } }));
    expect(step()).toBe('3');
    await show(bridge, after(3));
    expect(step()).toBe('4');
  });

  it('is honest where nothing had to be renewed on coming back', async () => {
    const bridge = await toured(2);
    await press();
    const away = tourViews[2]?.[0];
    if (away) await show(bridge, away);
    await show(bridge, after(2));
    expect(screen.getByTestId('tour-happened')).toHaveTextContent('the session was still good');
  });

  it('sleeps for eight hours', async () => {
    const bridge = await toured(3);
    await press();
    expect(asked(bridge, 'sleepComputer').at(-1)).toEqual([8 * HOUR]);
    // A renewal alone is not enough: the time has to have passed.
    await show(bridge, { ...after(4), timeMoved: null });
    expect(step()).toBe('4');
  });

  it('says that the server did not answer, and tries again', async () => {
    const bridge = await toured(3);
    await press();
    await show(
      bridge,
      after(3, {
        status: { kind: 'waiting', why: { kind: 'failure', class: 'not_sent' }, untilMs: NOW },
        sentence: { kind: 'waiting_expired', nextMs: NOW + 12 * SECOND },
      }),
    );
    expect(screen.getByTestId('tour-sentence')).toHaveTextContent('did not answer as it should');
    await press();
    expect(names(bridge).at(-1)).toBe('renewNow');
    await show(bridge, after(4));
    expect(step()).toBe('5');
  });

  it('shows why a step could not be done, and does it again', async () => {
    const bridge = await toured(0);
    bridge.refuse.set('tryDemo', { code: 'port_taken', message: 'port 43117', exchange: null });
    await press();
    expect(screen.getByTestId('tour-error')).toHaveTextContent('port 43117');
    expect(screen.getByTestId('tour-do')).toHaveTextContent('Try again');
    await press();
    await show(bridge, after(1));
    expect(step()).toBe('2');
    expect(screen.queryByTestId('tour-error')).toBeNull();
  });

  it('begins again where its session is gone', async () => {
    const bridge = await toured(2);
    await show(bridge, fixtures.signed_out);
    expect(screen.getByTestId('tour-sentence')).toHaveTextContent('is gone');
    await press();
    expect(step()).toBe('1');
    expect(names(bridge).at(-1)).toBe('sleepComputer');
  });

  it('can be left at any time, and gives the focus back to the page', async () => {
    await toured(2);
    await userEvent.click(screen.getByTestId('tour-leave'));
    await settle();
    expect(screen.queryByTestId('tour')).toBeNull();
    expect(screen.getByRole('main')).toHaveFocus();
  });

  it('is gone through by keyboard alone', async () => {
    const bridge = await open(fixtures.welcome);
    screen.getByTestId('start-tour').focus();
    await userEvent.keyboard('{Enter}');
    await settle();
    for (const views of tourViews) {
      expect(screen.getByTestId('tour-do')).toHaveFocus();
      await userEvent.keyboard('{Enter}');
      await show(bridge, ...views);
    }
    expect(step()).toBe('end');
  });

  it('announces politely, in a place that is there before the words are', async () => {
    const bridge = await toured(0);
    const live = screen.getByTestId('tour').querySelector('[role=status]');
    await press();
    await show(bridge, after(1));
    expect(live?.isConnected).toBe(true);
    expect(live).toHaveTextContent(
      "You're signed in; each token lives for 20 seconds. Watch the ring",
    );
  });

  it('has the one primary door while it begins', async () => {
    await toured(0);
    expect(screen.queryByTestId('try-it')).toBeNull();
    expect(screen.getByTestId('welcome')).toBeVisible();
  });
});

describe('the tour from the Lab', () => {
  async function fromLab(view: AppView): Promise<FakeBridge> {
    const bridge = await open(view);
    await userEvent.click(screen.getByTestId('nav-lab'));
    await userEvent.click(screen.getByTestId('start-tour'));
    await settle();
    return bridge;
  }

  it('makes all well and the tokens short before it signs in anew', async () => {
    const app = labFixtures.lab_one;
    const bridge = await fromLab({ ...app, demo: { ...app.demo, lifetimeMs: HOUR } });
    expect(screen.getByTestId('countdown')).toBeVisible();
    await press();
    expect(names(bridge)).toEqual(['allWell', 'chooseDemoLifetime', 'tryDemo']);
    expect(asked(bridge, 'chooseDemoLifetime')).toEqual([[20 * SECOND]]);
  });

  it('does not take the session that was there for one that it signed in to', async () => {
    const bridge = await fromLab(after(1));
    await press();
    await show(bridge, after(1));
    expect(step()).toBe('1');
  });

  it('asks before it brings another account to the front than one’s own', async () => {
    const bridge = await fromLab(labFixtures.lab_own_account);
    expect(screen.getByRole('alert')).toHaveTextContent(
      'Your session at auth.example.com goes on meanwhile.',
    );
    expect(screen.getByText('Cancel')).toHaveFocus();
    await userEvent.click(screen.getByText('Cancel'));
    expect(screen.queryByTestId('tour')).toBeNull();
    await userEvent.click(screen.getByTestId('start-tour'));
    await userEvent.click(screen.getByTestId('tour-confirm'));
    await settle();
    expect(step()).toBe('1');
    expect(names(bridge)).toEqual([]);
    await press();
    expect(names(bridge)).toContain('tryDemo');
  });

  it('leaves a session of one’s own alone that came meanwhile', async () => {
    const bridge = await toured(2);
    await show(bridge, fixtures.resting_hour);
    expect(screen.queryByTestId('tour')).toBeNull();
  });
});
