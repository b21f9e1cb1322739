//! What the keeper is told of an ID token that a refresh has brought.

use super::super::id_token::forge::{
    ACCESS, CLIENT, ISSUER, KeyServer, NOON, NOON_S, Pen, but, good,
};
use super::*;
use crate::oauth::OAuthServer;
use engine::{Boot, ClockSample, Exchange, HOUR, Lifetime, Now};
use keeper::ports::AuthServer as _;
use keeper::record::RenewalSecret;
use serde_json::{Value, json};

fn account(server: &KeyServer) -> OAuthAccount {
    let mut account = OAuthAccount::default();
    account.settings.client_id = CLIENT.into();
    account.settings.issuer = "https://as-typed.test".into();
    account.discovered.issuer = ISSUER.into();
    account.discovered.endpoints.jwks = server.url.clone();
    account.discovered.endpoints.token = format!("{}/token?tenant=7", server.url);
    account
}

fn tokens(pen: &Pen, claims: &Value) -> Tokens {
    let id = pen.write(&json!({"alg": "ES256", "kid": "k1"}), claims);
    let renewal = RenewalSecret::RefreshToken("the-refresh-token".into());
    Tokens { id: Some(id), ..Tokens::new(ACCESS.into(), renewal) }
}

fn of(before: &Tokens) -> Before<'_> {
    Before { id: before.id.as_ref(), user: "subject-1" }
}

fn bad(answer: IdAnswer) -> Exchange {
    let IdVerdict::Bad(exchange) = answer.verdict else { panic!("{answer:?}") };
    *exchange
}

fn is_good(answer: &IdAnswer) -> bool {
    matches!(answer.verdict, IdVerdict::Good)
}

/// An answer that brought these tokens, by a clock that is so far behind the server's.
fn answer(tokens: &Tokens, offset_ms: i64) -> Answer {
    Answer {
        tokens: tokens.clone(),
        asked: Now { wall: Wall(NOON), boot: Boot(0) },
        lifetime: Lifetime::Told(HOUR),
        refresh_in_ms: None,
        refresh_lifetime_ms: None,
        identity: None,
        id_check: keeper::record::IdCheck::Pending,
        exchange: Exchange::default(),
        clock: Some(ClockSample { offset_ms, bound_ms: 500 }),
    }
}

#[tokio::test]
async fn a_refresh_of_the_same_person_is_good_and_tells_the_request_for_keys() {
    let pen = Pen::p256();
    let keys = KeyServer::with(&[pen.jwk("k1")]).await;
    let server = OAuthServer::new(account(&keys), keys.clock()).unwrap();
    let (before, after) = (tokens(&pen, &good()), tokens(&pen, &but(json!({"nonce": null}))));
    let answer = server.check_id(&after, of(&before), &Marks::fresh()).await;
    assert!(is_good(&answer), "{answer:?}");
    assert_eq!(answer.exchanges.len(), 1);
    let again = server.check_id(&after, Before::default(), &Marks::fresh()).await;
    assert!(is_good(&again) && again.exchanges.is_empty());
    let none = Tokens { id: None, ..after };
    assert!(is_good(&server.check_id(&none, Before::default(), &Marks::fresh()).await));
}

#[tokio::test]
async fn a_refresh_for_somebody_else_is_bad_and_its_evidence_holds_no_token() {
    let pen = Pen::p256();
    let keys = KeyServer::with(&[pen.jwk("k1")]).await;
    let server = OAuthServer::new(account(&keys), keys.clock()).unwrap();
    let before = tokens(&pen, &good());
    for secret in [ACCESS, "the-refresh-token"] {
        let after = tokens(&pen, &but(json!({ "sub": secret })));
        let exchange = bad(server.check_id(&after, of(&before), &Marks::fresh()).await);
        assert!(exchange.detail.starts_with("the ID token cannot be trusted: sub is \"‹token "));
        assert!(exchange.detail.ends_with("and was \"subject-1\" before the refresh"));
        assert_eq!(exchange.url, format!("{}/token", keys.url));
        let all = format!("{exchange:?}");
        let id = after.id.as_ref().unwrap().expose_secret();
        assert!(!all.contains(secret) && !all.contains(id), "{all}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_no_failed_check() {
    let pen = Pen::p256();
    let keys = KeyServer::with(&[]).await;
    keys.answers(500, "", "");
    let server = OAuthServer::new(account(&keys), keys.clock()).unwrap();
    let answer = server.check_id(&tokens(&pen, &good()), Before::default(), &Marks::fresh()).await;
    assert!(matches!(answer.verdict, IdVerdict::NoKeys(_)), "{answer:?}");
    assert_eq!(answer.exchanges.len(), 1);
}

#[tokio::test]
async fn what_is_checked_late_is_judged_by_the_moment_it_came() {
    let pen = Pen::p256();
    let keys = KeyServer::with(&[pen.jwk("k1")]).await;
    let account = account(&keys);
    let ids = IdCheck::new(&account, keys.clock()).unwrap();
    // Over when it came: the server's clock says so, and this computer's does not.
    let over = tokens(&pen, &but(json!({"iat": NOON_S, "exp": NOON_S + 300})));
    ids.came(&answer(&over, HOUR));
    let detail = bad(ids.check(&account, &over, Before::default(), &Marks::fresh()).await).detail;
    assert!(detail.contains("exp is"), "{detail}");
    // Good when it came, and checked two hours later.
    let fine = tokens(&pen, &but(json!({"iat": NOON_S + 3_600, "exp": NOON_S + 3_900})));
    ids.came(&answer(&fine, HOUR));
    keys.clock.advance(2 * HOUR);
    assert!(is_good(&ids.check(&account, &fine, Before::default(), &Marks::fresh()).await));
}

#[tokio::test]
async fn after_a_restart_this_computers_clock_is_not_held_against_it() {
    let pen = Pen::p256();
    let keys = KeyServer::with(&[pen.jwk("k1")]).await;
    let account = account(&keys);
    let ids = IdCheck::new(&account, keys.clock()).unwrap();
    let pending = tokens(&pen, &good());
    keys.clock.advance(48 * HOUR);
    assert!(is_good(&ids.check(&account, &pending, Before::default(), &Marks::fresh()).await));
    keys.clock.set_wall_forward(-96 * HOUR);
    assert!(is_good(&ids.check(&account, &pending, Before::default(), &Marks::fresh()).await));
    let never = tokens(&pen, &but(json!({"exp": NOON_S - 600})));
    let detail = bad(ids.check(&account, &never, Before::default(), &Marks::fresh()).await).detail;
    assert!(detail.contains("exp is"), "over before it was made: {detail}");
}

#[tokio::test]
async fn the_issuer_is_what_the_server_calls_itself() {
    let pen = Pen::p256();
    let keys = KeyServer::with(&[pen.jwk("k1")]).await;
    let mut account = account(&keys);
    let typed = tokens(&pen, &but(json!({"iss": "https://as-typed.test"})));
    let ids = IdCheck::new(&account, keys.clock()).unwrap();
    assert!(
        bad(ids.check(&account, &typed, Before::default(), &Marks::fresh()).await)
            .detail
            .contains("iss is")
    );
    account.discovered.issuer = String::new();
    assert!(is_good(&ids.check(&account, &typed, Before::default(), &Marks::fresh()).await));
}

#[tokio::test]
async fn an_address_of_keys_that_cannot_be_used_is_a_problem_only_where_it_was_typed() {
    let pen = Pen::p256();
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let mut account = account(&server);
    account.discovered.endpoints.jwks = "http://keys.test/".into();
    let ids = IdCheck::new(&account, server.clock()).unwrap();
    let told =
        ids.check(&account, &tokens(&pen, &good()), Before::default(), &Marks::fresh()).await;
    assert!(bad(told).detail.contains("names no place for the keys"));
    account.settings.endpoints.jwks = "http://keys.test/".into();
    let problem = IdCheck::new(&account, server.clock()).err().unwrap();
    assert_eq!(problem.field, "endpoints.jwks");
}
