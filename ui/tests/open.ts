// Opens the whole window over a made-up app.
import { render } from '@testing-library/svelte';
import { tick } from 'svelte';
import App from '../src/App.svelte';
import type { AppView } from '../src/contract';
import { FakeBridge, type Asked } from '../src/gallery/fake-bridge';
import { NOW } from '../src/gallery/parts';
import { loadAll } from '../src/parts.svelte';
import { Clock } from '../src/time/clock.svelte';

export async function open(
  view: AppView | null,
  clock: Clock = new Clock(() => NOW),
): Promise<FakeBridge> {
  await loadAll();
  const bridge = new FakeBridge(
    view && { ...view, preferences: { ...view.preferences, language: 'en' } },
  );
  render(App, { bridge, clock });
  await settle();
  return bridge;
}

/** Lets promises and the page catch up. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await tick();
}

export function asked(bridge: FakeBridge, name: Asked['name']): unknown[][] {
  return bridge.asked.filter((one) => one.name === name).map((one) => one.args);
}
