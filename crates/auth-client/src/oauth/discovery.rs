//! What a server says of itself (OpenID Connect Discovery section 4, RFC 8414 section 3).

use super::settings::{Discovered, OAuthSettings};
use super::{SignInTrouble, Tell};
use crate::plan::SettingsProblem;
use keeper::ports::Clock;
use std::sync::Arc;

/// Reads both documents of the issuer, where they are; what neither tells has to be typed over.
///
/// # Errors
/// [`SignInTrouble::Settings`] and [`SignInTrouble::Failed`].
pub async fn discover(
    settings: &OAuthSettings,
    clock: Arc<dyn Clock>,
    tell: &Tell,
) -> Result<Discovered, SignInTrouble> {
    let _ = (settings, clock, tell);
    Err(SettingsProblem { field: "issuer".into(), message: "not read yet".into() }.into())
}
