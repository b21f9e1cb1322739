//! What an account needs of its network: an added authority, over real TLS; a host without any.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

mod common;

use auth_client::oauth::{PromiseTopic, ServerKind};
use auth_client::{AccountSettings, AddedCa, Network, TokenApi, Verdict};
use common::stage::{openid, probed_through, promise};
use common::{Noon, alice};
use engine::{Class, Failure};
use keeper::ports::{AuthServer as _, Marks};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A company's authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn added(&self) -> AddedCa {
        AddedCa::read("company.pem", self.0.pem().as_bytes()).unwrap()
    }

    fn network(&self) -> Network {
        Network { ca: Some(self.added()), ..Network::default() }
    }
}

/// A certificate of a server, but for what is wrong with it.
fn leaf(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// A server on this computer that speaks TLS. It signs everybody in, and publishes a document.
struct Tls {
    base: String,
    asked: Arc<AtomicUsize>,
}

impl Tls {
    async fn of(authority: &Authority, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (at, count) = (base.clone(), Arc::clone(&asked));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // Somebody who does not trust this server leaves here.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut heard = [0; 8_192];
                if stream.read(&mut heard).await.unwrap_or(0) == 0 {
                    continue;
                }
                count.fetch_add(1, Ordering::Relaxed);
                let body = if heard.starts_with(b"POST") {
                    json!({"token": "t", "refreshToken": "r", "expiresIn": 60})
                } else {
                    openid(&at, &at, json!({"jwks_uri": null}))
                };
                let body = body.to_string();
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                let _ = stream.write_all((head + &body).as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { base, asked }
    }

    fn api(&self, network: Network) -> TokenApi {
        let base_url = self.base.clone();
        let settings = AccountSettings { base_url, network, ..AccountSettings::default() };
        TokenApi::new(settings, Arc::new(Noon)).unwrap()
    }

    async fn refused(&self, network: Network) -> Failure {
        *self.api(network).sign_in(&alice(), &Marks::fresh()).await.unwrap_err()
    }
}

#[tokio::test]
async fn an_added_authority_is_trusted_by_its_account_and_by_no_other() {
    let company = Authority::new("Company Root");
    let server = Tls::of(&company, leaf("127.0.0.1")).await;
    let with = server.api(company.network());
    let without = server.api(Network::default());
    let another = server.api(Authority::new("Another Root").network());
    with.sign_in(&alice(), &Marks::fresh()).await.unwrap();
    for api in [without, another] {
        let failure = api.sign_in(&alice(), &Marks::fresh()).await.unwrap_err();
        assert_eq!(failure.class, Class::NotSent);
        assert!(failure.exchange.detail.contains("unknown issuer"), "{failure:?}");
    }
    with.sign_in(&alice(), &Marks::fresh()).await.unwrap();
    assert_eq!(server.asked.load(Ordering::Relaxed), 2, "who does not trust it sends nothing");
}

#[tokio::test]
async fn each_certificate_of_an_added_file_is_trusted() {
    let (old, new) = (Authority::new("Old Root"), Authority::new("New Root"));
    let file = format!("{}\n{}", old.0.pem(), new.0.pem());
    let network = Network {
        ca: Some(AddedCa::read("both.pem", file.as_bytes()).unwrap()),
        ..Network::default()
    };
    for authority in [old, new] {
        let server = Tls::of(&authority, leaf("127.0.0.1")).await;
        server.api(network.clone()).sign_in(&alice(), &Marks::fresh()).await.unwrap();
    }
}

#[tokio::test]
async fn an_added_authority_vouches_for_who_it_says_and_when() {
    let company = Authority::new("Company Root");
    let mut expired = leaf("127.0.0.1");
    (expired.not_before, expired.not_after) =
        (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 2, 1));
    let mut early = leaf("127.0.0.1");
    early.not_before = date_time_ymd(4000, 1, 1);
    let mut own = leaf("127.0.0.1");
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for (params, words) in [
        (leaf("auth.example.com"), "another name"),
        (expired, "expired"),
        (early, "not valid yet"),
        (own, "CA:TRUE"),
    ] {
        let server = Tls::of(&company, params).await;
        let failure = server.refused(company.network()).await;
        assert_eq!(failure.class, Class::NotSent);
        assert!(failure.exchange.detail.contains(words), "{failure:?}");
        assert_eq!(server.asked.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test]
async fn a_probe_of_a_server_that_is_not_trusted_points_to_the_authority_and_works_with_it() {
    let company = Authority::new("Company Root");
    let server = Tls::of(&company, leaf("127.0.0.1")).await;
    let report = probed_through(&server.base, &Network::default()).await;
    assert_eq!(report.kind, ServerKind::Unreachable);
    for topic in [PromiseTopic::Reach, PromiseTopic::Tls] {
        let found = promise(&report, topic);
        assert_eq!((found.verdict, found.field.as_deref()), (Verdict::Bad, Some("network.ca")));
    }
    let report = probed_through(&server.base, &company.network()).await;
    assert_eq!(report.kind, ServerKind::OpenId);
    let tls = promise(&report, PromiseTopic::Tls);
    assert_eq!(tls.verdict, Verdict::Good);
    assert!(tls.detail.contains("company.pem"), "{tls:?}");
    // What was needed to ask is needed to sign in.
    assert_eq!(report.settings.unwrap().network, company.network());
}

#[tokio::test]
async fn an_authority_that_cannot_be_read_is_a_problem_of_the_settings() {
    let ca = AddedCa { name: "x.pem".into(), pem: "hello".into(), sha256: String::new() };
    let network = Network { ca: Some(ca), ..Network::default() };
    let settings = AccountSettings {
        base_url: "https://auth.example.com".into(),
        network: network.clone(),
        ..AccountSettings::default()
    };
    let fields: Vec<String> = settings.problems().into_iter().map(|it| it.field).collect();
    assert_eq!(fields, ["network.ca"]);
    let report = probed_through("https://auth.example.com", &network).await;
    assert_eq!(promise(&report, PromiseTopic::Tls).field.as_deref(), Some("network.ca"));
    assert_eq!(report.exchanges, []);
}

#[test]
fn a_token_api_may_be_asked_by_plain_http_at_the_named_host_only() {
    let fields = |base_url: &str, http_to: &str| {
        let network = Network { http_to: http_to.into(), ..Network::default() };
        let settings =
            AccountSettings { base_url: base_url.into(), network, ..AccountSettings::default() };
        settings.problems().into_iter().map(|it| it.field).collect::<Vec<_>>()
    };
    assert_eq!(fields("http://auth.corp.example/v1", "auth.corp.example"), Vec::<String>::new());
    assert_eq!(fields("http://auth.corp.example/v1", "corp.example"), ["baseUrl"]);
    assert_eq!(fields("http://auth.corp.example/v1", ""), ["baseUrl"]);
    assert_eq!(fields("https://auth.corp.example", "*"), ["network.httpTo"]);
}
