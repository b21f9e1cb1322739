// How much room a text takes on the page as it is.
import { createSubscriber } from 'svelte/reactivity';
import { guessed, type Measure } from './ticks';

/** The same few labels are asked for at every frame; more than this many are not worth keeping. */
const KEPT = 500;

/** Whatever reads it is done again when letters have been loaded: until then others stand in. */
export const letters = createSubscriber((update) => {
  // Where nothing is drawn there may be no fonts either.
  const { fonts } = document as { fonts?: FontFaceSet };
  fonts?.addEventListener('loadingdone', update);
  return () => {
    fonts?.removeEventListener('loadingdone', update);
  };
});

/** Measures in the font of `element`; without one, and without a canvas, it is guessed. */
export function measured(element: Element | undefined, fontPx: number): Measure {
  letters();
  const guess = guessed(fontPx);
  if (!element) return guess;
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return guess;
  context.font = `${fontPx}px ${getComputedStyle(element).fontFamily}`;
  const known = new Map<string, number>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size > KEPT) known.clear();
    const room = context.measureText(text).width;
    known.set(text, room);
    return room;
  };
}
