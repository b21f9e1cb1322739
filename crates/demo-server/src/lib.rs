//! An auth server for demonstrations and tests: the token API of the tutorial and an OpenID
//! provider, on the loopback interface, behaving well until a switch says otherwise.
//!
//! Three readers use it: the app embeds it for "Try it", tests start it on port 0, and
//! `cargo run -p demo-server` runs it alone. [`start`] is the way in for all of them.
//!
//! The rooms: [`policy`] decides about grants and rotation and knows neither HTTP nor the time;
//! `api` answers under `/api`, with `outcome`, `answer` and `fault` shaping what is said;
//! `openid` is the provider under `/openid`, whose tokens and faults are the same ones;
//! `desk` owns the state and makes it durable before an answer leaves; `control` turns the
//! switches, in process or over HTTP; `serve` owns connections.
//!
//! What it is not: a server for anybody's real accounts. It has two users with published
//! passwords, speaks plain HTTP, and listens on 127.0.0.1 only.

mod answer;
mod api;
mod clock;
mod control;
mod counters;
mod desk;
mod elsewhere;
mod fault;
mod guard;
mod handlers;
mod openid;
mod outcome;
pub mod policy;
mod running;
mod serve;
mod start;
mod storage;
mod switches;
mod token;
mod users;

pub use clock::Clock;
pub use control::{Control, ControlError, Snapshot};
pub use counters::{Counters, Endpoint, Exchange};
pub use elsewhere::Elsewhere;
pub use openid::{ClientAuth, Documents, Lie, OpenIdSwitches, SignIn, SigningAlg, TokenTypeShape};
pub use policy::Rotation;
pub use running::Running;
pub use start::{Config, PortChoice, Start, StartError, start};
pub use switches::{
    BadSwitches, Fault, FaultBody, FaultKind, LifetimeShape, RetryAfter, Switches, TellRefreshToken,
};
pub use token::TokenHash;
pub use users::{ALICE, BOB, USERS, User};
