//! One table per rule. Every token here is signed as it says, unless the test is about that.

use super::forge::{
    ACCESS, CLIENT, ISSUER, KeyServer, NOON, NOON_S, Pen, but, changed, good, unsigned,
};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

struct Asked {
    nonce: Option<&'static str>,
    before: Option<SecretString>,
    algs: Vec<String>,
    now: i64,
}

/// A sign-in in the browser, at noon.
fn sign_in() -> Asked {
    Asked { nonce: Some("n-1"), before: None, algs: Vec::new(), now: NOON }
}

/// A refresh of a session with this ID token.
fn refresh_of(before: &Value) -> Asked {
    let before = format!("{}.c2ln", unsigned(&json!({"alg": "RS256"}), before));
    Asked { nonce: None, before: Some(before.into()), algs: Vec::new(), now: NOON }
}

async fn checked(token: &SecretString, asked: &Asked, keys: &Keys) -> Checked {
    let access = ACCESS.into();
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        algs: &asked.algs,
        nonce: asked.nonce,
        access: &access,
        before: asked.before.as_ref(),
        now: Wall(asked.now),
    };
    check(token, &expected, keys).await.0
}

/// `Ok` with the name, or why it is bad.
async fn verdict(token: &SecretString, asked: &Asked, keys: &Keys) -> Result<String, String> {
    match checked(token, asked, keys).await {
        Checked::Good(who) => Ok(who.name),
        Checked::Bad(why) => Err(why),
        Checked::NoKeys(failure) => panic!("no keys: {}", failure.exchange.detail),
    }
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

const ALGS: [&str; 10] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519"];

#[tokio::test]
async fn a_good_token_of_each_algorithm_is_believed() {
    for alg in ALGS {
        let pen = Pen::that_signs(alg);
        let server = KeyServer::with(&[pen.jwk("k1")]).await;
        let token = pen.write(&json!({"alg": alg, "kid": "k1", "typ": "JWT"}), &good());
        assert_eq!(verdict(&token, &sign_in(), &server.keys()).await.unwrap(), "Alice Example");
    }
}

#[tokio::test]
async fn a_signature_by_another_key_is_not_believed_whatever_the_algorithm() {
    for alg in ALGS {
        let (pen, other) = match alg {
            "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => (Pen::rsa(0), Pen::rsa(1)),
            _ => (Pen::that_signs(alg), Pen::that_signs(alg)),
        };
        let server = KeyServer::with(&[pen.jwk("k1")]).await;
        let token = other.write(&json!({"alg": alg, "kid": "k1"}), &good());
        let why = verdict(&token, &sign_in(), &server.keys()).await.unwrap_err();
        assert_eq!(why, format!("its {alg} signature is not by the server's key"));
    }
}

#[tokio::test]
async fn a_claim_changed_after_signing_breaks_the_signature() {
    for alg in ALGS {
        let pen = Pen::that_signs(alg);
        let server = KeyServer::with(&[pen.jwk("k1")]).await;
        let header = json!({"alg": alg, "kid": "k1"});
        let token = pen.write(&header, &good());
        let signature = token.expose_secret().rsplit('.').next().unwrap();
        let forged = unsigned(&header, &but(json!({"sub": "somebody-else"})));
        let forged = format!("{forged}.{signature}").into();
        let why = verdict(&forged, &sign_in(), &server.keys()).await.unwrap_err();
        assert!(why.contains("signature"), "{alg}: {why}");
    }
}

#[tokio::test]
async fn none_is_refused_however_it_is_written() {
    let server = KeyServer::with(&[Pen::rsa(0).jwk("k1")]).await;
    for alg in ["none", "None", "NONE", "nOnE"] {
        for signature in ["", "c2ln"] {
            let token = unsigned(&json!({"alg": alg, "kid": "k1"}), &good());
            let token = format!("{token}.{signature}").into();
            let why = verdict(&token, &sign_in(), &server.keys()).await.unwrap_err();
            assert_eq!(why, "alg is none: it is not signed");
        }
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn hs256_is_refused_even_with_a_key_for_it_in_the_set_or_the_public_key_as_the_secret() {
    use jsonwebtoken::{Algorithm, EncodingKey, crypto};
    let rsa = Pen::rsa(0).jwk("k1");
    let modulus = rsa["n"].as_str().unwrap().to_owned();
    let shared = json!({"kty": "oct", "k": BASE64.encode("shared-secret"), "kid": "s1"});
    let server = KeyServer::with(&[rsa, shared]).await;
    for (kid, secret) in [("s1", "shared-secret"), ("k1", modulus.as_str()), ("k1", CLIENT)] {
        let message = unsigned(&json!({"alg": "HS256", "kid": kid}), &good());
        let key = EncodingKey::from_secret(secret.as_bytes());
        let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        let token = format!("{message}.{signature}").into();
        let why = verdict(&token, &sign_in(), &server.keys()).await.unwrap_err();
        assert!(why.starts_with("alg is \"HS256\""), "{why}");
    }
}

#[tokio::test]
async fn a_key_is_never_tried_for_an_algorithm_of_another_kind() {
    let (p256, rsa) = (Pen::p256(), Pen::rsa(0));
    let server = KeyServer::with(&[p256.jwk("ec"), rsa.jwk("rsa")]).await;
    for (alg, kid) in [("ES256", "rsa"), ("RS256", "ec"), ("ES384", "ec"), ("EdDSA", "ec")] {
        let token = rsa.write(&json!({"alg": alg, "kid": kid}), &good());
        let why = verdict(&token, &sign_in(), &server.keys()).await.unwrap_err();
        assert!(why.contains("is not for"), "{alg} by {kid}: {why}");
    }
}

#[tokio::test]
async fn an_algorithm_that_the_server_does_not_list_is_refused() {
    let pen = Pen::rsa(0);
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let token = pen.write(&json!({"alg": "RS384", "kid": "k1"}), &good());
    let listed = |algs: &[&str]| Asked {
        algs: algs.iter().map(|alg| (*alg).to_owned()).collect(),
        ..sign_in()
    };
    let asked = listed(&["RS256", "ES256"]);
    let why = verdict(&token, &asked, &server.keys()).await.unwrap_err();
    assert_eq!(why, "alg is RS384, and the server has said \"RS256 ES256\"");
    let asked = listed(&["RS256", "RS384"]);
    assert!(verdict(&token, &asked, &server.keys()).await.is_ok());
}

#[tokio::test]
async fn keys_that_the_token_brings_along_are_not_looked_at() {
    let (server_key, thief) = (Pen::rsa(0), Pen::rsa(1));
    let server = KeyServer::with(&[server_key.jwk("k1")]).await;
    let theirs = KeyServer::with(&[thief.jwk("k1")]).await;
    for more in [
        json!({"jwk": thief.jwk("k1")}),
        json!({"jku": theirs.url}),
        json!({"x5u": theirs.url}),
        json!({"x5c": ["MIIB"]}),
        json!({"jwk": 7, "x5c": "odd"}),
    ] {
        let header = changed(json!({"alg": "RS256", "kid": "k1"}), more);
        let why = verdict(&thief.write(&header, &good()), &sign_in(), &server.keys()).await;
        assert_eq!(why.unwrap_err(), "its RS256 signature is not by the server's key");
        let well = verdict(&server_key.write(&header, &good()), &sign_in(), &server.keys()).await;
        assert!(well.is_ok());
    }
    assert_eq!(theirs.asked(), 0);
}

#[tokio::test]
async fn odd_headers_and_shapes_are_told_apart() {
    let pen = Pen::rsa(0);
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    for (header, word) in [
        (json!({"kid": "k1"}), "alg is missing"),
        (json!({"alg": 7, "kid": "k1"}), "alg is \"7\""),
        (json!({"alg": "RS1", "kid": "k1"}), "alg is \"RS1\""),
        (json!({"alg": "RS256", "kid": 1}), "kid is \"1\", which is no text"),
        (json!({"alg": "RS256", "kid": "k1", "crit": ["exp"]}), "crit"),
        (json!({"alg": "RS256", "kid": "k1", "crit": []}), "crit"),
        (json!({"alg": "RS256", "kid": "k1", "crit": ["b64"], "b64": false}), "crit"),
        (json!({"alg": "RS256", "kid": "k1", "typ": "at+jwt"}), "typ"),
        (json!({"alg": "RS256", "kid": "k1", "typ": "application/logout+JWT"}), "typ"),
    ] {
        let why = verdict(&pen.write(&header, &good()), &sign_in(), &server.keys()).await;
        assert!(why.as_ref().unwrap_err().contains(word), "{header}: {why:?}");
    }
    for (token, word) in [
        ("a.b.c.d.e", "encrypted"),
        ("opaque", "no signed JWT"),
        ("", "no signed JWT"),
        ("a.b", "no signed JWT"),
        ("a.b.c.d", "no signed JWT"),
        ("!.b.c", "header"),
        ("e30.e30.", "alg is missing"),
    ] {
        let why = verdict(&token.into(), &sign_in(), &server.keys()).await.unwrap_err();
        assert!(why.contains(word), "{token}: {why}");
    }
    let padded = pen.write(&json!({"alg": "RS256", "kid": "k1", "typ": 5}), &good());
    let padded = format!("{}==", padded.expose_secret()).into();
    assert!(verdict(&padded, &sign_in(), &server.keys()).await.is_ok());
}

#[tokio::test]
async fn without_kid_the_only_key_is_taken_and_of_several_none() {
    let (one, other) = (Pen::rsa(0), Pen::rsa(1));
    let token = one.write(&json!({"alg": "RS256"}), &good());
    let alone = KeyServer::with(&[one.jwk("k1"), Pen::p256().jwk("k2")]).await;
    assert!(verdict(&token, &sign_in(), &alone.keys()).await.is_ok());
    let several = KeyServer::with(&[one.jwk("k1"), other.jwk("k2")]).await;
    let why = verdict(&token, &sign_in(), &several.keys()).await.unwrap_err();
    assert_eq!(why, "kid is missing, and 2 of the server's keys fit RS256");
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
        (with(json!({"aud": [CLIENT, "more"]})), "aud is"),
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
        with(json!({"auth_time": format!("{}", NOON_S - 600)})),
    ] {
        let verdict = of_claims(&claims, &refresh_of(&before)).await;
        assert!(verdict.is_ok(), "{claims}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_refresh_of_what_cannot_be_read_is_checked_by_itself() {
    let asked = Asked { before: Some("opaque".into()), nonce: None, ..sign_in() };
    each_is_good(&asked, &[json!({"nonce": "n-7"}), json!({"iat": NOON_S - 9_000})]).await;
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

#[tokio::test]
async fn garbage_is_bad_and_nothing_worse() {
    // Always the same, so that a failure is one again (xorshift64).
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::from(u16::try_from(state >> 48).unwrap())
    };
    let pen = Pen::p256();
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let keys = server.keys();
    let whole = pen.write(&json!({"alg": "ES256", "kid": "k1"}), &good());
    let whole = whole.expose_secret();
    assert!(verdict(&whole.into(), &sign_in(), &keys).await.is_ok());
    let letters: Vec<char> = ".{}[]\":,=-_AZaz09 é\u{0}\u{ffff}eyJ".chars().collect();
    for round in 0..2_000 {
        let mut token: Vec<char> = if round % 2 == 0 { whole.chars().collect() } else { vec![] };
        for _ in 0..=next() % 40 {
            let letter = letters[next() % letters.len()];
            let place = next() % (token.len() + 1);
            match next() % 3 {
                0 => token.insert(place, letter),
                1 if place < token.len() => token[place] = letter,
                _ => token.truncate(token.len().saturating_sub(next() % 3)),
            }
        }
        let token: String = token.into_iter().collect();
        // Padding and the unused bits of a last letter leave a signature what it was.
        let verdict = checked(&token.as_str().into(), &sign_in(), &keys).await;
        let same = token.trim_end_matches('=') == whole;
        assert!(same || matches!(verdict, Checked::Bad(_)), "{token}: {verdict:?}");
    }
    for claims in ["null", "[]", "7", "\"x\"", "{", "", "{\"aud\":{\"a\":[[[[]]]]}}"] {
        let header = BASE64.encode(r#"{"alg":"ES256","kid":"k1"}"#);
        let token = format!("{header}.{}.c2ln", BASE64.encode(claims));
        assert!(verdict(&token.as_str().into(), &sign_in(), &keys).await.is_err(), "{claims}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = format!("{}.{}.c2ln", BASE64.encode(&deep), BASE64.encode(&deep));
    assert!(verdict(&deep.as_str().into(), &sign_in(), &keys).await.is_err());
}

#[test]
fn userinfo_is_of_the_same_person_or_not_used() {
    let id = SecretString::from(format!("{}.c2ln", unsigned(&json!({}), &good())));
    assert_eq!(subject(&id).as_deref(), Some("subject-1"));
    assert_eq!(userinfo_subject_fits(&json!({"sub": "subject-1", "name": "A"}), &id), Ok(()));
    let why = userinfo_subject_fits(&json!({"sub": "subject-2"}), &id).unwrap_err();
    assert_eq!(why, "sub is \"subject-2\", and the ID token's is \"subject-1\"");
    assert!(userinfo_subject_fits(&json!({"sub": 1}), &id).is_err());
    assert!(userinfo_subject_fits(&json!({}), &id).is_err());
    assert!(userinfo_subject_fits(&json!("x"), &id).is_err());
    assert_eq!(subject(&"opaque".into()), None);
    assert_eq!(userinfo_subject_fits(&json!({"sub": "any"}), &"opaque".into()), Ok(()));
}
