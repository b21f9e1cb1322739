//! What the system tells of: the computer woke, the network came back. Launch, focus and deadlines
//! have their own ways to the keeper.
//!
//! Nothing here polls, and nothing here has to work: a wake that nobody tells of is seen by the next
//! tick of the keeper, and a network that comes back unnoticed by the next try. Where two of them
//! tell of one thing, the keeper's single flight makes one refresh of it.

mod network;
#[cfg(target_os = "linux")]
mod sleep;

use crate::seats::Seats;
use std::sync::Arc;

/// Begins to listen, for every account.
pub(crate) fn listen(seats: &Arc<Seats>, runtime: &tokio::runtime::Handle) {
    runtime.spawn(network::listen(Arc::clone(seats)));
    #[cfg(target_os = "linux")]
    runtime.spawn(sleep::listen(Arc::clone(seats)));
}
