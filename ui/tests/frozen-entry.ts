// What lifeline-frozen.test.ts bundles and runs where prototypes are frozen.
import { timeMinute } from 'd3-time';
import { select } from 'd3-selection';
import { zoom, zoomIdentity } from 'd3-zoom';

const heard: string[] = [];
/** As much of an element as d3-selection touches. */
const element = {
  style: { setProperty: () => undefined },
  addEventListener: (name: string) => heard.push(name),
};
select(element as unknown as Element).call(zoom<Element, unknown>());

Object.assign(globalThis, {
  made: {
    transform: zoomIdentity.translate(5, 0).scale(2).toString(),
    zooms: heard.includes('wheel'),
    ticks: timeMinute
      .range(new Date(30_000), new Date(150_000))
      .map((date) => date.getTime() / 1_000),
  },
});
