// The tour: five steps, each of which does the real thing and is done when the views show it, never
// because a button was pressed.
import { Attempt } from '../attempt.svelte';
import type { Bridge } from '../bridge';
import type { AppView } from '../contract';
import { canBeUndone } from '../frame/switched-on';

export const STEPS = ['sign_in', 'renewal', 'leave', 'sleep', 'refuse'] as const;

/** `closing` comes after the fifth: it says what it was all about, and ends the tour. */
export type Step = (typeof STEPS)[number] | 'closing';

/** What a step showed. */
export type Happened =
  'signed_in' | 'renewed' | 'back_focus' | 'back_renewed' | 'back_good' | 'slept' | 'refused';

/** `server`: it did not answer as it should. `gone`: the session is not there any more. */
export type Trouble = 'server' | 'gone';

const LIFETIME_MS = 20_000;
const SLEEP_MS = 8 * 3_600_000;
/**
 * Of the wait for a renewal so much is left, so that it comes because it is time, and can be watched
 * coming. It is over before the window returns, which stays away for three seconds.
 */
const LEFT_OF_THE_WAIT_MS = 1_500;

/** What the views showed at a moment that later ones are compared with. */
type Before = { refreshes: number; fingerprint: string | null; nowMs: number; sleptMs: number };

export class Tour {
  step = $state<Step>('sign_in');
  happened = $state<Happened | null>(null);
  trouble = $state<Trouble | null>(null);
  /** The step's button was pressed, and what it sets off is not seen yet. */
  under = $state(false);
  readonly attempt = new Attempt();

  readonly #bridge: Bridge;
  /** An account of the person's own is in front until the first step brings the demo there. */
  readonly #fromOwn: boolean;
  readonly #end: () => void;
  #app: AppView;
  #before: Before;
  #wasAway = false;

  constructor(bridge: Bridge, app: AppView, end: () => void) {
    this.#bridge = bridge;
    this.#app = app;
    this.#end = end;
    this.#before = shownBy(app);
    this.#fromOwn = app.account?.demo === false;
  }

  /** Does what the step's button says. `now` is what the window's clock shows. */
  async act(now: number): Promise<void> {
    if (this.attempt.busy) return;
    const failed = this.attempt.failure !== null;
    if (this.trouble === 'gone') {
      this.#enter('sign_in', null);
      return;
    }
    if (this.trouble === 'server' && !failed) {
      // The step was done; what is missing is the server's answer.
      await this.attempt.run(() => this.#bridge.renewNow());
    } else {
      this.#before = shownBy(this.#app);
      this.#wasAway = false;
      this.under = true;
      const went = await this.attempt.run(() => this.#do(now));
      if (!went) this.under = false;
    }
    this.see(this.#app);
  }

  /** Another view of the app. */
  see(app: AppView): void {
    this.#app = app;
    if (app.account?.demo === false && !(this.#fromOwn && this.step === 'sign_in')) {
      // Somebody signed in to an account of their own: that is none of the tour's business.
      this.#end();
      return;
    }
    this.#wasAway ||= app.lab.away;
    // A new sign-in counts from nothing again.
    this.#before.refreshes = Math.min(this.#before.refreshes, app.session.refreshes);
    const happened = this.#outcome();
    if (happened === null) {
      this.trouble = this.#troubleIn(app);
    } else if (this.step === 'closing') {
      this.#end();
    } else {
      this.#enter(STEPS[STEPS.indexOf(this.step) + 1] ?? 'closing', happened);
    }
  }

  #enter(step: Step, happened: Happened | null): void {
    this.step = step;
    this.happened = happened;
    this.trouble = null;
    this.under = false;
    this.attempt.failure = null;
    this.#before = shownBy(this.#app);
    this.#wasAway = false;
  }

  async #do(now: number): Promise<void> {
    const bridge = this.#bridge;
    switch (this.step) {
      case 'sign_in':
        if (canBeUndone(this.#app)) await bridge.allWell();
        if (this.#app.demo.lifetimeMs !== LIFETIME_MS) await bridge.chooseDemoLifetime(LIFETIME_MS);
        return bridge.tryDemo();
      case 'renewal':
        return this.#skipTheWait(now);
      case 'leave':
        // So that it falls due while the window is away: that is what there is to see.
        await this.#skipTheWait(now);
        return bridge.leaveAndComeBack();
      case 'sleep':
        return bridge.sleepComputer(SLEEP_MS);
      case 'refuse':
        await bridge.demoNow('revoke');
        return bridge.renewNow();
      case 'closing':
        return bridge.tryDemo();
    }
  }

  async #skipTheWait(now: number): Promise<void> {
    const due = this.#app.session.token?.renewsMs ?? now;
    const wait = due - now - LEFT_OF_THE_WAIT_MS;
    if (wait > 0) await this.#bridge.sleepComputer(wait);
  }

  /** What the views show of this step, once it is done. */
  #outcome(): Happened | null {
    const { session, lab, timeMoved } = this.#app;
    const before = this.#before;
    const renewed = session.refreshes > before.refreshes;
    const resting = session.status.kind === 'resting';
    switch (this.step) {
      case 'sign_in':
        return this.under && this.#signedInAnew() ? 'signed_in' : null;
      case 'renewal':
        return resting && renewed ? 'renewed' : null;
      case 'leave': {
        const back = !lab.away && (this.#wasAway || this.#cameToFront());
        if (!this.under || !back || !resting) return null;
        if (renewed) return session.why?.reason === 'focus' ? 'back_focus' : 'back_renewed';
        // Where it is due already, coming back renews it in a moment.
        const due = session.token === null || session.token.worth !== 'fresh';
        return due ? null : 'back_good';
      }
      case 'sleep': {
        const slept = (timeMoved?.sleptMs ?? 0) >= before.sleptMs + SLEEP_MS;
        return this.under && slept && renewed && resting ? 'slept' : null;
      }
      case 'refuse':
        return this.under && session.status.kind === 'needs_sign_in' ? 'refused' : null;
      case 'closing':
        return this.#signedInAnew() ? 'signed_in' : null;
    }
  }

  #signedInAnew(): boolean {
    const { session, account } = this.#app;
    return (
      account?.demo === true &&
      session.status.kind === 'resting' &&
      session.token !== null &&
      session.token.fingerprint !== this.#before.fingerprint &&
      session.why?.what.kind === 'signed_in'
    );
  }

  #cameToFront(): boolean {
    return this.#app.session.lifeline.marks.some(
      ({ atMs, kind }) =>
        atMs > this.#before.nowMs && 'trigger' in kind && kind.trigger === 'focus',
    );
  }

  #troubleIn(app: AppView): Trouble | null {
    const { status } = app.session;
    if (this.attempt.failure !== null) return 'server';
    if (this.step === 'sign_in' || this.step === 'closing') return null;
    switch (status.kind) {
      case 'waiting':
        return status.why.kind === 'another_copy' ? null : 'server';
      case 'stopped':
        return 'server';
      case 'needs_sign_in':
      case 'signed_out':
        return 'gone';
      case 'restoring':
      case 'resting':
      case 'refreshing':
        return null;
    }
  }
}

function shownBy({ session, timeMoved }: AppView): Before {
  return {
    refreshes: session.refreshes,
    fingerprint: session.token?.fingerprint ?? null,
    nowMs: session.nowMs,
    sleptMs: timeMoved?.sleptMs ?? 0,
  };
}
