import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The window is served from a custom scheme, so every address is relative.
  base: './',
  plugins: [svelte(), svelteTesting()],
  // It breaks where prototypes are frozen, as they are in the window; the file says more.
  resolve: { alias: { 'd3-color': `${import.meta.dirname}/src/lifeline/without-colours.ts` } },
  build: {
    // WebKitGTK is what shows this on Linux.
    target: 'safari16',
    // Scripts, one stylesheet, fonts as files: the content security policy allows nothing inline. A part
    // that is loaded later has its few scripts asked for by itself, and adds no links to the page.
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rolldownOptions: {
      // How long a plugin takes depends on the machine, and is no reason for a build to fail.
      checks: { bundlerTimings: false },
      // A missing message is only a warning otherwise, and the window would be blank.
      onLog(level, log) {
        if (level === 'warn') throw new Error(log.message);
      },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    env: { TZ: 'UTC' },
  },
});
