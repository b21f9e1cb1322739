// What is loaded when a tour begins.
export { Tour } from './tour.svelte';
export { default as TourPanel } from './TourPanel.svelte';
