//! An OAuth server, as the keeper asks it: refresh, revocation, an API, userinfo.

use super::id_check::IdCheck;
use super::places::{Place, usable};
use super::settings::OAuthAccount;
use super::token::{TokenEndpoint, learn, sample};
use super::userinfo;
use crate::api::{self, Said};
use crate::classify::{Asking, Body, Dialect};
use crate::evidence::{self, Told};
use crate::plan::SettingsProblem;
use crate::redact::Redactor;
use async_trait::async_trait;
use engine::{Exchange, Failure};
use keeper::ports::{
    Answer, ApiAnswer, ApiVerdict, AuthServer, Before, Call, Clock, Credentials, IdAnswer, Marks,
};
use keeper::record::Tokens;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;
use url::Url;

/// An OAuth server, asked as one account's settings and its own word say.
///
/// Every call makes at most one request and repeats nothing: that is the engine's to decide.
pub struct OAuthServer {
    account: OAuthAccount,
    endpoint: TokenEndpoint,
    /// To be told of every answer with an ID token ([`IdCheck::came`]).
    keys: IdCheck,
}

impl fmt::Debug for OAuthServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuer = &self.account.settings.issuer;
        f.debug_struct("OAuthServer").field("issuer", issuer).finish_non_exhaustive()
    }
}

impl OAuthServer {
    /// Checks the settings and gets ready. Nothing is sent.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn new(account: OAuthAccount, clock: Arc<dyn Clock>) -> Result<Self, SettingsProblem> {
        let keys = IdCheck::new(&account, Arc::clone(&clock))?;
        let endpoint = TokenEndpoint::new(account.clone(), clock)?;
        Ok(Self { account, endpoint, keys })
    }

    /// Where the browser signs out (OpenID Connect RP-Initiated Logout section 2); `None` where the
    /// server offers no such page.
    ///
    /// The ID token stands in the link, so it is made only for somebody who wants to sign out there,
    /// and is neither shown nor kept. Without `post_logout_redirect_uri`: the session here has ended
    /// already, and the browser has nowhere to come back to.
    #[must_use]
    pub fn logout_link(&self, id_token: Option<&SecretString>) -> Option<Url> {
        let end = self.account.endpoints().end_session;
        let mut link = usable(&end, &self.account.settings.network).ok()?;
        if let Some(hint) = id_token {
            link.query_pairs_mut().append_pair("id_token_hint", hint.expose_secret());
        }
        let client = self.account.settings.client_id.trim();
        link.query_pairs_mut().append_pair("client_id", client);
        Some(link)
    }

    /// Carries the access token there. Where an ID token is given, the answer has to be about its
    /// subject; an answer that is a JWT of its own is asked no more than that it came.
    async fn carry(
        &self,
        place: &Place,
        access: &SecretString,
        id_token: Option<&SecretString>,
        mut redactor: Redactor,
    ) -> ApiAnswer {
        let sent = match self.endpoint.requests.carrying(&place.url, access) {
            Ok(sent) => sent,
            Err(why) => return api::unsaid(self.endpoint.unfit(why).exchange),
        };
        let (timing, outcome) = place.send(&sent, false).await;
        let came = match outcome {
            Ok(came) => came,
            Err(lost) => {
                let (told, detail) = (Told::Whole, &lost.detail);
                let exchange =
                    evidence::exchange(&sent, timing, None, &redactor, told, None, detail);
                return api::unsaid(exchange);
            }
        };
        let body = Body::in_oauth(&came);
        learn(&body, &mut redactor);
        let mut said = api::verdict(&came, &body, Dialect::of_oauth(Asking::Refresh));
        if said.verdict == ApiVerdict::Accepted
            && let (Some(json), Some(id_token)) = (body.json(), id_token)
            && let Err(mistake) = userinfo::subject_fits(json, id_token)
        {
            let detail = format!("{}, but not of this session: {mistake}", came.status);
            said = Said { verdict: ApiVerdict::SaysNothing, detail, ..said };
        }
        let clock = said.ours.then(|| sample(&came, timing)).flatten();
        // An answer about somebody else is nobody's business either.
        let good = (200..300).contains(&came.status) && !body.is_html();
        let told = if good { Told::Shape } else { Told::Whole };
        let came = Some((&came, &body));
        let Said { verdict, code, detail, .. } = said;
        let exchange = evidence::exchange(&sent, timing, came, &redactor, told, code, &detail);
        ApiAnswer { verdict, exchange, clock }
    }
}

#[async_trait]
impl AuthServer for OAuthServer {
    /// Nobody signs in here by password: see [`super::BrowserSignIn`] and [`super::DeviceSignIn`].
    async fn sign_in(&self, _: &Credentials, _: &Marks) -> Result<Answer, Box<Failure>> {
        Err(self
            .endpoint
            .unfit("one signs in to this server in the browser, not by a password here"))
    }

    async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        let answer = self.endpoint.refresh(tokens, call, marks).await?;
        self.keys.came(&answer);
        Ok(answer)
    }

    /// One request, for the refresh token (RFC 7009). Revoking it ends the access token too at most
    /// servers (section 2.1). A server that does not revoke refresh tokens says so
    /// (`unsupported_token_type`, section 2.2.1), and no more is tried.
    async fn sign_out(
        &self,
        tokens: &Tokens,
        marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>> {
        self.endpoint.revoke(tokens, marks).await
    }

    async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer> {
        let places = &self.endpoint.places;
        let place = places.api.as_ref().or(places.userinfo.as_ref())?;
        let mut redactor = self.endpoint.redactor(marks, None);
        redactor.token(access.expose_secret());
        Some(self.carry(place, access, None, redactor).await)
    }

    /// Userinfo, which has to be about the subject of the ID token (OpenID Connect Core section
    /// 5.3.2); else the account's API.
    async fn confirm(&self, tokens: &Tokens, marks: &Marks) -> Option<ApiAnswer> {
        let places = &self.endpoint.places;
        let redactor = self.endpoint.looking_for(tokens, marks);
        let (place, id_token) = match (&places.userinfo, &places.api) {
            (Some(userinfo), _) => (userinfo, tokens.id.as_ref()),
            (None, Some(api)) => (api, None),
            (None, None) => return None,
        };
        Some(self.carry(place, &tokens.access, id_token, redactor).await)
    }

    async fn check_id(&self, tokens: &Tokens, before: Before<'_>, marks: &Marks) -> IdAnswer {
        self.keys.check(&self.account, tokens, before, marks).await
    }
}
