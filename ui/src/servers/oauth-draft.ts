// The settings of an OAuth account that are being filled in, and what is wrong with them.
import type {
  Discovered,
  Endpoints,
  Flow,
  Network,
  OAuthSettings,
  Promise as Told,
  Redirect,
} from '../contract';
import { m } from '../paraglide/messages.js';
import type { Wrongs } from '../signin/draft';
import { promiseWords } from './promise-words';

export const ENDPOINTS = [
  'authorization',
  'token',
  'deviceAuthorization',
  'userinfo',
  'jwks',
  'revocation',
  'endSession',
] as const satisfies readonly (keyof Endpoints)[];

const NO_ENDPOINTS: Endpoints = {
  authorization: '',
  token: '',
  deviceAuthorization: '',
  revocation: '',
  userinfo: '',
  jwks: '',
  endSession: '',
};

export const NO_NETWORK: Network = { ca: null, httpTo: '' };

/** For a server that says nothing of itself: everything else is typed. */
export function bareSettings(issuer: string, network: Network): OAuthSettings {
  return {
    issuer,
    clientId: '',
    confidential: false,
    clientAuth: 'as_the_server_says',
    flow: 'browser',
    scopes: [],
    resources: [],
    audience: '',
    prompt: '',
    parameters: [],
    redirect: { host: 'loopback', path: '/callback', ports: [] },
    endpoints: NO_ENDPOINTS,
    apiUrl: '',
    logoutInBrowser: false,
    headers: [],
    network,
    assumedLifetimeS: 3_600,
  };
}

/** Where one can sign in, as far as that is known; everything where nothing is. */
export function flowsOffered(draft: OAuthSettings, discovered: Discovered | null): Flow[] {
  const there = (name: 'authorization' | 'deviceAuthorization'): boolean =>
    draft.endpoints[name] !== '' || (discovered?.endpoints[name] ?? '') !== '';
  const flows: Flow[] = [];
  if (there('authorization')) flows.push('browser');
  if (there('deviceAuthorization')) flows.push('device');
  // What is chosen already is never taken out of sight.
  return flows.includes(draft.flow) ? flows : ['browser', 'device'];
}

/** Where the browser comes back to, as a server wants it registered: without a port where any will do. */
export function redirectAddresses({ host, path, ports }: Redirect): string[] {
  const name = host === 'localhost' ? 'localhost' : '127.0.0.1';
  if (ports.length === 0) return [`http://${name}${path}`];
  return ports.filter((port) => !Number.isNaN(port)).map((port) => `http://${name}:${port}${path}`);
}

/** What can be told without asking the server. */
export function oauthWrongs(draft: OAuthSettings): Wrongs {
  const found: Wrongs = {};
  const say = (field: string, words: () => string): void => {
    found[field] = { words, evidence: '', bad: true };
  };
  if (!isWebAddress(draft.issuer)) say('issuer', m.need_base_url_form);
  if (draft.clientId.trim() === '') say('clientId', m.need_client_id);
  if (!draft.redirect.path.startsWith('/')) say('redirect.path', m.need_redirect_path);
  if (draft.redirect.ports.some((port) => !(port >= 1 && port <= 65_535))) {
    say('redirect.ports', m.need_ports);
  }
  if (!Number.isInteger(draft.assumedLifetimeS) || draft.assumedLifetimeS < 1) {
    say('assumedLifetimeS', m.need_number);
  }
  for (const name of ENDPOINTS) {
    const typed = draft.endpoints[name].trim();
    if (typed !== '' && !isWebAddress(typed)) say(`endpoints.${name}`, m.need_base_url_form);
  }
  if (draft.apiUrl.trim() !== '' && !isWebAddress(draft.apiUrl)) {
    say('apiUrl', m.need_base_url_form);
  }
  Object.assign(found, plainHttpWrong(draft.issuer, draft.network));
  return found;
}

/** Plain http to another computer is allowed to the one host that was typed by hand. */
export function plainHttpWrong(address: string, network: Network): Wrongs {
  const host = plainHost(address);
  const allowed = network.httpTo.trim();
  if (host === null || allowed === host) return {};
  const words = (): string => m.need_http_host({ host });
  return { 'network.httpTo': { words, evidence: '', bad: true } };
}

/** The host that would be asked by plain http although it is another computer. */
export function plainHost(address: string): string | null {
  if (!URL.canParse(address.trim())) return null;
  const { protocol, hostname } = new URL(address.trim());
  const here = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === 'http:' && !here ? hostname : null;
}

/** What a probe found wrong, next to the settings it is about. What is only worth knowing is in the report. */
export function promiseNotes(promises: readonly Told[], network: Network): Wrongs {
  const found: Wrongs = {};
  for (const promise of promises) {
    const { topic, verdict, detail, field } = promise;
    const bad = verdict === 'bad';
    const understood = topic === 'address' && verdict === 'note';
    // The host was named for plain http by hand, which is as much as can be asked of anybody.
    const meant = topic === 'tls' && field === 'network.httpTo' && network.httpTo !== '';
    if (field === null || meant || !(bad || understood)) continue;
    // Why a certificate is not trusted is all in the words.
    const evidence = topic === 'tls' ? '' : detail;
    found[field] = { words: () => promiseWords(promise), evidence, bad };
  }
  return found;
}

/** Fields that stand in the open; all others lie under Advanced or Company network. */
export function standsOpen(field: string): boolean {
  return ['issuer', 'clientId', 'flow', 'confidential', 'clientAuth'].includes(field);
}

export function isNetwork(field: string): boolean {
  return field.split('.')[0] === 'network';
}

/** Without the blanks around what was pasted, and without empty rows. */
export function tidy(draft: OAuthSettings): OAuthSettings {
  const endpoints = { ...draft.endpoints };
  for (const name of ENDPOINTS) endpoints[name] = endpoints[name].trim();
  return {
    ...draft,
    issuer: draft.issuer.trim(),
    clientId: draft.clientId.trim(),
    audience: draft.audience.trim(),
    prompt: draft.prompt.trim(),
    apiUrl: draft.apiUrl.trim(),
    endpoints,
    parameters: draft.parameters.filter(({ name }) => name.trim() !== ''),
    headers: draft.headers.filter(({ name }) => name.trim() !== ''),
    network: { ...draft.network, httpTo: draft.network.httpTo.trim() },
  };
}

export function isWebAddress(text: string): boolean {
  if (!URL.canParse(text.trim())) return false;
  const { protocol, hostname } = new URL(text.trim());
  return (protocol === 'https:' || protocol === 'http:') && hostname !== '';
}
