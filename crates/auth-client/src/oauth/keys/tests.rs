//! Which keys are used, and how often they are asked for.

use super::super::id_token::forge::{
    ACCESS, CLIENT, ISSUER, KeyServer, NOON, Pen, changed, good, small_rsa,
};
use super::super::id_token::{Checked, Expected, check};
use super::*;
use base64::Engine as _;
use engine::Wall;
use serde_json::{Value, json};

/// Checks a good token that this pen signed under this name.
async fn checked(pen: &Pen, kid: &str, keys: &Keys) -> Checked {
    let header = match kid {
        "" => json!({"alg": alg(pen)}),
        kid => json!({"alg": alg(pen), "kid": kid}),
    };
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        algs: &[],
        nonce: None,
        access: &ACCESS.into(),
        before: None,
        now: Wall(NOON),
    };
    check(&pen.write(&header, &good()), &expected, keys).await.0
}

fn alg(pen: &Pen) -> &'static str {
    match pen {
        Pen::Rsa(_) => "RS256",
        Pen::P256(_) => "ES256",
        Pen::P384(_) => "ES384",
        Pen::Ed25519(_) => "EdDSA",
    }
}

async fn good_by(pen: &Pen, kid: &str, keys: &Keys) -> bool {
    matches!(checked(pen, kid, keys).await, Checked::Good(_))
}

async fn why_bad(pen: &Pen, kid: &str, keys: &Keys) -> String {
    let checked = checked(pen, kid, keys).await;
    let Checked::Bad(why) = checked else { panic!("{checked:?}") };
    why
}

async fn why_unknown(pen: &Pen, kid: &str, keys: &Keys) -> Failure {
    let checked = checked(pen, kid, keys).await;
    let Checked::NoKeys(failure) = checked else { panic!("{checked:?}") };
    *failure
}

#[tokio::test]
async fn one_odd_key_does_not_spoil_the_others() {
    let pen = Pen::p256();
    let odd = [
        json!(null),
        json!("key"),
        json!({}),
        json!({"kty": "QUANTUM", "kid": "q"}),
        json!({"kty": "RSA", "kid": "r", "n": "!", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "r", "e": "AQAB"}),
        small_rsa(),
        json!({"kty": "EC", "crv": "P-521", "kid": "e", "x": "AA", "y": "AA"}),
        json!({"kty": "EC", "crv": "P-256", "kid": "e", "x": "_w".repeat(33), "y": "AA"}),
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "o", "x": "AA"}),
        json!({"kty": "OKP", "crv": "X25519", "kid": "o", "x": "AA"}),
        json!({"kty": "oct", "kid": "s", "k": "c2VjcmV0"}),
        changed(pen.jwk("k1"), json!({"kid": 7})),
        pen.jwk("k1"),
    ];
    let set = KeySet::of(&json!({"keys": odd})).unwrap();
    assert_eq!(set.len(), 1);
    assert!(good_by(&pen, "k1", &KeyServer::with(&odd).await.keys()).await);
}

#[tokio::test]
async fn a_key_is_used_for_what_it_is_for() {
    let pen = Pen::p256();
    for (changes, used) in [
        (json!({}), true),
        (json!({"use": "sig"}), true),
        (json!({"use": "sig", "key_ops": ["verify"], "alg": "ES256"}), true),
        (json!({"key_ops": ["sign", "verify"]}), true),
        (json!({"use": "enc"}), false),
        (json!({"use": 7}), false),
        (json!({"key_ops": ["encrypt"]}), false),
        (json!({"key_ops": []}), false),
        (json!({"key_ops": "verify"}), false),
        (json!({"alg": "ES384"}), false),
        (json!({"alg": "ECDH-ES"}), false),
        (json!({"alg": 7}), false),
    ] {
        let server = KeyServer::with(&[changed(pen.jwk("k1"), changes.clone())]).await;
        assert_eq!(good_by(&pen, "k1", &server.keys()).await, used, "{changes}");
    }
}

#[tokio::test]
async fn an_rsa_key_kept_for_one_padding_is_not_used_with_another() {
    let key = changed(Pen::rsa(0).jwk("k1"), json!({"alg": "PS256"}));
    let server = KeyServer::with(&[key]).await;
    assert!(why_bad(&Pen::rsa(0), "k1", &server.keys()).await.contains("is not for RS256"));
}

#[tokio::test]
async fn of_keys_with_the_same_name_each_is_tried() {
    let (one, other) = (Pen::p256(), Pen::p256());
    let set = [Pen::rsa(0).jwk("k1"), one.jwk("k1"), other.jwk("k1")];
    let keys = KeyServer::with(&set).await.keys();
    assert!(good_by(&one, "k1", &keys).await && good_by(&other, "k1", &keys).await);
    assert!(why_bad(&Pen::p256(), "k1", &keys).await.contains("signature"));
}

#[tokio::test]
async fn the_only_key_without_a_name_stands_for_any() {
    let pen = Pen::p256();
    let keys = KeyServer::with(&[pen.jwk(""), Pen::ed25519().jwk("k2")]).await.keys();
    assert!(good_by(&pen, "k1", &keys).await && good_by(&pen, "", &keys).await);
    let several = KeyServer::with(&[pen.jwk(""), Pen::p256().jwk("")]).await.keys();
    assert!(
        why_bad(&pen, "k1", &several).await.contains("2 of the server's keys without a name fit")
    );
}

#[tokio::test]
async fn coordinates_and_moduli_may_have_zeros_before_them_or_lack_them() {
    let bytes =
        |jwk: &Value, name: &str| crate::jwt::LENIENT.decode(jwk[name].as_str().unwrap()).unwrap();
    // Of every 128 keys, one has a coordinate that begins with a zero.
    let short = (0..8_192).map(|_| Pen::p256()).find(|pen| {
        let jwk = pen.jwk("k1");
        bytes(&jwk, "x")[0] == 0 || bytes(&jwk, "y")[0] == 0
    });
    let pen = short.unwrap();
    let stripped = |name: &str| {
        let bytes = bytes(&pen.jwk("k1"), name);
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        crate::jwt::LENIENT.encode(&bytes[zeros..])
    };
    let key = changed(pen.jwk("k1"), json!({"x": stripped("x"), "y": stripped("y")}));
    assert!(good_by(&pen, "k1", &KeyServer::with(&[key]).await.keys()).await);
    let rsa = Pen::rsa(0);
    let n = crate::jwt::LENIENT.encode([&[0, 0], &*bytes(&rsa.jwk(""), "n")].concat());
    let key = changed(rsa.jwk("k1"), json!({ "n": n }));
    assert!(good_by(&rsa, "k1", &KeyServer::with(&[key]).await.keys()).await);
}

#[tokio::test]
async fn no_more_than_a_hundred_keys_are_looked_at() {
    let pen = Pen::ed25519();
    let mut keys = vec![json!({}); 99];
    keys.push(pen.jwk("k1"));
    assert_eq!(KeySet::of(&json!({ "keys": keys })).unwrap().len(), 1);
    keys.insert(0, json!({}));
    assert_eq!(KeySet::of(&json!({ "keys": keys })).unwrap().len(), 0);
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept_for_an_hour() {
    let pen = Pen::p256();
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let keys = server.keys();
    assert_eq!(server.asked(), 0);
    for _ in 0..3 {
        assert!(good_by(&pen, "k1", &keys).await);
    }
    server.clock.advance(HOUR - 1);
    assert!(good_by(&pen, "k1", &keys).await);
    assert_eq!(server.asked(), 1);
    server.clock.advance(1);
    server.has(&[Pen::p256().jwk("k2")]);
    assert!(why_bad(&pen, "k1", &keys).await.contains("no such key"), "withdrawn by its server");
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn old_keys_serve_while_their_server_does_not_answer() {
    let pen = Pen::p256();
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let keys = server.keys();
    assert!(good_by(&pen, "k1", &keys).await);
    server.clock.advance(2 * HOUR);
    server.answers(500, "", "");
    assert!(good_by(&pen, "k1", &keys).await);
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_new_key_of_the_server_is_fetched_when_it_is_first_seen() {
    let (old, new) = (Pen::p256(), Pen::p256());
    let server = KeyServer::with(&[old.jwk("k1")]).await;
    let keys = server.keys();
    assert!(good_by(&old, "k1", &keys).await);
    server.has(&[new.jwk("k2")]);
    assert!(good_by(&new, "k2", &keys).await);
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_key_that_was_changed_under_its_name_is_fetched_too() {
    for kid in ["k1", ""] {
        let (old, new) = (Pen::p256(), Pen::p256());
        let server = KeyServer::with(&[old.jwk(kid)]).await;
        let keys = server.keys();
        assert!(good_by(&old, kid, &keys).await);
        server.has(&[new.jwk(kid)]);
        assert!(good_by(&new, kid, &keys).await);
    }
}

#[tokio::test]
async fn a_stream_of_bad_tokens_is_no_stream_of_requests() {
    let (pen, stranger) = (Pen::p256(), Pen::p256());
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let keys = server.keys();
    for _ in 0..20 {
        assert!(why_bad(&stranger, "x1", &keys).await.contains("no such key"));
        assert!(why_bad(&stranger, "k1", &keys).await.contains("signature"));
    }
    assert_eq!(server.asked(), 2, "the first time, and once more");
    server.clock.advance(COOL_DOWN_MS - 1);
    assert!(why_bad(&stranger, "k1", &keys).await.contains("signature"));
    assert_eq!(server.asked(), 2);
    server.clock.advance(1);
    assert!(why_bad(&stranger, "x1", &keys).await.contains("no such key"));
    assert_eq!(server.asked(), 3);
    assert!(good_by(&pen, "k1", &keys).await);
}

#[tokio::test]
async fn a_second_new_key_within_five_minutes_is_not_called_bad_but_made_up_later() {
    let pens = [(); 3].map(|()| Pen::p256());
    let server = KeyServer::with(&[pens[0].jwk("k0")]).await;
    let keys = server.keys();
    assert!(good_by(&pens[0], "k0", &keys).await);
    server.has(&[pens[1].jwk("k1")]);
    assert!(good_by(&pens[1], "k1", &keys).await);
    server.has(&[pens[2].jwk("k2")]);
    server.clock.advance(MINUTE);
    let failure = why_unknown(&pens[2], "k2", &keys).await;
    assert_eq!(failure.retry_after_ms, Some(4 * MINUTE));
    assert_eq!(server.asked(), 2);
    server.clock.advance(4 * MINUTE);
    assert!(good_by(&pens[2], "k2", &keys).await);
}

#[tokio::test]
async fn a_failed_fetch_is_not_repeated_at_once_and_says_what_came() {
    let pen = Pen::p256();
    let server = KeyServer::with(&[]).await;
    let no_set = Class::UnclearRefusal;
    let json = "Content-Type: application/json\r\n";
    for (status, headers, body, class, wait) in [
        (500, "", "", Class::ServerTrouble, AFTER_FAILURE_MS),
        (429, "Retry-After: 60\r\n", "", Class::Throttled, MINUTE),
        (503, "Retry-After: 99999\r\n", "", Class::Throttled, HOUR),
        (302, "Location: /else\r\n", "", Class::NotTheAuthServer, AFTER_FAILURE_MS),
        (200, "", "<!doctype html><p>Wi-Fi", Class::NotTheAuthServer, AFTER_FAILURE_MS),
        (200, json, "{}", no_set, AFTER_FAILURE_MS),
        (200, json, "{\"keys\":{}}", no_set, AFTER_FAILURE_MS),
        (200, json, "[]", no_set, AFTER_FAILURE_MS),
        (200, json, "{\"keys\":[", no_set, AFTER_FAILURE_MS),
        (401, json, "{\"error\":\"invalid_client\"}", no_set, AFTER_FAILURE_MS),
    ] {
        server.answers(status, headers, body);
        let keys = server.keys();
        let before = server.asked();
        for _ in 0..3 {
            let failure = why_unknown(&pen, "k1", &keys).await;
            assert_eq!(failure.class, class, "{status} {body}");
            assert_eq!(failure.exchange.status, Some(status));
        }
        assert_eq!(server.asked(), before + 1);
        server.has(&[pen.jwk("k1")]);
        server.clock.advance(wait - 1);
        why_unknown(&pen, "k1", &keys).await;
        server.clock.advance(1);
        assert!(good_by(&pen, "k1", &keys).await, "{status} {body}");
    }
}

#[tokio::test]
async fn a_set_larger_than_a_megabyte_is_not_read() {
    let pen = Pen::p256();
    let server = KeyServer::with(&[pen.jwk("k1"), json!({"pad": "x".repeat(1_100_000)})]).await;
    assert_eq!(why_unknown(&pen, "k1", &server.keys()).await.exchange.status, Some(200));
}

#[tokio::test]
async fn many_checks_at_once_make_one_request() {
    let pen = Pen::p256();
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let keys = Arc::new(server.keys());
    let checks: Vec<_> = (0..8)
        .map(|_| {
            let (keys, pen) = (Arc::clone(&keys), Pen::p256());
            tokio::spawn(async move { checked(&pen, "k1", &keys).await })
        })
        .collect();
    for check in checks {
        assert!(matches!(check.await.unwrap(), Checked::Bad(_)));
    }
    // The first of them fetched the keys; one more looked whether they had changed.
    assert!(server.asked() <= 2, "{}", server.asked());
    assert!(good_by(&pen, "k1", &keys).await);
}

#[tokio::test]
async fn every_request_for_keys_is_told() {
    let pen = Pen::p256();
    let server = KeyServer::with(&[pen.jwk("k1")]).await;
    let (keys, mut exchanges) = (server.keys(), Vec::new());
    let known = keys.now("k1", &mut exchanges).await.unwrap();
    server.answers(500, "", "");
    assert!(matches!(keys.newer(&known, "k2", &mut exchanges).await, Newer::NotNow(_)));
    let told: Vec<_> = exchanges.iter().map(|it| (it.status, it.detail.as_str())).collect();
    let expected =
        [(Some(200), "200: 1 keys that can be used"), (Some(500), "500: the server has trouble")];
    assert_eq!(told, expected);
    assert!(exchanges.iter().all(|it| it.method == "GET" && it.url == server.url));
}

#[tokio::test]
async fn a_server_without_a_place_for_keys_proves_nothing() {
    let server = KeyServer::with(&[]).await;
    let keys = Keys::new(" ", &Network::default(), server.clock()).unwrap();
    assert!(why_bad(&Pen::p256(), "k1", &keys).await.contains("names no place for the keys"));
}

#[test]
fn keys_come_by_https_or_from_this_computer() {
    let to = |url: &str, host: &str| {
        usable(url, &Network { http_to: host.into(), ..Network::default() }).is_ok()
    };
    assert!(to("https://a.test/keys", "") && to("http://127.0.0.1:7/keys", ""));
    assert!(to("http://a.test/keys", "a.test"));
    // However the host is written, as the settings read it.
    assert!(to("http://[2001:db8::5]/keys", "2001:db8::5"));
    assert!(to("http://xn--bcher-kva.test/keys", "b\u{fc}cher.test"));
    assert!(!to("http://a.test/keys", "") && !to("http://a.test/keys", "b.test"));
    assert!(!to("ftp://a.test/keys", "") && !to("keys", "") && !to("file:///keys", ""));
}

#[test]
fn what_is_no_key_set_is_none() {
    for json in [json!({}), json!([]), json!(null), json!({"keys": 7}), Value::from("x")] {
        assert!(KeySet::of(&json).is_none(), "{json}");
    }
    assert_eq!(KeySet::of(&json!({"keys": []})).unwrap().len(), 0);
}
