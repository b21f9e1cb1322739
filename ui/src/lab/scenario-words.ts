// A scenario and its verdict in words.
import type { ScenarioReport, ScenarioText, ScenarioVerdict, StepOutcome } from '../contract';
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
export function evidenceWords({ says, evidence }: ScenarioReport): string {
  const session = sessionWords(says);
  if (session === null) return '';
  const { refreshes, apiStatus } = evidence;
  return m.scenario_says({ session, refreshes, api: apiWords(apiStatus) });
}

/** A report begins with what became of the session; one that was not run says something else. */
function sessionWords(says: string): string | null {
  if (says.startsWith('session survived')) return m.scenario_survived();
  if (says.startsWith('session ended')) return m.scenario_ended();
  return says.startsWith('session undecided') ? m.scenario_undecided() : null;
}

/** By the names that a scenario's file has for them. */
const COUNTED: Partial<Record<string, () => string>> = {
  logins: m.lab_count_logins,
  logouts: m.lab_count_logouts,
  refreshes: m.lab_count_refreshes,
  'refreshes-granted': m.lab_count_refreshes_granted,
  'refreshes-refused': m.lab_count_refreshes_refused,
  reuse: m.lab_count_reuse,
  'seen-twice': m.lab_count_seen_twice,
};

/**
 * What was found where something else was expected, as the report tells it in English; `null` where
 * it is not one of the counts, and so not known in the window's language.
 */
export function foundWords(detail: string): string | null {
  const parts = detail.split('; ').map((part) => {
    const [, name, found, expected] = /^([a-z-]+): (\d+), expected (.+)$/.exec(part) ?? [];
    const counted = COUNTED[name ?? '']?.();
    if (counted === undefined || found === undefined || expected === undefined) return null;
    return m.scenario_found({ name: counted, found, expected: amount(expected) });
  });
  return parts.includes(null) ? null : parts.join(m.lifeline_list_semicolon());
}

function amount(expected: string): string {
  const [, bound, n] = /^at (least|most) (\d+)$/.exec(expected) ?? [];
  if (n !== undefined)
    return bound === 'least' ? m.scenario_at_least({ n }) : m.scenario_at_most({ n });
  const [, from, to] = /^(\d+) to (\d+)$/.exec(expected) ?? [];
  return from !== undefined && to !== undefined ? m.scenario_between({ from, to }) : expected;
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
