// What every part of the window may reach without being handed it.
import { createContext } from 'svelte';
import type { Bridge } from './bridge';
import type { Clock } from './time/clock.svelte';

export const [useBridge, provideBridge] = createContext<Bridge>();
export const [useClock, provideClock] = createContext<Clock>();
