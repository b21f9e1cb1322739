//! Builds the requests of OAuth 2.0, by the `oauth2` crate.
//!
//! The crate builds and this app sends. Left to itself it would read the answers, too: strictly,
//! where real servers are not strict; into types that can be serialized, which tokens must not be;
//! and in a loop for device codes. So it is handed a client that takes what it built and answers
//! nothing it could read ([`Desk`]): no answer and no token of a server ever reaches it.

use super::settings::{ClientAuth, OAuthAccount};
use crate::requests::{Unfit, carrier};
use crate::transport::{Outgoing, Payload};
use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use oauth2::basic::BasicClient;
use oauth2::{
    AccessToken, AuthType, AuthorizationCode, ClientId, ClientSecret, DeviceAuthorizationUrl,
    EmptyExtraDeviceAuthorizationFields, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RevocationUrl, Scope, StandardDeviceAuthorizationResponse,
    StandardRevocableToken, SyncHttpClient, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::cell::Cell;
use std::convert::Infallible;
use url::Url;

const UNBUILT: Unfit = "this request cannot be built";
const NO_SECRET: Unfit = "this client's own secret is missing; sign in again to type it";

/// Which token is given back (RFC 7009 section 2.1).
pub(crate) enum Revoked<'a> {
    Refresh(&'a SecretString),
    Access(&'a SecretString),
}

/// What every request of one account is built with.
pub(crate) struct Requests {
    client_id: String,
    confidential: bool,
    auth: AuthType,
    scopes: Vec<String>,
    /// `resource` (RFC 8707 section 2.2) and `audience`, in order.
    targets: Vec<(&'static str, String)>,
    /// The account's own.
    headers: HeaderMap,
}

/// Takes a request from the crate, and answers with an empty refusal: that ends every one of its
/// calls, even the loop around a device code.
#[derive(Default)]
struct Desk(Cell<Option<HttpRequest>>);

impl SyncHttpClient for Desk {
    type Error = Infallible;

    fn call(&self, request: HttpRequest) -> Result<HttpResponse, Infallible> {
        self.0.set(Some(request));
        let mut refusal = HttpResponse::new(Vec::new());
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        Ok(refusal)
    }
}

impl Requests {
    pub(crate) fn of(account: &OAuthAccount, headers: HeaderMap) -> Self {
        let settings = &account.settings;
        let resources = settings.resources.iter().map(|resource| ("resource", resource));
        let audience = Some(("audience", &settings.audience));
        let targets = resources
            .chain(audience)
            .map(|(name, value)| (name, value.trim().to_owned()))
            .filter(|(_, value)| !value.is_empty());
        Self {
            client_id: settings.client_id.trim().to_owned(),
            confidential: settings.confidential,
            auth: client_auth(settings.client_auth, &account.discovered.client_auth_methods),
            scopes: account.scopes(),
            targets: targets.collect(),
            headers,
        }
    }

    /// RFC 6749 section 4.1.3, RFC 7636 section 4.5.
    pub(crate) fn code(
        &self,
        url: &Url,
        code: &SecretString,
        verifier: &SecretString,
        redirect: &Url,
        secret: Option<&SecretString>,
    ) -> Result<Outgoing, Unfit> {
        let client = self.client(secret)?.set_token_uri(TokenUrl::from_url(url.clone()));
        let request = client
            .exchange_code(AuthorizationCode::new(revealed(code)))
            .set_pkce_verifier(PkceCodeVerifier::new(revealed(verifier)))
            .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect.clone())));
        let request = self
            .targets()
            .fold(request, |request, (name, value)| request.add_extra_param(name, value));
        self.built(url, |desk| drop(request.request(desk)))
    }

    /// RFC 6749 section 6. No scope is sent: what was granted stays granted.
    pub(crate) fn refresh(
        &self,
        url: &Url,
        token: &SecretString,
        secret: Option<&SecretString>,
    ) -> Result<Outgoing, Unfit> {
        let client = self.client(secret)?.set_token_uri(TokenUrl::from_url(url.clone()));
        let token = RefreshToken::new(revealed(token));
        let request =
            self.targets().fold(client.exchange_refresh_token(&token), |request, (name, value)| {
                request.add_extra_param(name, value)
            });
        self.built(url, |desk| drop(request.request(desk)))
    }

    /// RFC 8628 section 3.1.
    pub(crate) fn device_code(
        &self,
        url: &Url,
        secret: Option<&SecretString>,
    ) -> Result<Outgoing, Unfit> {
        let asked = DeviceAuthorizationUrl::from_url(url.clone());
        let client = self.client(secret)?.set_device_authorization_url(asked);
        let scopes = self.scopes.iter().cloned().map(Scope::new);
        let request = self
            .targets()
            .fold(client.exchange_device_code().add_scopes(scopes), |request, (name, value)| {
                request.add_extra_param(name, value)
            });
        self.built(url, |desk| {
            drop(request.request::<_, EmptyExtraDeviceAuthorizationFields>(desk));
        })
    }

    /// RFC 8628 section 3.4.
    pub(crate) fn poll(
        &self,
        url: &Url,
        device_code: &SecretString,
        secret: Option<&SecretString>,
    ) -> Result<Outgoing, Unfit> {
        let client = self.client(secret)?.set_token_uri(TokenUrl::from_url(url.clone()));
        // The crate asks for the whole answer in which the code came; only the code is sent.
        let code: StandardDeviceAuthorizationResponse = serde_json::from_value(serde_json::json!({
            "device_code": device_code.expose_secret(),
            "user_code": "",
            "verification_uri": url.as_str(),
            "expires_in": 60,
        }))
        .map_err(|_| UNBUILT)?;
        let request = self
            .targets()
            .fold(client.exchange_device_access_token(&code), |request, (name, value)| {
                request.add_extra_param(name, value)
            });
        self.built(url, |desk| drop(request.request(desk, |_| {}, None)))
    }

    /// RFC 7009 section 2.1.
    pub(crate) fn revoke(
        &self,
        url: &Url,
        token: &Revoked<'_>,
        secret: Option<&SecretString>,
    ) -> Result<Outgoing, Unfit> {
        // The crate refuses http even to this computer. Where it may be used is decided with the
        // settings, for all endpoints alike; the crate is not told.
        let mut secure = url.clone();
        secure.set_scheme("https").map_err(|()| UNBUILT)?;
        let client = self.client(secret)?.set_revocation_url(RevocationUrl::from_url(secure));
        let token: StandardRevocableToken = match token {
            Revoked::Refresh(token) => RefreshToken::new(revealed(token)).into(),
            Revoked::Access(token) => AccessToken::new(revealed(token)).into(),
        };
        let request = client.revoke_token(token).map_err(|_| UNBUILT)?;
        self.built(url, |desk| drop(request.request(desk)))
    }

    /// An API, or userinfo, with the access token as the bearer (RFC 6750 section 2.1).
    pub(crate) fn carrying(&self, url: &Url, access: &SecretString) -> Result<Outgoing, Unfit> {
        let mut headers = self.headers.clone();
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        headers.insert(AUTHORIZATION, carrier("Bearer", access)?);
        Ok(Outgoing { method: Method::GET, url: url.clone(), headers, body: None })
    }

    /// RFC 6749 section 2.3.1. A public client names itself in the body; a secret that is left over
    /// from other settings is not sent.
    fn client(&self, secret: Option<&SecretString>) -> Result<BasicClient, Unfit> {
        let client = BasicClient::new(ClientId::new(self.client_id.clone()));
        match secret.filter(|_| self.confidential) {
            Some(secret) => Ok(client
                .set_client_secret(ClientSecret::new(revealed(secret)))
                .set_auth_type(self.auth.clone())),
            None if self.confidential => Err(NO_SECRET),
            None => Ok(client.set_auth_type(AuthType::RequestBody)),
        }
    }

    fn targets(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.targets.iter().cloned()
    }

    /// What the crate hands over, as it will leave. The account's own headers win over the crate's,
    /// and lose against what says who asks and what the body is.
    fn built(&self, url: &Url, hand_over: impl FnOnce(&Desk)) -> Result<Outgoing, Unfit> {
        let desk = Desk::default();
        hand_over(&desk);
        let (parts, body) = desk.0.into_inner().ok_or(UNBUILT)?.into_parts();
        let body = String::from_utf8(body).map_err(|_| UNBUILT)?;
        let mut headers = self.headers.clone();
        for (name, value) in &parts.headers {
            if name == ACCEPT && headers.contains_key(ACCEPT) {
                continue;
            }
            let mut value = value.clone();
            value.set_sensitive(name == AUTHORIZATION);
            headers.insert(name.clone(), value);
        }
        let body = Some(Payload::Form(body));
        Ok(Outgoing { method: parts.method, url: url.clone(), headers, body })
    }
}

/// How a confidential client proves its secret: in a header, which every server has to know (RFC 6749
/// section 2.3.1, RFC 8414 section 2), unless this one says that it takes it in the body only.
fn client_auth(chosen: ClientAuth, methods: &[String]) -> AuthType {
    let known = |method: &str| methods.iter().any(|known| known == method);
    match chosen {
        ClientAuth::Post => AuthType::RequestBody,
        ClientAuth::AsTheServerSays
            if known("client_secret_post") && !known("client_secret_basic") =>
        {
            AuthType::RequestBody
        }
        ClientAuth::Basic | ClientAuth::AsTheServerSays => AuthType::BasicAuth,
    }
}

/// For the crate, which keeps it until the request is built.
fn revealed(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}
