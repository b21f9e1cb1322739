// The scenarios, and what came of them. It outlives the screen: one may look elsewhere while they run.
import { SvelteMap } from 'svelte/reactivity';
import { Attempt } from '../attempt.svelte';
import type { Bridge } from '../bridge';
import type {
  Pace,
  RunNews,
  ScenarioReport,
  Scenarios,
  ScenarioStep,
  ScenarioView,
  Where,
} from '../contract';

/** One scenario's last run. `waits` has not begun; `stopped` was begun and has no verdict. */
export type Run = {
  stage: 'waits' | 'running' | 'stopped' | 'ended';
  steps: ScenarioStep[];
  report: ScenarioReport | null;
};

export class Runs {
  known = $state.raw<Scenarios | null>(null);
  /** By the scenario's name. */
  readonly runs = new SvelteMap<string, Run>();
  /** What is being run now, in order. */
  under = $state.raw<string[]>([]);
  pace = $state<Pace>('at_speed');
  where = $state<Where>('demo');

  readonly reading = new Attempt();
  readonly running = new Attempt();
  readonly stopping = new Attempt();

  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  read(): Promise<boolean> {
    return this.reading.run(async () => {
      this.known = await this.#bridge.scenarios();
    });
  }

  async run(names: string[], password: string | null): Promise<void> {
    if (this.running.busy) return;
    this.under = names;
    for (const name of names) this.runs.set(name, { stage: 'waits', steps: [], report: null });
    await this.running.run(() =>
      this.#bridge.runScenarios(names, this.pace, this.where, password, (news) => {
        this.hear(news);
      }),
    );
    this.#settle(names);
  }

  stop(): Promise<boolean> {
    return this.stopping.run(() => this.#bridge.stopScenarios());
  }

  hear(news: RunNews): void {
    switch (news.kind) {
      case 'began':
        this.runs.set(news.name, { stage: 'running', steps: news.steps, report: null });
        return;
      case 'stepped': {
        const run = this.runs.get(news.name);
        if (run === undefined) return;
        const steps = run.steps.map((step, index) => (index === news.index ? news.step : step));
        this.runs.set(news.name, { ...run, steps });
        return;
      }
      case 'ended': {
        const { report } = news;
        this.runs.set(report.name, { stage: 'ended', steps: report.steps, report });
        return;
      }
      case 'done':
        return;
    }
  }

  /** What was not begun has nothing to show; what was begun and has no verdict was stopped. */
  #settle(names: string[]): void {
    for (const name of names) {
      const run = this.runs.get(name);
      if (run?.stage === 'waits') this.runs.delete(name);
      if (run?.stage === 'running') this.runs.set(name, { ...run, stage: 'stopped' });
    }
  }

  /** Which of those being run it is at, from 0; `-1` where none is. */
  get at(): number {
    return this.under.findIndex((name) => this.runs.get(name)?.stage === 'running');
  }

  /** Verdicts of the last run, counted. */
  get sum(): { passed: number; failed: number; notRun: number } {
    const sum = { passed: 0, failed: 0, notRun: 0 };
    for (const name of this.under) {
      const verdict = this.runs.get(name)?.report?.verdict;
      if (verdict === 'passed') sum.passed += 1;
      else if (verdict === 'failed') sum.failed += 1;
      else sum.notRun += 1;
    }
    return sum;
  }

  /** Those that can be run where they are to be run. */
  get offered(): ScenarioView[] {
    const all = this.known?.scenarios ?? [];
    return this.where === 'demo' ? all : all.filter((each) => each.ownAccount);
  }
}
