// The window with a made-up state, for looking at: gallery.html?fixture=resting&lang=zh-CN&theme=dark
// More: &click=<testid>,<testid> opens what lies behind; &live lets the clock run; &running lets
// scenarios run for ever; &toured=<n> does so many steps of the tour. Not built.
import { mount, tick } from 'svelte';
import App from '../App.svelte';
import type { AppView, Language, Theme } from '../contract';
import '../styles/window.css';
import { Clock } from '../time/clock.svelte';
import { FakeBridge } from './fake-bridge';
import { fixtures } from './fixtures';
import { furnish, labFixtures, tourViews } from './lab-fixtures';
import { NOW } from './parts';

const all: Record<string, AppView> = { ...fixtures, ...labFixtures };
const query = new URLSearchParams(location.search);
const shown = all[query.get('fixture') ?? ''];

const target = document.getElementById('window');
if (target && shown) {
  const started = Date.now();
  const view = structuredClone(shown);
  // A view's moments are on the moved clock; the window moves its own by as much.
  const moved = view.timeMoved ? view.timeMoved.sleptMs + view.timeMoved.clockMs : 0;
  const clock = new Clock(() => NOW - moved + (query.has('live') ? Date.now() - started : 0));
  const dressed = (undressed: AppView): AppView => ({
    ...undressed,
    preferences: {
      ...undressed.preferences,
      language: (query.get('lang') ?? 'en') as Language,
      theme: (query.get('theme') ?? 'light') as Theme,
    },
  });
  const bridge = new FakeBridge(dressed(view));
  furnish(bridge, query.has('running'));
  mount(App, { target, props: { bridge, clock } });
  void (async () => {
    for (const testid of (query.get('click') ?? '').split(',').filter(Boolean)) {
      await tick();
      await new Promise((resume) => setTimeout(resume, 50));
      document.querySelector<HTMLElement>(`[data-testid="${testid}"]`)?.click();
    }
    for (const views of tourViews.slice(0, Number(query.get('toured') ?? 0))) {
      await new Promise((resume) => setTimeout(resume, 50));
      document.querySelector<HTMLElement>('[data-testid="tour-do"]')?.click();
      for (const each of views) bridge.push(dressed(each));
    }
  })();
} else {
  target?.append(
    ...Object.keys(all).flatMap((each) => {
      const link = document.createElement('a');
      link.href = `?fixture=${each}&live`;
      link.textContent = each;
      return [link, document.createElement('br')];
    }),
  );
}
