// The window with a made-up state, for looking at: gallery.html?fixture=resting&lang=zh-CN&theme=dark
// A large lifeline alone: gallery.html?lifeline=month_of_minutes
// More: &click=<testid>,<testid> opens what lies behind; &live lets the clock run;
// &activity=full|empty and &tokens=opaque choose what was done and what is known. Not built.
import { mount, tick } from 'svelte';
import App from '../App.svelte';
import type { Language, Theme } from '../contract';
import '../styles/window.css';
import { Clock } from '../time/clock.svelte';
import { activities, jwtDetails, opaqueDetails } from './activity-fixtures';
import { FakeBridge } from './fake-bridge';
import { fixtures, isFixtureName } from './fixtures';
import { isLifeName, lifeFixtures } from './lifeline-fixtures';
import LifelineStage from './LifelineStage.svelte';
import { NOW } from './parts';

const query = new URLSearchParams(location.search);
const name = query.get('fixture') ?? '';

const target = document.getElementById('window');
const lived = query.get('lifeline') ?? '';
if (target && isLifeName(lived)) {
  const started = Date.now();
  const clock = new Clock(() => NOW + (query.has('live') ? Date.now() - started : 0));
  const { app, history } = lifeFixtures[lived];
  const bridge = new FakeBridge(app);
  bridge.history = history;
  const language = (query.get('lang') ?? 'en') as Language;
  const theme = (query.get('theme') ?? 'light') as Theme;
  const preferences = { ...app.preferences, language, theme };
  mount(LifelineStage, { target, props: { app: { ...app, preferences }, bridge, clock } });
  clickThrough();
} else if (target && isFixtureName(name)) {
  const started = Date.now();
  const view = structuredClone(fixtures[name]);
  // A view's moments are on the moved clock; the window moves its own by as much.
  const moved = view.timeMoved ? view.timeMoved.sleptMs + view.timeMoved.clockMs : 0;
  const clock = new Clock(() => NOW - moved + (query.has('live') ? Date.now() - started : 0));
  const bridge = new FakeBridge({
    ...view,
    preferences: {
      ...view.preferences,
      language: (query.get('lang') ?? 'en') as Language,
      theme: (query.get('theme') ?? 'light') as Theme,
    },
  });
  bridge.entries = activities[query.get('activity') ?? 'rich']?.() ?? [];
  bridge.details = query.get('tokens') === 'opaque' ? opaqueDetails : jwtDetails;
  mount(App, { target, props: { bridge, clock } });
  clickThrough();
} else {
  target?.append(
    ...[
      ...Object.keys(fixtures).map((each) => `fixture=${each}`),
      ...Object.keys(lifeFixtures).map((each) => `lifeline=${each}`),
    ].flatMap((each) => {
      const link = document.createElement('a');
      link.href = `?${each}&live`;
      link.textContent = each;
      return [link, document.createElement('br')];
    }),
  );
}

/** Clicks what the address says, one after the other. */
function clickThrough(): void {
  void (async () => {
    for (const testid of (query.get('click') ?? '').split(',').filter(Boolean)) {
      await tick();
      await new Promise((resume) => setTimeout(resume, 50));
      document.querySelector<HTMLElement>(`[data-testid="${testid}"]`)?.click();
    }
  })();
}
