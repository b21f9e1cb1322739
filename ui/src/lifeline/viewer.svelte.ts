// What of a life is looked at: so much time, along with now or where somebody has moved it.
import {
  aroundNow,
  bounded,
  clampedSpan,
  msAt,
  panned,
  xOf,
  zoomed,
  type Bounds,
  type Stretch,
} from './stretch';

/** How much of what is shown one step of the keyboard moves by. */
const STEP = 0.1;
const PAGE = 0.9;
/** How much more or less one step of the zoom shows. */
export const ZOOM = 1.5;

export class Viewer {
  /** Goes along with now, until somebody moves it. */
  following = $state(true);
  #spanMs = $state(0);
  #fromMs = $state(0);
  readonly #bounds: () => Bounds;

  /** `bounds` is read where it is needed, so that what it depends on is followed. */
  constructor(bounds: () => Bounds, spanMs: number) {
    this.#bounds = bounds;
    this.#spanMs = clampedSpan(spanMs);
  }

  readonly stretch: Stretch = $derived.by(() =>
    this.following
      ? aroundNow(this.#bounds().now, this.#spanMs)
      : bounded({ fromMs: this.#fromMs, spanMs: this.#spanMs }, this.#bounds()),
  );

  /** How much time is shown. */
  get spanMs(): number {
    return this.#spanMs;
  }

  get bounds(): Bounds {
    return this.#bounds();
  }

  /** As a gesture has it; a zoom alone goes on following. */
  show(stretch: Stretch, what: 'zoom' | 'pan'): void {
    if (what === 'pan') this.following = false;
    this.#put(stretch);
  }

  /** Shows `factor` times as much time, around now or around the middle. */
  zoomBy(factor: number): void {
    const { fromMs, spanMs } = this.stretch;
    this.#put(zoomed(this.stretch, factor, fromMs + spanMs / 2));
  }

  /** Shows so much time. */
  zoomTo(spanMs: number): void {
    this.zoomBy(clampedSpan(spanMs) / this.stretch.spanMs);
  }

  /** Moves by a part of what is shown; negative is back. */
  panBy(part: number): void {
    this.show(panned(this.stretch, part * this.stretch.spanMs), 'pan');
  }

  goNow(): void {
    this.following = true;
  }

  /** Moves just so far that a moment is seen. */
  reveal(atMs: number): void {
    const x = xOf(this.stretch, 1, atMs);
    if (x >= 0 && x <= 1) return;
    this.show(panned(this.stretch, atMs - msAt(this.stretch, 1, x < 0 ? STEP : 1 - STEP)), 'pan');
  }

  /** What a key does to the picture; whether it does anything. */
  key({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    const does = KEYS[key];
    does?.(this);
    return does !== undefined;
  }

  #put(stretch: Stretch): void {
    const { fromMs, spanMs } = bounded(stretch, this.#bounds());
    this.#fromMs = fromMs;
    this.#spanMs = spanMs;
  }
}

const KEYS: Partial<Record<string, (viewer: Viewer) => void>> = {
  ArrowLeft: (viewer) => {
    viewer.panBy(-STEP);
  },
  ArrowRight: (viewer) => {
    viewer.panBy(STEP);
  },
  PageUp: (viewer) => {
    viewer.panBy(-PAGE);
  },
  PageDown: (viewer) => {
    viewer.panBy(PAGE);
  },
  '+': (viewer) => {
    viewer.zoomBy(1 / ZOOM);
  },
  // The same key without Shift.
  '=': (viewer) => {
    viewer.zoomBy(1 / ZOOM);
  },
  '-': (viewer) => {
    viewer.zoomBy(ZOOM);
  },
  Home: (viewer) => {
    viewer.goNow();
  },
};
