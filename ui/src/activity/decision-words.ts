// A decision of the engine, as a sentence: what happened, and what is done about it.
import type { EffectKind, InputKind, StateKind, What } from '../contract';
import { m } from '../paraglide/messages.js';
import { leftSpan, triggerWords } from '../words/why';

export type Decision = Extract<What, { kind: 'decision' }>;

export function decisionWords(what: Decision): string {
  return m.activity_decision({ what: withLeft(what), so: consequence(what) });
}

/** What happened, with what was left of the token then: often enough that is why. */
function withLeft(what: Decision): string {
  const words = capital(happened(what));
  const { trigger, leftMs } = what;
  if (trigger === null || leftMs === null) return words;
  const span = leftSpan(leftMs);
  return leftMs >= 0
    ? m.activity_left({ what: words, span })
    : m.activity_past({ what: words, span });
}

/** What happened: what set it off, where that says more than the input's name. */
export function happened({ input, trigger }: Decision): string {
  return trigger === null ? inputWords(input) : triggerWords(trigger);
}

/** Nothing was to be done, and nothing was. */
export function idle({ effects, from, to }: Decision): boolean {
  return effects.length === 0 && from === to;
}

function consequence(what: Decision): string {
  if (what.effects.length > 0) return effectsWords(what.effects);
  return idle(what) ? m.activity_nothing() : m.activity_now({ state: stateWords(what.to) });
}

export function effectsWords(effects: EffectKind[]): string {
  return effects.map(effectWords).join(m.activity_and());
}

function effectWords(effect: EffectKind): string {
  switch (effect) {
    case 'restore':
      return m.effect_restore();
    case 'refresh':
      return m.effect_refresh();
    case 'expose':
      return m.effect_expose();
    case 'withhold':
      return m.effect_withhold();
    case 'forget':
      return m.effect_forget();
    case 'discard':
      return m.effect_discard();
    case 'record_refusal':
      return m.effect_record_refusal();
    case 'record_wait':
      return m.effect_record_wait();
  }
}

export function stateWords(state: StateKind): string {
  switch (state) {
    case 'restoring':
      return m.state_restoring();
    case 'signed_out':
      return m.state_signed_out();
    case 'resting':
      return m.state_resting();
    case 'refreshing':
      return m.state_refreshing();
    case 'waiting':
      return m.state_waiting();
    case 'stopped':
      return m.state_stopped();
    case 'needs_sign_in':
      return m.state_needs_sign_in();
  }
}

function inputWords(input: InputKind): string {
  switch (input) {
    case 'restored':
      return m.input_restored();
    case 'restore_held_up':
      return m.input_restore_held_up();
    case 'came':
      return m.input_came();
    case 'tick':
      return triggerWords('deadline');
    case 'token_wanted':
      return triggerWords('token_wanted');
    case 'api_refused':
      return triggerWords('api_refused');
    case 'signed_in':
      return m.input_signed_in();
    case 'signed_out':
      return m.input_signed_out();
    case 'renewed':
      return m.input_renewed();
    case 'id_token_bad':
      return m.input_id_token_bad();
    case 'withdrawn':
      return m.input_withdrawn();
    case 'failed':
      return m.input_failed();
    case 'held_elsewhere':
      return m.input_held_elsewhere();
    case 'put_off':
      return m.input_put_off();
    case 'adopted':
      return m.input_adopted();
    case 'server_clock':
      return m.input_server_clock();
    case 'confirmed':
      return m.input_confirmed();
    case 'unsaved':
      return m.input_unsaved();
    case 'saved':
      return m.input_saved();
    case 'policy_changed':
      return m.input_policy_changed();
  }
}

/** Begins a line with what is otherwise said within one. */
export function capital(words: string): string {
  return words.replace(/^\p{Ll}/u, (first) => first.toLocaleUpperCase());
}

/** Says within a line what otherwise begins one; names in capitals stay. */
export function uncapital(words: string): string {
  return words.replace(/^\p{Lu}(?=\p{Ll})/u, (first) => first.toLocaleLowerCase());
}
