//! Owns one engine, holds the tokens, and performs what the engine decides.
//!
//! One task owns the engine; commands, focus and timers are messages to it, and nobody locks
//! anything. Single flight is a consequence. A refresh runs in a task of its own that no caller can
//! cancel, saves before it exposes, and is told apart by its epoch from the session of today.
//!
//! The world is behind the traits in [`ports`]: clocks, an auth server, a vault.

mod access;
pub mod activity;
mod api;
pub mod clock;
mod handle;
mod outbox;
mod owner;
pub mod ports;
pub mod record;
mod refresh;
mod sign;
mod snapshot;
mod store;
mod teller;
mod unsaved;

pub use access::AccessToken;
pub use api::{ApiCall, How, Result as ApiResult};
pub use handle::{
    GrantedSignIn, Keeper, LeftToExpire, NotTold, Setup, Shown, SignIn, SignInError, Unavailable,
    Untold,
};
