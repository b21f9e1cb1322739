//! What is read from a good answer: tokens, lifetimes and hints, in every form that servers use.

use crate::common::{Fake, NOON, NOON_TEXT, answer, json, jwt, tokens, told};
use auth_client::oauth::OAuthSettings;
use engine::{ClockSample, Lifetime};
use keeper::ports::{Answer, AuthServer as _, Call, Marks};
use keeper::record::{IdCheck, RenewalSecret, Tokens};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json as value};

/// A session with everything in it.
fn whole() -> Tokens {
    Tokens { id: Some("old-id".into()), client_secret: Some("the-secret".into()), ..tokens() }
}

async fn refreshed(bytes: Vec<u8>, call: Call) -> Answer {
    let fake = Fake::giving(vec![bytes]).await;
    let server = fake.oauth(OAuthSettings::default());
    server.refresh(&whole(), call, &Marks::fresh()).await.unwrap()
}

/// The answer with these members, and an access token; it is noon there.
async fn with(mut members: Value) -> Answer {
    members.as_object_mut().unwrap().entry("access_token").or_insert("new".into());
    let headers = [("Content-Type", "application/json"), ("Date", NOON_TEXT)];
    refreshed(answer(200, &headers, members.to_string()), Call::default()).await
}

#[tokio::test]
async fn what_an_answer_leaves_out_stays_as_it_was() {
    for members in [
        value!({}),
        value!({"refresh_token": null, "id_token": null, "scope": null}),
        value!({"refresh_token": "", "id_token": "", "scope": ""}),
    ] {
        let answer = with(members).await;
        assert_eq!(answer.tokens.access.expose_secret(), "new");
        assert_eq!(told(&answer.tokens.renewal), "token old-refresh");
        assert_eq!(answer.tokens.id.unwrap().expose_secret(), "old-id");
        assert_eq!(answer.tokens.client_secret.unwrap().expose_secret(), "the-secret");
        assert_eq!(answer.id_check, IdCheck::Passed);
        assert!(answer.identity.is_none(), "an ID token is believed once it was checked");
    }
}

#[tokio::test]
async fn what_an_answer_brings_is_new_and_its_id_token_is_still_to_be_checked() {
    let members = value!({"refresh_token": "r2", "id_token": "id2", "scope": "openid"});
    let answer = with(members).await;
    assert_eq!(told(&answer.tokens.renewal), "token r2");
    assert_eq!(answer.tokens.id.unwrap().expose_secret(), "id2");
    assert_eq!(answer.tokens.client_secret.unwrap().expose_secret(), "the-secret");
    assert_eq!(answer.id_check, IdCheck::Pending);
}

#[tokio::test]
async fn an_answer_as_a_form_is_read_like_json() {
    let body = "access_token=a%2Bb&refresh_token=r2&expires_in=3600&refresh_in=1800&scope=a+b";
    let answer = refreshed(answer(200, &[], body), Call::default()).await;
    assert_eq!(answer.tokens.access.expose_secret(), "a+b");
    assert_eq!(told(&answer.tokens.renewal), "token r2");
    assert_eq!(answer.lifetime, Lifetime::Told(3_600_000));
    assert_eq!(answer.refresh_in_ms, Some(1_800_000));
}

#[tokio::test]
async fn a_lifetime_is_read_in_every_form_and_expires_in_wins() {
    let unknown = |words: &str| Lifetime::Unknown(Some(words.into()));
    let in_20_s = NOON / 1_000 + 20;
    for (members, lifetime) in [
        (value!({"expires_in": 3600}), Lifetime::Told(3_600_000)),
        (value!({"expires_in": "3600"}), Lifetime::Told(3_600_000)),
        (value!({"expires_in": 3599.7}), Lifetime::Told(3_599_700)),
        (value!({}), Lifetime::Unknown(None)),
        (value!({"expires_in": null}), Lifetime::Unknown(None)),
        (value!({"expires_in": 0}), unknown("0")),
        (value!({"expires_in": -1}), unknown("-1")),
        (value!({"expires_in": "soon"}), unknown("soon")),
        (value!({"expires_in": in_20_s}), unknown(&in_20_s.to_string())),
        (value!({"expires_in": 30, "expires_at": in_20_s}), Lifetime::Told(30_000)),
        (value!({"expires_in": 30, "ext_expires_in": 262_800}), Lifetime::Told(30_000)),
        (value!({"ext_expires_in": 262_800}), Lifetime::Unknown(None)),
        (value!({"expires_in": 0, "expires_at": in_20_s}), Lifetime::Told(20_000)),
        (value!({"expires_at": in_20_s}), Lifetime::Told(20_000)),
        (value!({"expires_at": in_20_s * 1_000}), Lifetime::Told(20_000)),
        (value!({"expires_at": "2025-11-23T12:00:20Z"}), Lifetime::Told(20_000)),
        (value!({"expires_on": in_20_s.to_string()}), Lifetime::Told(20_000)),
        (value!({"expires_on": "yesterday"}), unknown("yesterday")),
        // A client does not look into an access token.
        (value!({"access_token": jwt(&value!({"exp": in_20_s}))}), Lifetime::Unknown(None)),
    ] {
        assert_eq!(with(members.clone()).await.lifetime, lifetime, "{members}");
    }
}

#[tokio::test]
async fn an_absolute_end_without_a_date_counts_by_a_corrected_clock_or_not_at_all() {
    let body = value!({"access_token": "new", "expires_at": NOON / 1_000 + 20}).to_string();
    let call = Call { clock_offset_ms: Some(-5_000), ..Call::default() };
    assert_eq!(refreshed(json(200, &body), call).await.lifetime, Lifetime::Told(25_000));
    let unknown = refreshed(json(200, &body), Call::default()).await.lifetime;
    assert!(matches!(unknown, Lifetime::Unknown(Some(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_hint_when_to_renew_is_read_where_it_is_one() {
    for (hint, ms) in [
        (value!(1_800), Some(1_800_000)),
        (value!("1800"), Some(1_800_000)),
        (value!(0), None),
        (value!(-5), None),
        (value!("later"), None),
        (value!(null), None),
    ] {
        assert_eq!(with(value!({"refresh_in": hint})).await.refresh_in_ms, ms, "{hint}");
    }
}

#[tokio::test]
async fn how_long_the_refresh_token_lives_is_told_or_stands_in_it() {
    let dying = jwt(&value!({"exp": NOON / 1_000 + 20, "iat": NOON / 1_000}));
    let never = jwt(&value!({"iat": NOON / 1_000, "exp": 0}));
    for (members, ms) in [
        (value!({"refresh_expires_in": 1_800}), Some(1_800_000)),
        (value!({"refresh_token_expires_in": "1800"}), Some(1_800_000)),
        // It dies with its access token: the session has to be renewed before both.
        (value!({"expires_in": 20, "refresh_expires_in": 20}), Some(20_000)),
        (value!({"refresh_token": dying, "expires_in": 20}), Some(20_000)),
        // Keycloak's offline tokens.
        (value!({"refresh_expires_in": 0}), None),
        (value!({"refresh_expires_in": 0, "refresh_token": never}), None),
        (value!({"refresh_expires_in": -1}), None),
        (value!({}), None),
    ] {
        assert_eq!(with(members.clone()).await.refresh_lifetime_ms, ms, "{members}");
    }
}

#[tokio::test]
async fn the_date_of_an_answer_says_how_the_clocks_differ() {
    let clock = with(value!({})).await.clock;
    assert_eq!(clock, Some(ClockSample { offset_ms: 500, bound_ms: 500 }));
}

#[tokio::test]
async fn without_a_refresh_token_nothing_is_asked() {
    let fake = Fake::giving(vec![json(200, "{}")]).await;
    let server = fake.oauth(OAuthSettings::default());
    let tokens = Tokens::new("a".into(), RenewalSecret::Nothing);
    let failure = server.refresh(&tokens, Call::default(), &Marks::fresh()).await.unwrap_err();
    assert_eq!(failure.class, engine::Class::SetUp);
    assert!(!failure.has_left() && fake.heard().is_empty(), "{failure:?}");
}
