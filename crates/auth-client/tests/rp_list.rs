//! What the OpenID Foundation asks of a relying party that signs in by code: one test for each way
//! in which a provider can be false, against one that is. Discovery, a browser that follows the
//! link, the redirect, the token endpoint and the keys are all real HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

use auth_client::oauth::{
    BrowserSignIn, Granted, OAuthAccount, OAuthServer, OAuthSettings, PageWords, SignInTrouble,
    Tell, discover,
};
use demo_server::{ALICE, Control, Lie, OpenIdSwitches, Running, SignIn, SigningAlg, Switches};
use engine::Exchange;
use keeper::clock::SystemClock;
use keeper::ports::{
    Answer, ApiVerdict, AuthServer as _, Before, Call, Clock, IdAnswer, IdVerdict, Marks,
};
use keeper::record::IdCheck;
use secrecy::ExposeSecret as _;
use serde_json::json;
use std::sync::Arc;

const ALGS: [SigningAlg; 3] = [SigningAlg::Rs256, SigningAlg::Es256, SigningAlg::EdDsa];

#[tokio::test]
async fn a_true_provider_is_believed_with_each_algorithm() {
    for alg in ALGS {
        let granted = Provider::with(alg, Lie::None).await.sign_in().await.unwrap();
        assert_eq!(granted.answer.id_check, IdCheck::Passed, "{alg:?}");
        assert_eq!(granted.answer.identity.unwrap().user, ALICE.username, "{alg:?}");
    }
}

#[tokio::test]
async fn times_may_be_told_as_fractions() {
    let provider = Provider::with(SigningAlg::Es256, Lie::None).await;
    provider.set(json!({"floatNumbers": true})).await;
    let granted = provider.sign_in().await.unwrap();
    assert!(provider.renewed(&granted).await.is_good());
}

#[tokio::test]
async fn a_provider_whose_clock_is_an_hour_ahead_is_believed() {
    for hours in [1, -1] {
        let provider = Provider::with(SigningAlg::Es256, Lie::None).await;
        let change = json!({"clockOffsetMs": hours * 3_600_000});
        provider.control().patch_switches(change).await.unwrap();
        let granted = provider.sign_in().await.unwrap();
        assert!(provider.renewed(&granted).await.is_good(), "{hours}");
    }
}

#[tokio::test]
async fn metadata_of_another_issuer_end_the_sign_in_before_the_browser_opens() {
    let provider = Provider::with(SigningAlg::Es256, Lie::WrongIssuerInDiscovery).await;
    let trouble = provider.discovered().await.unwrap_err();
    assert!(!matches!(trouble, SignInTrouble::TimedOut), "{trouble:?}");
    assert!(format!("{trouble:?}").contains("elsewhere"), "{trouble:?}");
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    refused(Lie::WrongIssuerInToken, "iss is").await;
}

#[tokio::test]
async fn a_token_for_nobody_is_refused() {
    refused(Lie::AudMissing, "aud is missing").await;
}

#[tokio::test]
async fn a_token_for_another_client_is_refused() {
    refused(Lie::AudWrong, "aud is \"another-client\"").await;
}

#[tokio::test]
async fn a_token_for_us_that_was_given_to_another_is_refused() {
    refused(Lie::AzpWrong, "azp is \"another-client\"").await;
}

#[tokio::test]
async fn a_token_that_has_ended_is_refused() {
    refused(Lie::Expired, "exp is").await;
}

#[tokio::test]
async fn a_token_without_an_end_is_refused() {
    refused(Lie::NoExp, "exp is missing").await;
}

#[tokio::test]
async fn a_token_without_a_beginning_is_refused() {
    refused(Lie::NoIat, "iat is missing").await;
}

#[tokio::test]
async fn a_token_without_our_nonce_is_refused() {
    refused(Lie::NonceMissing, "nonce is missing").await;
}

#[tokio::test]
async fn a_token_with_another_nonce_is_refused() {
    refused(Lie::NonceWrong, "nonce is").await;
}

#[tokio::test]
async fn a_bad_signature_is_refused_with_each_algorithm() {
    for alg in ALGS {
        refused_with(alg, Lie::BadSignature, "signature is not by the server's key").await;
    }
}

#[tokio::test]
async fn a_token_that_is_not_signed_is_refused() {
    for alg in ALGS {
        refused_with(alg, Lie::AlgNone, "alg is none").await;
    }
}

#[tokio::test]
async fn a_public_key_used_as_a_shared_one_is_refused() {
    for alg in ALGS {
        refused_with(alg, Lie::Hs256, "alg is \"HS256\"").await;
    }
}

#[tokio::test]
async fn a_token_that_names_no_key_is_believed_where_there_is_one() {
    for alg in ALGS {
        let granted = Provider::with(alg, Lie::KidMissing).await.sign_in().await.unwrap();
        assert_eq!(granted.answer.id_check, IdCheck::Passed, "{alg:?}");
    }
}

#[tokio::test]
async fn a_token_that_names_no_key_is_refused_where_there_are_several() {
    for alg in ALGS {
        refused_with(alg, Lie::KidMissingSeveralKeys, "kid is missing").await;
    }
}

#[tokio::test]
async fn a_token_by_a_key_that_nobody_published_is_refused() {
    refused(Lie::KidUnknown, "kid is \"never-published\", and the server has no such key").await;
}

#[tokio::test]
async fn a_token_of_nobody_is_refused() {
    refused(Lie::NoSub, "sub is missing").await;
}

#[tokio::test]
async fn a_token_for_another_access_token_is_refused() {
    for alg in ALGS {
        refused_with(alg, Lie::AtHashWrong, "at_hash is not that of the access token").await;
    }
}

#[tokio::test]
async fn a_sign_in_for_openid_without_an_id_token_is_refused() {
    refused(Lie::NoIdToken, "none came").await;
}

#[tokio::test]
async fn keys_that_were_changed_are_fetched_anew() {
    for keep_old in [true, false] {
        let provider = Provider::with(SigningAlg::Es256, Lie::None).await;
        let granted = provider.sign_in().await.unwrap();
        let server = provider.server().await;
        let renewed = provider.renewed_by(&server, &granted.answer).await;
        assert!(renewed.is_good());
        provider.control().rotate_keys(keep_old).await.unwrap();
        let again = provider.renewed_by(&server, &renewed.answer).await;
        assert!(again.is_good(), "{:?}", again.checked);
        let urls: Vec<_> = again.checked.exchanges.iter().map(|it| it.url.clone()).collect();
        assert_eq!(urls.len(), 1, "the keys, once more: {urls:?}");
    }
}

#[tokio::test]
async fn a_refresh_for_somebody_else_or_from_elsewhere_is_bad() {
    for (lie, word) in [
        (Lie::OtherSubOnRefresh, "sub is \"somebody-else\""),
        (Lie::OtherIssOnRefresh, "iss is"),
        (Lie::OtherAudOnRefresh, "aud is \"another-client\""),
        (Lie::BadSignature, "signature"),
        (Lie::Expired, "exp is"),
        (Lie::AtHashWrong, "at_hash"),
    ] {
        let provider = Provider::with(SigningAlg::Es256, Lie::None).await;
        let granted = provider.sign_in().await.unwrap();
        provider.set(json!({ "lie": lie })).await;
        let renewed = provider.renewed(&granted).await;
        let IdVerdict::Bad(exchange) = &renewed.checked.verdict else {
            panic!("{lie:?}: {:?}", renewed.checked.verdict)
        };
        assert!(exchange.detail.contains(word), "{lie:?}: {}", exchange.detail);
        holds_no_token(exchange, &renewed.answer);
    }
}

#[tokio::test]
async fn a_refresh_without_an_id_token_has_nothing_to_check() {
    let provider = Provider::with(SigningAlg::Es256, Lie::None).await;
    let granted = provider.sign_in().await.unwrap();
    provider.set(json!({"refreshGivesIdToken": false})).await;
    let server = provider.server().await;
    let (tokens, marks) = (&granted.answer.tokens, Marks::fresh());
    let renewed = server.refresh(tokens, Call::default(), &marks).await.unwrap();
    assert_eq!(renewed.id_check, IdCheck::Passed);
}

#[tokio::test]
async fn userinfo_of_somebody_else_confirms_nothing() {
    let provider = Provider::with(SigningAlg::Es256, Lie::None).await;
    let granted = provider.sign_in().await.unwrap();
    let server = provider.server().await;
    let (tokens, marks) = (&granted.answer.tokens, Marks::fresh());
    let said = server.confirm(tokens, &marks).await.unwrap();
    assert_eq!(said.verdict, ApiVerdict::Accepted, "{}", said.exchange.detail);
    provider.set(json!({"lie": "userinfoOtherSub"})).await;
    let said = server.confirm(tokens, &marks).await.unwrap();
    assert_eq!(said.verdict, ApiVerdict::SaysNothing);
    let detail = &said.exchange.detail;
    assert!(detail.contains("not of this session: its sub is not the ID token's"), "{detail}");
}

/// A sign-in at a provider that tells this lie is refused, in these words, and what was granted with
/// it was given back.
async fn refused(lie: Lie, word: &str) {
    refused_with(SigningAlg::Es256, lie, word).await;
}

async fn refused_with(alg: SigningAlg, lie: Lie, word: &str) {
    let provider = Provider::with(alg, lie).await;
    match provider.sign_in().await {
        Err(SignInTrouble::IdToken(exchange)) => {
            assert!(exchange.detail.contains(word), "{alg:?} {lie:?}: {}", exchange.detail);
        }
        other => panic!("{alg:?} {lie:?}: {other:?}"),
    }
    let living = provider.control().snapshot().await.unwrap().living_sessions;
    assert_eq!(living, 0, "{alg:?} {lie:?}: what was granted was not given back");
}

fn holds_no_token(exchange: &Exchange, answer: &Answer) {
    let all = format!("{exchange:?}");
    let tokens = [Some(&answer.tokens.access), answer.tokens.id.as_ref()];
    for token in tokens.into_iter().flatten() {
        assert!(!all.contains(token.expose_secret()), "{all}");
    }
}

/// What a refresh has brought, and what its ID token is worth.
struct Renewed {
    answer: Answer,
    checked: IdAnswer,
}

impl Renewed {
    fn is_good(&self) -> bool {
        self.answer.id_check == IdCheck::Pending && matches!(self.checked.verdict, IdVerdict::Good)
    }
}

struct Provider {
    running: Running,
    clock: Arc<dyn Clock>,
}

impl Provider {
    async fn with(alg: SigningAlg, lie: Lie) -> Self {
        let sign_in = SignIn::Automatic;
        let openid = OpenIdSwitches { alg, lie, sign_in, ..OpenIdSwitches::default() };
        let switches = Switches { openid, ..Switches::default() };
        let running = Running::in_memory(switches, demo_server::Clock::system()).await.unwrap();
        Self { running, clock: Arc::new(SystemClock::new()) }
    }

    fn control(&self) -> Control {
        self.running.control()
    }

    async fn set(&self, openid: serde_json::Value) {
        self.control().patch_switches(json!({ "openid": openid })).await.unwrap();
    }

    fn settings(&self) -> OAuthSettings {
        OAuthSettings {
            issuer: format!("{}/openid", self.running.base_url()),
            client_id: "demo".into(),
            ..OAuthSettings::default()
        }
    }

    async fn discovered(&self) -> Result<OAuthAccount, SignInTrouble> {
        let settings = self.settings();
        let discovered = discover(&settings, Arc::clone(&self.clock), &heard()).await?;
        Ok(OAuthAccount { settings, discovered })
    }

    /// Signs in, with a browser that goes where it is sent.
    async fn sign_in(&self) -> Result<Granted, SignInTrouble> {
        let (account, clock) = (self.discovered().await?, Arc::clone(&self.clock));
        let sign_in = BrowserSignIn::begin(account, None, words(), clock, heard()).await?;
        let link = sign_in.link().clone();
        let browser =
            tokio::spawn(async move { reqwest::get(link).await.map(|page| page.status()) });
        let granted = sign_in.finish(|| ()).await;
        assert!(browser.await.unwrap().unwrap().is_success());
        granted
    }

    async fn server(&self) -> OAuthServer {
        OAuthServer::new(self.discovered().await.unwrap(), Arc::clone(&self.clock)).unwrap()
    }

    async fn renewed(&self, granted: &Granted) -> Renewed {
        self.renewed_by(&self.server().await, &granted.answer).await
    }

    async fn renewed_by(&self, server: &OAuthServer, before: &Answer) -> Renewed {
        let (before, marks) = (&before.tokens, Marks::fresh());
        let answer = server.refresh(before, Call::default(), &marks).await.unwrap();
        let before = Before { id: before.id.as_ref(), user: "" };
        let checked = server.check_id(&answer.tokens, before, &marks).await;
        Renewed { answer, checked }
    }
}

fn heard() -> Tell {
    Arc::new(|_| ())
}

fn words() -> PageWords {
    PageWords {
        lang: "en".into(),
        done: "Signed in".into(),
        done_hint: "Go back to the app".into(),
        failed: "Not signed in".into(),
        failed_hint: "Try again in the app".into(),
    }
}
