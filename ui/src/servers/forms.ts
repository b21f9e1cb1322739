// What is loaded together: adding an account and changing one share nearly everything.
export { default as AddServer } from './AddServer.svelte';
export { default as ChangeAccount } from './ChangeAccount.svelte';
