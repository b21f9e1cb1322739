//! What a token says: one table for each rule.

use super::*;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// A refresh of a session with this ID token.
fn refresh_of(before: &Value) -> Asked {
    let before = format!("{}.c2ln", unsigned(&json!({"alg": "RS256"}), before));
    Asked { nonce: None, before: Some(before.into()), user: Some(""), algs: Vec::new(), now: NOON }
}

/// The same for claims in a token that is signed well.
async fn of_claims(claims: &Value, asked: &Asked) -> Result<String, String> {
    let pen = Pen::rsa(0);
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let token = pen.write(&json!({"alg": "RS256", "kid": "k1"}), claims);
    verdict(&token, asked, &server.keys()).await
}

/// Each of these changes makes it bad, and the word for it says which claim and why.
async fn each_is_bad(asked: &Asked, table: &[(Value, &str)]) {
    for (changes, word) in table {
        let why = of_claims(&but(changes.clone()), asked).await.expect_err(&changes.to_string());
        assert!(why.contains(word), "{changes}: {why}");
    }
}

async fn each_is_good(asked: &Asked, table: &[Value]) {
    for changes in table {
        let verdict = of_claims(&but(changes.clone()), asked).await;
        assert_eq!(verdict.as_deref(), Ok("Alice Example"), "{changes}");
    }
}

#[tokio::test]
async fn the_issuer_is_right_to_the_letter() {
    each_is_bad(
        &sign_in(),
        &[
            (json!({"iss": null}), "iss is missing and should be \"https://issuer.test/realm\""),
            (json!({"iss": "https://issuer.test/realm/"}), "iss is"),
            (json!({"iss": "https://ISSUER.test/realm"}), "iss is"),
            (json!({"iss": "http://issuer.test/realm"}), "iss is"),
            (json!({"iss": [ISSUER]}), "iss is"),
            (json!({"iss": ""}), "iss is"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_audience_is_this_client_and_others_only_with_azp() {
    let asked = sign_in();
    each_is_bad(
        &asked,
        &[
            (json!({"aud": null}), "aud is missing"),
            (json!({"aud": "another-app"}), "aud is \"another-app\" and should be \"desk-app\""),
            (json!({"aud": "desk-app-2"}), "aud is"),
            (json!({"aud": []}), "names nobody"),
            (json!({"aud": [7]}), "names nobody"),
            (json!({"aud": {"desk-app": 1}}), "names nobody"),
            (json!({"aud": ["another-app"]}), "aud is"),
            (json!({"aud": [CLIENT, "another-app"]}), "azp is missing"),
            (json!({"aud": [CLIENT, "another-app"], "azp": "another-app"}), "azp is"),
            (json!({"azp": "another-app"}), "azp is \"another-app\" and should be \"desk-app\""),
            (json!({"azp": 7}), "azp is"),
        ],
    )
    .await;
    each_is_good(
        &asked,
        &[
            json!({"aud": [CLIENT]}),
            json!({"aud": [CLIENT, CLIENT]}),
            json!({"aud": [CLIENT, "another-app"], "azp": CLIENT}),
            json!({"azp": CLIENT}),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_end_is_to_come_and_the_beginning_is_near() {
    let asked = sign_in();
    each_is_bad(
        &asked,
        &[
            (json!({"exp": null}), "exp is missing"),
            (json!({"exp": NOON_S - 120}), "2 min ago by the server's clock"),
            (json!({"exp": "soon"}), "exp is \"soon\", which is no time"),
            (json!({"exp": "NaN"}), "exp is \"NaN\", which is no time"),
            (json!({"exp": "inf"}), "which is no time"),
            (json!({"exp": 1e300}), "which is no time"),
            (json!({"exp": [1]}), "which is no time"),
            (json!({"iat": null}), "iat is missing"),
            (json!({"iat": NOON_S + 121}), "121 s ahead of the server's clock"),
            (json!({"iat": NOON_S + 7_200, "exp": NOON_S + 9_000}), "iat is"),
            (json!({"iat": NOON_S - 3_601}), "iat is"),
            (json!({"nbf": NOON_S + 180}), "nbf is"),
        ],
    )
    .await;
    each_is_good(
        &asked,
        &[
            json!({"exp": NOON_S - 119}),
            json!({"iat": NOON_S + 120}),
            json!({"iat": NOON_S - 3_600}),
            json!({"exp": NOON_S as f64 + 0.5, "iat": NOON_S as f64 - 0.25}),
            json!({"exp": format!("{}", NOON_S + 60), "iat": format!("{}.5", NOON_S - 3)}),
            json!({"exp": 1.763_899_5e9}),
            json!({"nbf": NOON_S + 60}),
        ],
    )
    .await;
}

#[tokio::test]
async fn there_is_a_subject_of_a_sensible_length() {
    each_is_bad(
        &sign_in(),
        &[
            (json!({"sub": null}), "sub is missing"),
            (json!({"sub": ""}), "sub is empty"),
            (json!({"sub": 12}), "sub is \"12\", which is no text"),
            (json!({"sub": "la ".repeat(86)}), "sub is longer than 255 characters"),
        ],
    )
    .await;
    each_is_good(&sign_in(), &[json!({"sub": "é".repeat(255)}), json!({"sub": "x"})]).await;
}

#[tokio::test]
async fn the_nonce_comes_back_where_one_was_sent() {
    each_is_bad(
        &sign_in(),
        &[
            (json!({"nonce": null}), "nonce is missing"),
            (json!({"nonce": "n-2"}), "nonce is \"n-2\" and should be \"n-1\""),
            (json!({"nonce": "n-1 "}), "nonce is"),
            (json!({"nonce": 1}), "nonce is"),
        ],
    )
    .await;
    let device = Asked { nonce: None, ..sign_in() };
    each_is_good(&device, &[json!({"nonce": null}), json!({"nonce": "whatever"})]).await;
}

#[tokio::test]
async fn at_hash_is_the_left_half_of_the_hash_that_the_algorithm_has() {
    let halves = [
        BASE64.encode(&Sha256::digest(ACCESS)[..16]),
        BASE64.encode(&Sha384::digest(ACCESS)[..24]),
        BASE64.encode(&Sha512::digest(ACCESS)[..32]),
    ];
    for alg in ALGS {
        let pen = Pen::that_signs(alg);
        let server = KeyServer::with(&[pen.jwk("k1")]).await;
        let right = match alg {
            "EdDSA" | "Ed25519" => 2,
            _ if alg.ends_with("256") => 0,
            _ if alg.ends_with("384") => 1,
            _ => 2,
        };
        for (which, half) in halves.iter().enumerate() {
            let claims = but(json!({ "at_hash": half }));
            let token = pen.write(&json!({"alg": alg, "kid": "k1"}), &claims);
            let verdict = verdict(&token, &sign_in(), &server.keys()).await;
            assert_eq!(verdict.is_ok(), which == right, "{alg} {which}: {verdict:?}");
        }
    }
    let other = BASE64.encode(&Sha256::digest("another")[..16]);
    let whole = BASE64.encode(Sha256::digest(ACCESS));
    let table = [json!(other), json!(whole), json!(""), json!(7), json!("!")];
    for at_hash in table {
        let changes = json!({ "at_hash": at_hash });
        each_is_bad(&sign_in(), &[(changes, "at_hash is not that of the access token")]).await;
    }
}

#[tokio::test]
async fn a_refresh_goes_on_with_the_same_person_client_and_sign_in() {
    let before = but(json!({"auth_time": NOON_S - 600, "iat": NOON_S - 600, "azp": CLIENT}));
    let with = |changes| changed(before.clone(), changes);
    for (claims, word) in [
        (with(json!({"sub": "subject-2"})), "sub is \"subject-2\", and was \"subject-1\""),
        (with(json!({"aud": ["more"]})), "aud is"),
        (with(json!({"azp": null})), "azp is missing, and was \"desk-app\" before the refresh"),
        (with(json!({"auth_time": NOON_S})), "auth_time is"),
        (with(json!({"nonce": "n-9"})), "nonce is \"n-9\", and was \"n-1\""),
        (with(json!({"iat": NOON_S - 721})), "iat is"),
        (with(json!({"exp": NOON_S - 300})), "exp is"),
        (with(json!({"iss": "https://other.test"})), "iss is"),
    ] {
        let why = of_claims(&claims, &refresh_of(&before)).await.unwrap_err();
        assert!(why.contains(word), "{claims}: {why}");
    }
    for claims in [
        with(json!({"iat": NOON_S})),
        with(json!({})),
        with(json!({"nonce": null, "auth_time": null})),
        with(json!({"aud": [CLIENT]})),
        // Section 12.2: it must include what was there.
        with(json!({"aud": [CLIENT, "more"]})),
        with(json!({"auth_time": format!("{}", NOON_S - 600)})),
    ] {
        let verdict = of_claims(&claims, &refresh_of(&before)).await;
        assert!(verdict.is_ok(), "{claims}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_refresh_of_what_cannot_be_read_is_checked_by_itself() {
    for before in [None, Some("opaque".into())] {
        let asked = Asked { before, user: Some(""), nonce: None, ..sign_in() };
        each_is_good(&asked, &[json!({"nonce": "n-7"}), json!({"iat": NOON_S - 9_000})]).await;
    }
}

#[tokio::test]
async fn a_refresh_of_what_is_not_known_any_more_is_about_whoever_is_signed_in() {
    for before in [None, Some("opaque".into())] {
        let asked = Asked { before, user: Some("subject-1"), nonce: None, ..sign_in() };
        each_is_good(&asked, &[json!({}), json!({"iat": NOON_S - 9_000})]).await;
        let other = "sub is \"subject-2\" and should be \"subject-1\"";
        each_is_bad(&asked, &[(json!({"sub": "subject-2"}), other)]).await;
    }
}

#[tokio::test]
async fn the_name_is_the_best_one_there_is_and_the_user_is_the_subject() {
    for (changes, name) in [
        (json!({"preferred_username": "alice", "email": "a@b.test"}), "Alice Example"),
        (json!({"name": null, "preferred_username": "alice", "email": "a@b.test"}), "alice"),
        (json!({"name": " \u{7}", "email": "a@b.test"}), "a@b.test"),
        (json!({"name": 7}), "subject-1"),
        (json!({"name": "Al\nice\u{202e}"}), "Alice"),
        (json!({"name": "x".repeat(300)}), &*"x".repeat(120)),
    ] {
        let claims = Claims::of(unsigned(&json!({}), &but(changes)).split_once('.').unwrap().1);
        let who = claims.unwrap().identity();
        assert_eq!((who.user.as_str(), who.name.as_str()), ("subject-1", name));
    }
}

#[tokio::test]
async fn what_is_said_of_a_bad_token_is_short_and_holds_no_secret() {
    let jwt = Pen::rsa(0).write(&json!({"alg": "RS256"}), &good());
    let jwt = jwt.expose_secret();
    let long = format!("{} {jwt}", "la ".repeat(24));
    for claim in ["iss", "aud", "azp", "exp", "iat", "nonce"] {
        for value in [jwt, &long, "5f2b7c1d9e8a4b3c6d7e8f905f2b7c1d", "a\nb\u{1b}[2J"] {
            let why = of_claims(&but(json!({ claim: value })), &sign_in()).await.unwrap_err();
            assert!(!why.contains("eyJ") && !why.contains("5f2b7c"), "{claim}: {why}");
            assert!(!why.contains(char::is_control) && why.chars().count() < 250, "{why}");
        }
    }
}
