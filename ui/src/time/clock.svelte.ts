// The one clock of the window. It beats when something that is shown is about to change, and at no
// other moment; while the window is hidden it does not beat at all.
//
// Nothing is counted down here: a reader takes `now` and computes what is left until a deadline. So a
// beat that comes late, or after a sleep, shows the right time at once.

/** Below this a ring's movement looks smooth already; more would only cost. */
const SMOOTH_MS = 40;
/** Under reduced motion everything steps. */
const STEP_MS = 1_000;
/** A frame that has not come by then may come only once something else is drawn. */
const FRAME_MS = 1_000;
/** Longer timers overflow in browsers; an hour's beat costs nothing. */
const LONGEST_MS = 3_600_000;

export class Clock {
  /** The present moment, as of the last beat. */
  now = $state(0);

  readonly #read: () => number;
  #movedMs = 0;
  // Plain sets, not reactive ones: who follows must not be told about the others.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #deadlines = new Set<{ at: number }>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #strides = new Set<{ every: number }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame: number | undefined;

  constructor(read: () => number = Date.now) {
    this.#read = read;
    this.now = read();
  }

  /** Follows the page's visibility; returns how to stop. */
  start(): () => void {
    const seen = (): void => {
      this.beat();
    };
    document.addEventListener('visibilitychange', seen);
    this.beat();
    return () => {
      document.removeEventListener('visibilitychange', seen);
      this.#cancel();
    };
  }

  /**
   * Beats at every second that is left until `deadline`; returns how to stop. Of several the nearest
   * is followed to the moment. The others change along with it, less than a second late: everything
   * that is drawn anew is drawn at once.
   */
  follow(deadline: number): () => void {
    return this.#join(this.#deadlines, { at: deadline });
  }

  /** Beats every so often, for what moves; returns how to stop. */
  flow(everyMs: number): () => void {
    return this.#join(this.#strides, { every: Math.max(SMOOTH_MS, everyMs) });
  }

  /** Goes as the app's clocks go, which somebody may have moved; and beats. */
  move(by: { sleptMs: number; clockMs: number } | null): void {
    this.#movedMs = by === null ? 0 : by.sleptMs + by.clockMs;
    this.beat();
  }

  /** Takes the time now and plans the next beat. */
  beat(): void {
    this.now = this.#read() + this.#movedMs;
    this.#plan();
  }

  #join<T>(set: Set<T>, entry: T): () => void {
    set.add(entry);
    this.#plan();
    return () => {
      set.delete(entry);
      this.#plan();
    };
  }

  #plan(): void {
    this.#cancel();
    if (document.hidden) return;
    const delay = this.#nextBeat();
    if (delay === null) return;
    this.#timer = setTimeout(
      () => {
        // Painting waits for a frame, and a page that is covered gets few. But WebKitGTK serves none in
        // some moments until something is drawn, which may be what this beat is to bring.
        const beat = (): void => {
          this.beat();
        };
        this.#timer = setTimeout(beat, FRAME_MS);
        this.#frame = requestAnimationFrame(beat);
      },
      Math.min(delay, LONGEST_MS),
    );
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#timer = undefined;
    this.#frame = undefined;
  }

  /** Milliseconds until something shown changes; `null` when nothing does. */
  #nextBeat(): number | null {
    const now = this.#read() + this.#movedMs;
    let nearest = Infinity;
    for (const { at } of this.#deadlines) {
      if (at > now) nearest = Math.min(nearest, at);
    }
    const counted = nearest !== Infinity;
    let next = counted ? (nearest - now) % 1_000 || 1_000 : Infinity;
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    for (const { every } of this.#strides) {
      const stride = still ? Math.max(STEP_MS, every) : every;
      // What moves so slowly is seen to by the seconds that are counted.
      if (counted && stride >= STEP_MS) continue;
      next = Math.min(next, stride);
    }
    return next === Infinity ? null : Math.ceil(next);
  }
}
