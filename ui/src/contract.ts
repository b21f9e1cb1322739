// What crosses the bridge. The types are generated from the Rust side; this file only gathers them,
// so that the rest of the window has one place to import them from.
export type * from './generated/account';
export type * from './generated/activity';
export type * from './generated/app';
export type * from './generated/demo';
export type * from './generated/entries';
export type * from './generated/lab';
export type * from './generated/session';

// The demo server has a type of this name too; the window means the account's.
export type { ClientAuth } from './generated/account';
