import { mount } from 'svelte';
import App from './App.svelte';
import { tauriBridge } from './bridge';
import './styles/window.css';
import { Clock } from './time/clock.svelte';

const target = document.getElementById('window');
if (!target) throw new Error('index.html has lost its #window');

mount(App, { target, props: { bridge: tauriBridge, clock: new Clock() } });
