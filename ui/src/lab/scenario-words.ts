// A scenario and its verdict in words.
import type { ScenarioEvidence, ScenarioText, ScenarioVerdict, StepOutcome } from '../contract';
import { locale } from '../language.svelte';
import { m } from '../paraglide/messages.js';

export function textOf(text: ScenarioText): string {
  return locale() === 'zh-CN' ? text.zh || text.en : text.en;
}

export function groupWords(group: string): string {
  switch (group) {
    case 'tutorial':
      return m.scenario_group_tutorial();
    case 'failures':
      return m.scenario_group_failures();
    case 'time':
      return m.scenario_group_time();
    case 'crashes':
      return m.scenario_group_crashes();
    case 'own':
      return m.scenario_group_own();
    default:
      return group;
  }
}

export function verdictWords(verdict: ScenarioVerdict): string {
  switch (verdict) {
    case 'passed':
      return m.scenario_passed();
    case 'failed':
      return m.scenario_failed();
    case 'not_run':
      return m.scenario_not_run();
  }
}

/** What the verdict rests on, in one line. */
export function evidenceWords({ refreshes, apiStatus }: ScenarioEvidence): string {
  return m.scenario_says({ refreshes, api: apiWords(apiStatus) });
}

function apiWords(status: number | null): string {
  if (status === null) return m.scenario_api_none();
  return status >= 200 && status < 300
    ? m.scenario_api_accepted({ status })
    : m.scenario_api_refused({ status });
}

export function outcomeWords(outcome: StepOutcome): string {
  switch (outcome) {
    case 'ahead':
      return m.scenario_step_ahead();
    case 'running':
      return m.scenario_step_running();
    case 'done':
      return m.scenario_step_done();
    case 'failed':
      return m.scenario_step_failed();
  }
}
