// What was counted, in words: by the demo server, and for a scenario's verdict.
import type { DemoState, ScenarioEvidence } from '../contract';
import { m } from '../paraglide/messages.js';

export type Count = { name: string; words: string; count: number | string };

export function countsOf({ counters, livingSessions }: DemoState): Count[] {
  return [
    { name: 'logins', words: m.lab_count_logins(), count: counters.logins },
    { name: 'refreshes', words: m.lab_count_refreshes(), count: counters.refreshes },
    {
      name: 'refreshesGranted',
      words: m.lab_count_refreshes_granted(),
      count: counters.refreshesGranted,
    },
    {
      name: 'refreshesRefused',
      words: m.lab_count_refreshes_refused(),
      count: counters.refreshesRefused,
    },
    {
      name: 'refreshTokensSeenTwice',
      words: m.lab_count_seen_twice(),
      count: counters.refreshTokensSeenTwice,
    },
    { name: 'reuseDetected', words: m.lab_count_reuse(), count: counters.reuseDetected },
    { name: 'apiCalls', words: m.lab_count_api_calls(), count: counters.apiCalls },
    { name: 'apiRefused', words: m.lab_count_api_refused(), count: counters.apiRefused },
    { name: 'logouts', words: m.lab_count_logouts(), count: counters.logouts },
    { name: 'codesIssued', words: m.lab_count_codes_issued(), count: counters.codesIssued },
    { name: 'codesRefused', words: m.lab_count_codes_refused(), count: counters.codesRefused },
    { name: 'devicePolls', words: m.lab_count_device_polls(), count: counters.devicePolls },
    { name: 'revocations', words: m.lab_count_revocations(), count: counters.revocations },
    { name: 'userinfoCalls', words: m.lab_count_userinfo(), count: counters.userinfoCalls },
    { name: 'faultsShown', words: m.lab_count_faults(), count: counters.faultsShown },
    { name: 'livingSessions', words: m.lab_count_sessions(), count: livingSessions },
  ];
}

export function evidenceOf(evidence: ScenarioEvidence): Count[] {
  return [
    { name: 'logins', words: m.lab_count_logins(), count: evidence.logins },
    { name: 'refreshes', words: m.lab_count_refreshes(), count: evidence.refreshes },
    {
      name: 'refreshesGranted',
      words: m.lab_count_refreshes_granted(),
      count: evidence.refreshesGranted,
    },
    {
      name: 'refreshesRefused',
      words: m.lab_count_refreshes_refused(),
      count: evidence.refreshesRefused,
    },
    {
      name: 'refreshTokensSeenTwice',
      words: m.lab_count_seen_twice(),
      count: evidence.refreshTokensSeenTwice,
    },
    { name: 'reuseDetected', words: m.lab_count_reuse(), count: evidence.reuseDetected },
    { name: 'logouts', words: m.lab_count_logouts(), count: evidence.logouts },
    { name: 'apiStatus', words: m.scenario_api_status(), count: evidence.apiStatus ?? '–' },
  ];
}
