// Looks at a month, comes nearer until it is a minute, and goes away again: at every frame a turn of
// the wheel and a push to the side. Each frame is measured from the start of its callback, over what
// the input sets off, to the message that comes after it was drawn.
const [frames, done] = arguments;
const strip = document.querySelector('[data-testid="lifeline-strip"]');
// The wheel is the picture's while that has the focus.
strip.focus();
const box = strip.getBoundingClientRect();
const channel = new MessageChannel();
const took = [];
const looks = [];
let began = 0;

const wheel = (deltas) => {
  const at = { clientX: box.left + box.width * 0.4, clientY: box.top + 40 };
  const how = { bubbles: true, cancelable: true, view: window };
  strip.dispatchEvent(new WheelEvent("wheel", { ...at, ...how, ...deltas }));
};

/** What the picture says of itself: "From … to …, 30 days. 43200 tokens, 43200 marks." */
const said = () => {
  const [, span, tokens] =
    /, (\d+ \w+)\. (\d+) tokens/.exec(strip.getAttribute("aria-valuetext")) ??
    [];
  return { span, tokens: Number(tokens) };
};

// d3-zoom shows 2^(pixels / 500) times as much; from a minute to a month that is so many pixels.
const all = 500 * Math.log2((30 * 24 * 60 * 60) / 60);
const half = frames / 2;
// A little more than it takes: the limits of the zoom are part of it.
const turn = (all / half) * 1.02;

const frame = () => {
  began = performance.now();
  const index = took.length;
  wheel({ deltaX: index % 40 < 20 ? -9 : 9 });
  wheel({ deltaY: index < half ? -turn : turn });
  channel.port2.postMessage(null);
};

channel.port1.onmessage = () => {
  took.push(performance.now() - began);
  if (took.length === half || took.length === frames) looks.push(said());
  if (took.length < frames) requestAnimationFrame(frame);
  else done({ frames: took, looks });
};

// Back to where the whole month is seen, and away from now.
wheel({ deltaX: -box.width * 0.2 });
requestAnimationFrame(() => {
  looks.push(said());
  requestAnimationFrame(frame);
});
