//! The authorization request (RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core section 3.1.2.1).

use super::settings::OAuthAccount;
use crate::plan::{SettingsProblem, is_loopback};
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

/// The scopes to ask for: those of the settings, or else `openid` and `offline_access` where the server
/// has them.
pub(super) fn scopes(account: &OAuthAccount) -> Vec<String> {
    let chosen = account.settings.scopes.iter().flat_map(|scope| scope.split_whitespace());
    let chosen: Vec<String> = chosen.map(str::to_owned).collect();
    if !chosen.is_empty() {
        return chosen;
    }
    let told = &account.discovered;
    let offline = told.scopes.iter().any(|scope| scope == "offline_access");
    let both = [(told.openid, "openid"), (offline, "offline_access")];
    both.into_iter().filter(|(there, _)| *there).map(|(_, scope)| scope.to_owned()).collect()
}

/// Whether an ID token is asked for.
pub(super) fn asks_for_id_token(account: &OAuthAccount) -> bool {
    scopes(account).iter().any(|scope| scope == "openid")
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
    let scopes = scopes(account);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let nonce = asks_for_id_token(account).then(random);
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

/// The authorization endpoint. A person types a password there: it is asked by TLS, or on this
/// computer, or on the one host that was named for plain http.
fn page(account: &OAuthAccount) -> Result<Url, SettingsProblem> {
    let text = account.endpoints().authorization;
    let named = account.settings.network.http_to.trim();
    let why = match Url::parse(text.trim()) {
        _ if text.trim().is_empty() => "this server names no page to sign in at; type its address",
        Err(_) => "this is no address; write https://auth.example.com/authorize",
        Ok(url) if !url.has_host() => "this address names no server",
        // RFC 6749 section 3.1.
        Ok(url) if url.fragment().is_some() => "leave out what stands after #",
        Ok(url) => {
            let by_name = url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(named));
            match url.scheme() {
                "https" => return Ok(url),
                "http" if is_loopback(&url) || by_name => return Ok(url),
                _ => "write https://",
            }
        }
    };
    Err(problem("endpoints.authorization", why))
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
