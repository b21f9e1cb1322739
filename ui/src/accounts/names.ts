// What an account is called where several are listed.
import type { AccountLine } from '../contract';
import { m } from '../paraglide/messages.js';

export function serverName({ demo, server }: Pick<AccountLine, 'demo' | 'server'>): string {
  return demo ? m.demo_server() : server;
}

/** Whose it is, or where it is as long as nobody is known. */
export function accountName(line: AccountLine): string {
  return line.name || serverName(line);
}
