// What the tour says: one sentence and one button for each step, and one line of what happened.
import { m } from '../paraglide/messages.js';
import type { Happened, Step } from './tour.svelte';

export const sentences: Record<Step, () => string> = {
  sign_in: m.tour_sign_in,
  renewal: m.tour_renewal,
  leave: m.tour_leave_window,
  sleep: m.tour_sleep,
  refuse: m.tour_refuse,
  closing: m.tour_closing,
};

export const buttons: Record<Step, () => string> = {
  sign_in: m.tour_sign_in_do,
  renewal: m.tour_renewal_do,
  leave: m.tour_leave_window_do,
  sleep: m.tour_sleep_do,
  refuse: m.tour_refuse_do,
  closing: m.tour_closing_do,
};

export const happenings: Record<Happened, () => string> = {
  signed_in: m.tour_signed_in,
  renewed: m.tour_renewed,
  back_focus: m.tour_back_focus,
  back_renewed: m.tour_back_renewed,
  back_good: m.tour_back_good,
  slept: m.tour_slept,
  refused: m.tour_refused,
};
