//! How a session is kept: ours, the tutorial's, and models of what others do.

pub mod article;
pub mod aws;
pub mod keeper;
mod kept;
pub mod keycloak_js;
pub mod oidc_client_ts;
pub mod supabase;

use crate::Computer;
use crate::reply::{Reply, Token};
use async_trait::async_trait;
use std::sync::Arc;

/// A way of keeping a session.
pub trait Policy: Send + Sync {
    /// What it is called in figures.
    fn name(&self) -> &'static str;

    /// Starts one copy of the app, over whatever an earlier one has kept on this computer. It begins
    /// by itself: this is the launch.
    fn start(&self, computer: &Computer) -> Arc<dyn App>;
}

/// A running copy of an app. Dropping the last handle to it stops it at once, as `kill -9` does:
/// whatever it had under way ends in the middle, so every task that it has begun must end with it.
#[async_trait]
pub trait App: Send + Sync {
    /// The person signs in. `false` where that could not be done now.
    async fn sign_in(&self) -> bool;

    /// The person signs out. Returns when the app has done so, not when the server was told.
    async fn sign_out(&self);

    /// The window comes to the front.
    async fn focus(&self);

    /// The network is there again; for apps that listen to it.
    async fn network_back(&self);

    /// What a caller who wants to call the API is given: a token that the app holds for good, or
    /// `None`. It may take as long as the app makes its callers wait.
    async fn access_token(&self) -> Option<Token>;

    /// The API accepted the token that was given last: by this computer's clocks (wall clock, time since
    /// boot) it was asked then, and this came back. For apps that listen to it.
    async fn api_accepted(&self, _asked_ms: (i64, i64), _answer: &Reply) {}

    /// The API said 401 to this token. The caller asks once more afterwards.
    async fn api_refused(&self, access: &Token);

    /// The person is asked to sign in: the session is over as far as this app is concerned. Not so
    /// where nobody has ever signed in, or the person has signed out.
    fn asks_for_sign_in(&self) -> bool;

    /// Leaves in good order, as an app does that is closed by its person.
    async fn quit(&self);
}
