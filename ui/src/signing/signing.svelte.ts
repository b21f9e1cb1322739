// Beginning a sign-in in the browser or on another device, and what was chosen for it. It is kept by
// the window, since the choice must outlive a look at another screen; a secret never does.
import { SvelteMap } from 'svelte/reactivity';
import { Attempt } from '../attempt.svelte';
import type { Bridge } from '../bridge';
import type { AccountView, OtherPerson } from '../contract';

export class Signing {
  readonly beginning = new Attempt();
  readonly acting = new Attempt();
  readonly #bridge: Bridge;
  readonly #inMemory = new SvelteMap<string, boolean>();

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  inMemory(account: AccountView): boolean {
    return this.#inMemory.get(account.id) ?? account.memoryOnly;
  }

  keepInMemory(account: AccountView, on: boolean): void {
    this.#inMemory.set(account.id, on);
  }

  begin(account: AccountView, secret: string | null): Promise<boolean> {
    this.acting.failure = null;
    const keep = this.inMemory(account) ? 'memory' : 'disk';
    return this.beginning.run(() => this.#bridge.beginSignIn(account.id, keep, secret));
  }

  cancel(): Promise<boolean> {
    return this.acting.run(() => this.#bridge.cancelSignIn());
  }

  openAgain(): Promise<boolean> {
    return this.acting.run(() => this.#bridge.openBrowserAgain());
  }

  copyLink(): Promise<boolean> {
    return this.acting.run(() => this.#bridge.copySignInLink());
  }

  answer(answer: OtherPerson): Promise<boolean> {
    return this.acting.run(() => this.#bridge.answerOtherPerson(answer));
  }
}
