// Wheel, drag and pinch, as d3-zoom understands them.
//
// d3-zoom brings d3-color by way of d3-interpolate. That package assigns to names that the window's
// frozen prototypes make read-only, so vite.config.ts puts without-colours.ts in its place. d3-scale
// would need d3-time-format replaced as well, for a linear mapping that is one line: it is left out.
// tests/lifeline-frozen.test.ts shows that what is bundled starts and works with frozen prototypes.
import { select } from 'd3-selection';
import { zoom, zoomIdentity, type D3ZoomEvent, type ZoomTransform } from 'd3-zoom';
import { bounded, LONGEST, SHORTEST, type Bounds, type Stretch } from './stretch';

/** What is shown now, and what is to be done about a gesture. */
export type Shown = {
  readonly stretch: Stretch;
  readonly bounds: Bounds;
  readonly width: number;
};

/** A line of a wheel that counts in lines, in pixels. */
const LINE_PX = 16;
/** No wheel turns by less than this many pixels at once. */
const NOTCH_PX = 50;
/** How much more than a turn of the wheel a pinch zooms, for the same number of pixels. */
const PINCH = 10;

/** Follows gestures on `node`; returns how to stop. `change` is told whether only the zoom was meant. */
export function gestures(
  node: HTMLElement,
  shown: () => Shown,
  change: (stretch: Stretch, what: 'zoom' | 'pan') => void,
): () => void {
  // A month is one width at the scale 1; any fixed moment does for where it begins.
  const origin = shown().stretch.fromMs;
  const perPx = (): number => LONGEST / Math.max(shown().width, 1);

  const toTransform = ({ fromMs, spanMs }: Stretch): ZoomTransform => {
    const k = LONGEST / spanMs;
    return zoomIdentity.translate(((origin - fromMs) / perPx()) * k, 0).scale(k);
  };
  const toStretch = ({ k, x }: ZoomTransform): Stretch => ({
    fromMs: origin - (x / k) * perPx(),
    spanMs: LONGEST / k,
  });

  const selected = select(node);
  const behaviour = zoom<HTMLElement, unknown>()
    .extent(() => [
      [0, 0],
      [shown().width, 1],
    ])
    .scaleExtent([1, LONGEST / SHORTEST])
    .filter((event: Event) => {
      if (event instanceof WheelEvent && (isSideways(event) || isForThePage(event, node)))
        return false;
      if (event instanceof MouseEvent && (event.button !== 0 || isHeld(event))) return false;
      // The picture also moves by itself and by keys: a gesture begins from where it is.
      selected.property('__zoom', toTransform(shown().stretch));
      return true;
    })
    .wheelDelta((event: WheelEvent) => {
      const perUnit = event.deltaMode === 1 ? 0.05 : event.deltaMode === 2 ? 1 : 0.002;
      return -event.deltaY * perUnit * (isPinch(event) ? PINCH : 1);
    })
    .constrain((transform) => toTransform(bounded(toStretch(transform), shown().bounds)))
    .on('zoom', ({ transform, sourceEvent }: D3ZoomEvent<HTMLElement, unknown>) => {
      change(toStretch(transform), sourceEvent instanceof WheelEvent ? 'zoom' : 'pan');
    });

  const sideways = (event: WheelEvent): void => {
    if (!isSideways(event)) return;
    event.preventDefault();
    const { stretch, bounds, width } = shown();
    const px = (event.deltaX || event.deltaY) * (event.deltaMode === 1 ? LINE_PX : 1);
    const fromMs = stretch.fromMs + (px / Math.max(width, 1)) * stretch.spanMs;
    // A turn of the wheel that is under way would hold on to the moment under the pointer.
    selected.property('__zooming', null);
    change(bounded({ ...stretch, fromMs }, bounds), 'pan');
  };

  selected.call(behaviour).on('dblclick.zoom', null);
  node.addEventListener('wheel', sideways, { passive: false });
  return () => {
    selected.on('.zoom', null);
    node.removeEventListener('wheel', sideways);
  };
}

/** Scrolled to the side, by a touchpad or with Shift held. */
function isSideways(event: WheelEvent): boolean {
  return event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
}

/** Whoever scrolls the page past the picture does not mean the picture. */
function isForThePage(event: WheelEvent, node: HTMLElement): boolean {
  return !event.ctrlKey && document.activeElement !== node;
}

/** Fingers on a touchpad come as a wheel with Ctrl held, in steps smaller than those of a wheel. */
function isPinch(event: WheelEvent): boolean {
  return event.ctrlKey && event.deltaMode === 0 && Math.abs(event.deltaY) < NOTCH_PX;
}

/** A click with Ctrl held opens a menu on some systems; a pinch comes as a wheel with Ctrl. */
function isHeld(event: MouseEvent): boolean {
  return event.ctrlKey && !(event instanceof WheelEvent);
}
