// Plays a browser with somebody before it: opens an address, keeps cookies, follows redirects, fills in the
// forms that it meets and sends them. Called as `xdg-open ADDRESS`; what the person does is in PERSON, a file
// of JSON: `as` (who signs in), `deny` (says no), `nothing` (closes the window), `code` (types a device code).
// Each address that it came to is added to VISITED, a line each.
import { appendFileSync, readFileSync } from 'node:fs';

const person = JSON.parse(readFileSync(process.env.PERSON, 'utf8'));
const jar = new Map();
const visited = (address) => appendFileSync(process.env.VISITED, `${address}\n`);

async function open(address, form) {
  visited(address);
  const url = new URL(address);
  const cookies = jar.get(url.host) ?? new Map();
  const answer = await fetch(url, {
    method: form ? 'POST' : 'GET',
    body: form,
    redirect: 'manual',
    headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
  });
  for (const cookie of answer.headers.getSetCookie()) {
    const [pair] = cookie.split(';');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (value === '') cookies.delete(name);
    else cookies.set(name, value);
  }
  jar.set(url.host, cookies);
  const next = answer.headers.get('location');
  if (answer.status >= 300 && answer.status < 400 && next) {
    await answer.arrayBuffer();
    return open(new URL(next, url).href);
  }
  return { address: url.href, page: await answer.text() };
}

const attribute = (tag, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&');

function formOf({ address, page }) {
  const found = /<form([^>]*)>([\s\S]*?)<\/form>/.exec(page);
  if (!found) return null;
  const fields = new URLSearchParams();
  for (const [tag] of found[2].matchAll(/<(?:input|button)[^>]*>/g)) {
    const name = attribute(tag, 'name');
    if (name) fields.set(name, attribute(tag, 'value') ?? '');
  }
  return { to: new URL(attribute(found[1], 'action') || address, address).href, fields };
}

async function visit(address) {
  if (person.nothing) return visited(address);
  let at = await open(address);
  // A person gives up after a few pages, too.
  for (let page = 0; page < 8; page += 1) {
    const away = /href="([^"]*\/abort)"/.exec(at.page)?.[1];
    if (person.deny && away) {
      at = await open(new URL(away, at.address).href);
      continue;
    }
    const form = formOf(at);
    if (!form) return;
    if (form.fields.has('login')) form.fields.set('login', person.as);
    // Where the page itself fills it in, it stays.
    if (form.fields.get('password') === '') form.fields.set('password', 'anything');
    if (form.fields.has('user')) form.fields.set('user', person.as);
    if (form.fields.has('user_code') && person.code) form.fields.set('user_code', person.code);
    at = await open(form.to, form.fields);
  }
}

await visit(process.argv[2]);
