//! Plays a person's year in virtual time, and a fleet's day: how often a policy signs people out
//! that it need not have, what it hands out that is dead, and how often it asks its server.
//!
//! A [`life::Life`] is what happens to one person's computer in a year, drawn from a seed: nothing in
//! it depends on the policy. The [`director`] lets it happen to a [`Computer`] on which copies of an
//! [`policies::App`] run; every request goes over the computer's own wire to a [`server::Server`],
//! which decides by the demo server's own policy code ([`demo_server::policy`]). The [`judge`] sees
//! what nobody on the computer can see, the true time and the server's books, and counts.
//!
//! Time is tokio's, paused: it moves on to the next timer as soon as nobody has anything left to do.
//! It stands for the time in which the computer is awake; a suspend is a jump of the clocks beside it,
//! as timers on a desktop experience it.

pub mod computer;
pub mod director;
pub mod fleet;
pub mod judge;
pub mod life;
pub mod oracle;
pub mod policies;
pub mod reply;
pub mod report;
pub mod server;
pub mod wire;

pub use computer::Computer;
