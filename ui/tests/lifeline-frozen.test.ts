// The window freezes prototypes before any script of it runs. What reads them is no harm; what assigns
// to a name that they have throws, and nothing would be shown.
import vm from 'node:vm';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';

/** Bundles what imports d3, as vite.config.ts has it, with or without what is put in d3-color's place. */
async function bundled(replaced: boolean): Promise<string> {
  const root = `${import.meta.dirname}/../`;
  const made = await build({
    root,
    configFile: false,
    logLevel: 'error',
    resolve: {
      alias: replaced ? { 'd3-color': `${root}src/lifeline/without-colours.ts` } : {},
    },
    build: {
      write: false,
      minify: false,
      target: 'safari16',
      lib: { entry: `${root}tests/frozen-entry.ts`, formats: ['iife'], name: 'bundle' },
    },
  });
  const [first] = [made].flat();
  if (!first || !('output' in first)) throw new Error('nothing was built');
  // A module is strict, and only strict code throws.
  return `'use strict';${first.output[0].code}`;
}

function run(code: string): unknown {
  const realm = vm.createContext({ navigator: {}, performance, setTimeout, clearTimeout });
  const prototypes = 'Object, Array, Function, Date, Map, Set, String, Number, RegExp, Error';
  vm.runInContext(`for (const of of [${prototypes}]) Object.freeze(of.prototype)`, realm);
  vm.runInContext(code, realm);
  return vm.runInContext('JSON.stringify(globalThis.made)', realm);
}

describe('with frozen prototypes', () => {
  it('what the lifeline is made of starts and works', async () => {
    const made = JSON.parse(String(run(await bundled(true)))) as unknown;
    expect(made).toEqual({ transform: 'translate(5,0) scale(2)', zooms: true, ticks: [60, 120] });
  });

  it('it would not with the colours of d3', async () => {
    const code = await bundled(false);
    expect(() => run(code)).toThrow(/read only/);
  });
});
