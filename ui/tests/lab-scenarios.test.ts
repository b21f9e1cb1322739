import { screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import type { AppView } from '../src/contract';
import type { FakeBridge } from '../src/gallery/fake-bridge';
import { fixtures } from '../src/gallery/fixtures';
import { furnish, labFixtures, labScenarios } from '../src/gallery/lab-fixtures';
import { foundWords } from '../src/lab/scenario-words';
import { speak } from '../src/language.svelte';
import { asked, open, settle } from './open';

const everyName = labScenarios.scenarios.map((each) => each.name);

async function scenarios(view: AppView = fixtures.resting, running = false): Promise<FakeBridge> {
  const bridge = await open(view);
  furnish(bridge, running);
  await userEvent.click(screen.getByTestId('nav-lab'));
  await userEvent.click(screen.getByTestId('lab-part-scenarios'));
  await settle();
  return bridge;
}

describe('the scenarios', () => {
  it('stand in their groups, each with what it shows', async () => {
    await scenarios();
    const headings = within(screen.getByTestId('scenarios')).getAllByRole('heading', { level: 2 });
    expect(headings.map((one) => one.textContent)).toEqual([
      'Files with mistakes',
      "The tutorial's paths",
      'Failures',
      'Time',
      'Crashes',
      'Your own',
    ]);
    expect(screen.getByTestId('scenario-weekend')).toHaveTextContent(
      'A weekend asleep costs one refresh weekend · 2 days 14 h in real time',
    );
    speak('zh-CN');
    await settle();
    expect(screen.getByTestId('scenario-weekend')).toHaveTextContent('睡过一个周末，只需续期一次');
  });

  it('are read anew when the screen is opened, and when asked', async () => {
    const bridge = await scenarios();
    expect(asked(bridge, 'scenarios')).toHaveLength(1);
    await userEvent.click(screen.getByTestId('nav-session'));
    await userEvent.click(screen.getByTestId('nav-lab'));
    await userEvent.click(screen.getByTestId('lab-part-scenarios'));
    expect(asked(bridge, 'scenarios')).toHaveLength(2);
    await userEvent.click(screen.getByTestId('read-scenarios'));
    expect(asked(bridge, 'scenarios')).toHaveLength(3);
  });

  it('name file, line and column of a mistake', async () => {
    await scenarios();
    const mistake = screen.getByTestId('scenario-mistake');
    expect(mistake).toHaveTextContent('night-shift.scenario:7:8');
    expect(mistake).toHaveTextContent('there is no fault called "dropAll"');
  });

  it('can be read, and the folder for one’s own is named', async () => {
    await scenarios();
    expect(screen.getByTestId('source-lost-answer')).toHaveTextContent(
      'switch fault dropAfterRotating for 1',
    );
    expect(screen.getByTestId('scenario-folder')).toHaveTextContent(labScenarios.folder);
  });

  it('are run one by one, or all, at the pace that was chosen', async () => {
    const bridge = await scenarios();
    await userEvent.click(screen.getByTestId('run-lost-answer'));
    await userEvent.click(screen.getByTestId('pace-real_time'));
    await userEvent.click(screen.getByTestId('run-all'));
    expect(asked(bridge, 'runScenarios')).toEqual([
      [['lost-answer'], 'at_speed', 'demo', null],
      [everyName, 'real_time', 'demo', null],
    ]);
  });

  it('end with a verdict and its evidence in plain words', async () => {
    await scenarios();
    await userEvent.click(screen.getByTestId('run-all'));
    expect(screen.getByTestId('verdict-lost-answer')).toHaveAttribute('data-verdict', 'passed');
    expect(screen.getByTestId('scenario-lost-answer')).toHaveTextContent(
      'session survived · refreshes sent: 2 · the API accepted the token (200)',
    );
    expect(screen.getByTestId('verdict-weekend')).toHaveAttribute('data-verdict', 'not_run');
    expect(screen.getByTestId('scenario-weekend')).not.toHaveTextContent('session');
    expect(screen.getByTestId('scenario-progress')).toHaveTextContent(
      '2 passed, 1 failed, 4 not run.',
    );
    const evidence = screen.getByTestId('evidence-lost-answer');
    expect(
      within(evidence).getByRole('row', { name: 'Refresh tokens seen twice 1' }),
    ).toBeDefined();
    expect(evidence).toHaveTextContent('What the server counted');
  });

  it('that fail name the line of the file, and what was found', async () => {
    await scenarios();
    await userEvent.click(screen.getByTestId('run-all'));
    expect(screen.getByTestId('verdict-strict-lost-answer')).toHaveTextContent('Failed');
    expect(screen.getByTestId('failed-strict-lost-answer')).toHaveTextContent(
      'Line 9: expect signed in found: needs sign-in, because the server refused',
    );
    const outcomes = [
      ...screen.getByTestId('steps-strict-lost-answer').querySelectorAll<HTMLElement>('ol li'),
    ].map((step) => step.dataset['outcome']);
    expect(outcomes).toEqual(['done', 'done', 'done', 'done', 'failed', 'ahead', 'ahead']);
    await userEvent.click(screen.getByTestId('first-failed'));
    expect(screen.getByTestId('run-strict-lost-answer')).toHaveFocus();
  });

  it('say in the person’s language what was counted and what was expected', () => {
    expect(foundWords('refreshes: 1, expected 7')).toBe('Refreshes asked: 1, expected 7');
    expect(foundWords('says: resting, expected paused')).toBeNull();
    speak('zh-CN');
    expect(foundWords('refreshes: 1, expected 7; logins: 2, expected at most 1')).toBe(
      '续期请求：1，期望 7；登录：2，期望 至多 1',
    );
  });

  it('show step by step where they are, and can be stopped', async () => {
    const bridge = await scenarios(fixtures.resting, true);
    await userEvent.click(screen.getByTestId('run-all'));
    await settle();
    expect(screen.getByTestId('scenario-progress')).toHaveTextContent(
      'Running 4 of 7: A strict server that loses an answer',
    );
    expect(screen.getByTestId('steps-strict-lost-answer')).toHaveAttribute('open');
    expect(screen.getByTestId('scenario-weekend')).toHaveTextContent('Waiting');
    expect(screen.getByTestId('run-weekend')).toBeDisabled();
    await userEvent.click(screen.getByTestId('stop-scenarios'));
    expect(asked(bridge, 'stopScenarios')).toHaveLength(1);
  });

  it('run on while one looks elsewhere', async () => {
    await scenarios(fixtures.resting, true);
    await userEvent.click(screen.getByTestId('run-all'));
    await userEvent.click(screen.getByTestId('nav-session'));
    await userEvent.click(screen.getByTestId('nav-lab'));
    await userEvent.click(screen.getByTestId('lab-part-scenarios'));
    expect(screen.getByTestId('stop-scenarios')).toBeVisible();
    expect(screen.getByTestId('verdict-lost-answer')).toBeVisible();
  });

  it('say why they could not be run, and leave nothing waiting', async () => {
    const bridge = await scenarios();
    bridge.runNews = [];
    bridge.refuse.set('runScenarios', {
      code: 'demo_unavailable',
      message: 'port',
      exchange: null,
    });
    await userEvent.click(screen.getByTestId('run-all'));
    expect(await screen.findByTestId('run-error')).toHaveTextContent('port');
    expect(screen.getByTestId('scenario-weekend')).not.toHaveAttribute('data-stage');
  });
});

describe('an account of one’s own', () => {
  it('is offered only where there is one', async () => {
    await scenarios();
    expect(screen.queryByTestId('where-own_account')).toBeNull();
  });

  it('is asked for its password, which is handed on once and cleared', async () => {
    const bridge = await scenarios(labFixtures.lab_own_account);
    await userEvent.click(screen.getByTestId('where-own_account'));
    const shown = [...document.querySelectorAll<HTMLElement>('[data-testid^=run-]')];
    expect(shown.map((one) => one.dataset['testid'])).toEqual([
      'run-all',
      'run-launch-fresh',
      'run-launch-due',
      'run-my-server',
    ]);
    await userEvent.click(screen.getByTestId('run-launch-fresh'));
    expect(screen.getByRole('alert')).toHaveTextContent('Your password is needed for each run.');
    const field = screen.getByTestId('scenario-password');
    await waitFor(() => {
      expect(field).toHaveFocus();
    });
    await userEvent.type(field, 'correct horse');
    await userEvent.click(screen.getByTestId('run-launch-fresh'));
    expect(field).toHaveValue('');
    expect(asked(bridge, 'runScenarios')).toEqual([
      [['launch-fresh'], 'at_speed', 'own_account', 'correct horse'],
    ]);
  });
});
