// The parts of the window that are not on its first screen. Each is loaded when somebody first goes
// there; a window that only tells how one's session stands has the smaller script to read.

/** A part that is loaded when it is first asked for, and stays. */
export class Part<T> {
  /** The part, once it is there. */
  here = $state.raw<T | null>(null);

  readonly #load: () => Promise<T>;
  #loading: Promise<void> | null = null;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** Has it loaded; done at once where it is there. */
  async load(): Promise<void> {
    if (this.here !== null) return;
    this.#loading ??= this.#load().then((part) => {
      this.here = part;
    });
    try {
      await this.#loading;
    } finally {
      this.#loading = null;
    }
  }
}

export const parts = {
  activity: new Part(async () => (await import('./activity/Activity.svelte')).default),
  lab: new Part(async () => (await import('./lab/Lab.svelte')).default),
  settings: new Part(async () => (await import('./settings/Settings.svelte')).default),
  /** The forms that stand in the session's place. */
  forms: new Part(() => import('./servers/forms')),
  tour: new Part(() => import('./tour/part')),
};

/** Loads all of them, for whoever must find every place at once. */
export async function loadAll(): Promise<void> {
  await Promise.all(Object.values(parts).map((part) => part.load()));
}
