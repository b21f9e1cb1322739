//! Who has written a token: its header, its signature, the key that it names.

use super::*;

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
async fn the_two_names_of_ed25519_are_one_algorithm() {
    let pen = Pen::that_signs("EdDSA");
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    for (alg, listed) in [("EdDSA", "Ed25519"), ("Ed25519", "EdDSA")] {
        let token = pen.write(&json!({"alg": alg, "kid": "k1"}), &good());
        let asked = Asked { algs: vec![listed.into()], ..sign_in() };
        let verdict = verdict(&token, &asked, &server.keys()).await;
        assert!(verdict.is_ok(), "{alg} where {listed} is listed: {verdict:?}");
    }
}

#[tokio::test]
async fn a_curve_that_this_app_does_not_know_is_said_to_be_so() {
    let pen = Pen::rsa(0);
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let token = pen.write(&json!({"alg": "ES512", "kid": "k1"}), &good());
    let asked = Asked { algs: vec!["ES512".into()], ..sign_in() };
    let why = verdict(&token, &asked, &server.keys()).await.unwrap_err();
    assert_eq!(why, "alg is \"ES512\", whose curve this app does not know");
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
