//! The authorization request (RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core section 3.1.2.1).

use super::places::usable;
use super::settings::OAuthAccount;
use crate::plan::SettingsProblem;
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use secrecy::SecretString;
use std::borrow::Cow;
use url::Url;

/// As many random bytes are in `state` and `nonce` as in the verifier.
const RANDOM_BYTES: u32 = 32;
/// Parameters that nobody adds. The first ones are the request's own; the others would replace it
/// (RFC 9101), or send the answer where nobody listens.
const OURS: [&str; 11] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "request",
    "request_uri",
];

/// A request that waits for its answer. No `Debug`: it holds secrets.
pub(super) struct Authorization {
    /// Where the browser goes.
    pub(super) link: Url,
    /// What the answer has to carry.
    pub(super) state: String,
    /// What the ID token has to carry, where one is asked for.
    pub(super) nonce: Option<SecretString>,
    /// What the code is exchanged with (RFC 7636 section 4.1).
    pub(super) verifier: SecretString,
}

/// Makes a request whose answer comes to `redirect`. Everything random in it is fresh.
///
/// # Errors
/// The setting of which no request can be made.
pub(super) fn request(
    account: &OAuthAccount,
    redirect: &Url,
) -> Result<Authorization, SettingsProblem> {
    let page = page(account)?;
    let settings = &account.settings;
    let client_id = settings.client_id.trim();
    if client_id.is_empty() {
        return Err(problem("clientId", "the name of this app at the server is missing"));
    }
    let scopes = account.scopes();
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let nonce = account.asks_for_id_token().then(random);
    let state = random();

    let client = BasicClient::new(ClientId::new(client_id.to_owned()))
        .set_auth_uri(AuthUrl::from_url(without_ours(page)));
    let mut request = client
        .authorize_url(|| CsrfToken::new(state.clone()))
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect.clone())))
        .set_pkce_challenge(challenge)
        .add_scopes(scopes.iter().cloned().map(Scope::new));
    for (name, value) in chosen(account, &scopes, nonce.as_deref()) {
        request = request.add_extra_param(name, value);
    }
    let (link, _) = request.url();
    let verifier = SecretString::from(verifier.into_secret());
    Ok(Authorization { link, state, nonce: nonce.map(SecretString::from), verifier })
}

/// 256 random bits as text that stands in an address as it is.
fn random() -> String {
    CsrfToken::new_random_len(RANDOM_BYTES).into_secret()
}

/// The parameters that `oauth2` does not know of. What the settings add comes last and replaces nothing.
fn chosen(account: &OAuthAccount, scopes: &[String], nonce: Option<&str>) -> Vec<(String, String)> {
    let settings = &account.settings;
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    };
    add("nonce", nonce.unwrap_or_default());
    add("prompt", prompt(account, scopes));
    for resource in &settings.resources {
        add("resource", resource.trim());
    }
    add("audience", settings.audience.trim());
    let free = |name: &str, taken: &[(String, String)]| {
        !name.is_empty() && !OURS.contains(&name) && !taken.iter().any(|(taken, _)| taken == name)
    };
    let added: Vec<_> = settings
        .parameters
        .iter()
        .map(|it| (it.name.trim().to_owned(), it.value.clone()))
        .filter(|(name, _)| free(name, &pairs))
        .collect();
    pairs.extend(added);
    pairs
}

/// `offline_access` wants the person's consent (OpenID Connect Core section 11); a server that says
/// which prompts it knows is not asked for another.
fn prompt<'a>(account: &'a OAuthAccount, scopes: &[String]) -> &'a str {
    let chosen = account.settings.prompt.trim();
    let known = &account.discovered.prompts;
    let offline = scopes.iter().any(|scope| scope == "offline_access");
    let consent = known.is_empty() || known.iter().any(|prompt| prompt == "consent");
    if chosen.is_empty() && offline && consent { "consent" } else { chosen }
}

/// The authorization endpoint. A person types a password there: what holds for tokens holds for it.
fn page(account: &OAuthAccount) -> Result<Url, SettingsProblem> {
    usable(&account.endpoints().authorization, &account.settings.network)
        .map_err(|why| problem("endpoints.authorization", why))
}

/// The endpoint's own query stays (RFC 6749 section 3.1), but for names that must be there once.
fn without_ours(page: Url) -> Url {
    let is_ours = |name: &str| OURS.contains(&name);
    if !page.query_pairs().any(|(name, _)| is_ours(&name)) {
        return page;
    }
    let mut cleaned = page.clone();
    cleaned
        .query_pairs_mut()
        .clear()
        .extend_pairs(page.query_pairs().filter(|(name, _)| !is_ours(name)));
    cleaned
}

pub(super) fn problem(field: &str, message: &str) -> SettingsProblem {
    SettingsProblem { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests;
