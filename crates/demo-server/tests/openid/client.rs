//! A client, and the browser that it sends.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use demo_server::{OpenIdSwitches, SignIn, Switches};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::support::{Reply, Scene, send};

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of the verifier (RFC 7636 appendix B).
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:5123/callback";
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub(crate) const REQUEST: [(&str, &str); 8] = [
    ("response_type", "code"),
    ("client_id", "demo"),
    ("redirect_uri", REDIRECT),
    ("scope", "openid profile offline_access"),
    ("state", "a state"),
    ("nonce", "a nonce"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The request with some of it otherwise; an empty value leaves a field out.
pub(crate) fn request(change: &[(&str, &str)]) -> String {
    let mut fields: Vec<_> = REQUEST.to_vec();
    for (name, value) in change {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    encoded(&fields)
}

/// Nobody is asked at a page.
pub(crate) fn automatic(openid: OpenIdSwitches) -> Switches {
    let openid = OpenIdSwitches { sign_in: SignIn::Automatic, ..openid };
    Switches { openid, ..Switches::default() }
}

impl Scene {
    pub(crate) async fn fetch(&self, path: &str) -> Reply {
        send(self.server.port(), "GET", path, &[], "").await.expect("an answer")
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Option<Reply> {
        send(self.server.port(), "POST", path, &[FORM], &encoded(fields)).await
    }

    pub(crate) async fn token(&self, fields: &[(&str, &str)]) -> Reply {
        self.form("/openid/token", fields).await.expect("an answer")
    }

    /// Goes to the authorization endpoint without a page, and comes back.
    pub(crate) async fn browse(&self, change: &[(&str, &str)]) -> Url {
        let reply = self.fetch(&format!("/openid/authorize?{}", request(change))).await;
        assert_eq!(reply.status, 303, "{}", String::from_utf8_lossy(&reply.body));
        reply.header("location").unwrap().parse().unwrap()
    }

    pub(crate) async fn code(&self) -> String {
        of(&self.browse(&[]).await, "code").expect("a code")
    }

    pub(crate) async fn redeem(&self, code: &str) -> Reply {
        self.token(&redeeming(code)).await
    }

    /// A whole sign-in.
    pub(crate) async fn sign_in(&self) -> Reply {
        let reply = self.redeem(&self.code().await).await;
        assert_eq!(reply.status, 200, "{}", reply.json());
        reply
    }

    pub(crate) async fn renew(&self, token: &str) -> Reply {
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "demo")];
        self.token(&fields).await
    }

    pub(crate) async fn userinfo(&self, access: &str) -> Reply {
        let bearer = format!("Bearer {access}");
        let headers = [("authorization", bearer.as_str())];
        send(self.server.port(), "GET", "/openid/userinfo", &headers, "").await.expect("an answer")
    }

    pub(crate) async fn jwks(&self) -> JwkSet {
        serde_json::from_slice(&self.fetch("/openid/jwks").await.body).unwrap()
    }

    /// Whether some published key of the token's own algorithm verifies it.
    pub(crate) async fn verifies(&self, id_token: &str) -> bool {
        let Ok(header) = decode_header(id_token) else { return false };
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        self.jwks().await.keys.iter().any(|key| {
            let named = header.kid.is_none() || header.kid == key.common.key_id;
            let key = DecodingKey::from_jwk(key).unwrap();
            named && decode::<Value>(id_token, &key, &validation).is_ok()
        })
    }

    pub(crate) async fn counts(&self) -> demo_server::Counters {
        self.server.control().counters().await.unwrap()
    }
}

pub(crate) fn redeeming(code: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("client_id", "demo"),
    ]
}

/// A parameter of the address that a browser came back with.
pub(crate) fn of(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// Header (0) or claims (1), unverified.
pub(crate) fn part(id_token: &str, part: usize) -> Value {
    let part = id_token.split('.').nth(part).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
