// What crosses the bridge. The types are generated from the Rust side; this file only gathers them,
// so that the rest of the window has one place to import them from.
export type * from './generated/account';
export type * from './generated/app';
export type * from './generated/session';

import type { AccountSettings, Preset } from './generated/account';
import type { Exchange } from './generated/session';

/** Settings to start from; `tried`: they were run against such a server. */
export type PresetView = { preset: Preset; settings: AccountSettings; tried: boolean };

export type CheckReport = { works: boolean; exchanges: Array<Exchange>; findings: Array<Finding> };
export type Finding = { topic: Topic; verdict: Verdict; detail: string; field: string | null };
export type Topic =
  | 'settings'
  | 'reach'
  | 'sign_in'
  | 'access_token'
  | 'lifetime'
  | 'renewal'
  | 'refresh'
  | 'rotation'
  | 'api'
  | 'clock'
  | 'sign_out';
export type Verdict = 'good' | 'note' | 'bad' | 'not_tried';
