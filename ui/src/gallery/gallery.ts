// The window with a made-up state, for looking at: gallery.html?fixture=resting&lang=zh-CN&theme=dark
// A large lifeline alone: gallery.html?lifeline=month_of_minutes
// More: &click=<testid>,<testid> opens what lies behind; &live lets the clock run;
// &activity=full|empty and &tokens=opaque choose what was done and what is known; &running lets
// scenarios run for ever; &toured=<n> does so many steps of the tour; &address=<text> is typed where a
// server's address is asked for, and &server=openid|oauth|silent|ca|unreachable|other|
// plain says what is found there. Not built.
import { mount, tick } from 'svelte';
import App from '../App.svelte';
import { loadAll } from '../parts.svelte';
import type { AppView, Language, Theme } from '../contract';
import '../styles/window.css';
import { Clock } from '../time/clock.svelte';
import { activities, jwtDetails, opaqueDetails } from './activity-fixtures';
import { FakeBridge } from './fake-bridge';
import { fixtures } from './fixtures';
import { furnish, labFixtures, tourViews } from './lab-fixtures';
import { isLifeName, lifeFixtures } from './lifeline-fixtures';
import LifelineStage from './LifelineStage.svelte';
import { oauthFixtures, openidReport, serverReports } from './oauth-fixtures';
import { NOW } from './parts';

const all: Record<string, AppView> = { ...fixtures, ...labFixtures, ...oauthFixtures };
const query = new URLSearchParams(location.search);
const shown = all[query.get('fixture') ?? ''];

const target = document.getElementById('window');
const lived = query.get('lifeline') ?? '';
if (target && isLifeName(lived)) {
  const started = Date.now();
  const clock = new Clock(() => NOW + (query.has('live') ? Date.now() - started : 0));
  const { app, history } = lifeFixtures[lived];
  const bridge = new FakeBridge(app);
  bridge.history = history;
  mount(LifelineStage, { target, props: { app: dressed(app), bridge, clock } });
  void clickThrough();
} else if (target && shown) {
  const started = Date.now();
  const view = structuredClone(shown);
  // A view's moments are on the moved clock; the window moves its own by as much.
  const moved = view.timeMoved ? view.timeMoved.sleptMs + view.timeMoved.clockMs : 0;
  const clock = new Clock(() => NOW - moved + (query.has('live') ? Date.now() - started : 0));
  const bridge = new FakeBridge(dressed(view));
  furnish(bridge, query.has('running'));
  bridge.serverReport = serverReports[query.get('server') ?? ''] ?? openidReport;
  bridge.entries = activities[query.get('activity') ?? 'rich']?.() ?? [];
  bridge.details = query.get('tokens') === 'opaque' ? opaqueDetails : jwtDetails;
  // One click after the other, and every place is there at once.
  void loadAll().then(async () => {
    mount(App, { target, props: { bridge, clock } });
    await clickThrough();
    await walk(bridge);
  });
} else {
  target?.append(
    ...[
      ...Object.keys(all).map((each) => `fixture=${each}`),
      ...Object.keys(lifeFixtures).map((each) => `lifeline=${each}`),
    ].flatMap((each) => {
      const link = document.createElement('a');
      link.href = `?${each}&live`;
      link.textContent = each;
      return [link, document.createElement('br')];
    }),
  );
}

/** In the language and the colours that the address asks for. */
function dressed(view: AppView): AppView {
  const language = (query.get('lang') ?? 'en') as Language;
  const theme = (query.get('theme') ?? 'light') as Theme;
  return { ...view, preferences: { ...view.preferences, language, theme } };
}

/** Clicks what the address says, one after the other. */
async function clickThrough(): Promise<void> {
  for (const testid of (query.get('click') ?? '').split(',').filter(Boolean)) {
    await tick();
    await new Promise((resume) => setTimeout(resume, 50));
    const address = document.querySelector<HTMLInputElement>('[data-testid="field-address"]');
    if (address?.value === '') {
      address.value = query.get('address') ?? 'https://id.example.com';
      address.dispatchEvent(new Event('input', { bubbles: true }));
    }
    document.querySelector<HTMLElement>(`[data-testid="${testid}"]`)?.click();
  }
}

/** Goes as many steps of the tour as the address says. */
async function walk(bridge: FakeBridge): Promise<void> {
  for (const views of tourViews.slice(0, Number(query.get('toured') ?? 0))) {
    await new Promise((resume) => setTimeout(resume, 50));
    document.querySelector<HTMLElement>('[data-testid="tour-do"]')?.click();
    for (const each of views) bridge.push(dressed(each));
  }
}
