use super::*;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

/// A new authority's certificate as PEM, as DER, and its key as PEM.
fn authority() -> (String, Vec<u8>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), certificate.der().to_vec(), key.serialize_pem())
}

fn words(bytes: impl AsRef<[u8]>) -> String {
    let problem = AddedCa::read("ca.pem", bytes.as_ref()).unwrap_err();
    assert_eq!(problem.field, "network.ca");
    problem.message
}

#[test]
fn a_file_with_several_certificates_is_read_and_nothing_but_them_is_kept() {
    let ((first, der, _), (second, _, _)) = (authority(), authority());
    let file = format!("\u{feff}Company root\n{first}\nand another:\r\n{second}");
    let added = AddedCa::read("/home/x/company.pem", file.as_bytes()).unwrap();
    assert_eq!(added.name, "company.pem");
    assert_eq!(added.pem.matches("BEGIN CERTIFICATE").count(), 2);
    assert!(!added.pem.contains("ompany") && !added.pem.contains("another"));
    assert_eq!(added.certificates().unwrap().len(), 2);
    assert_eq!(added.certificates().unwrap()[0].as_ref(), der);
    assert_eq!(added.sha256.len(), 64);
    let as_der = AddedCa::read("ca.cer", &der).unwrap();
    assert_eq!((as_der.sha256, as_der.pem.contains("BEGIN")), (added.sha256, true));
}

#[test]
fn a_file_with_a_private_key_is_refused_and_says_so() {
    let (certificate, _, key) = authority();
    for file in
        [format!("{certificate}{key}"), key.clone(), key.replace("BEGIN", "BEGIN ENCRYPTED")]
    {
        assert!(words(file).contains("private key"));
    }
    let der = rustls::pki_types::PrivatePkcs8KeyDer::from(KeyPair::generate().unwrap());
    assert!(words(der.secret_pkcs8_der()).contains("private key"));
}

#[test]
fn a_file_without_a_readable_certificate_is_refused() {
    let (certificate, der, _) = authority();
    for file in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
    ] {
        assert!(words(file).contains("no certificate"), "{file}");
    }
    assert!(words(&certificate[..certificate.len() / 2]).contains("damaged"));
    assert!(words(&der[..der.len() / 2]).contains("cannot be read"));
    let nothing = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(words(nothing).contains("cannot be read"));
    assert!(words(vec![b'#'; 100_000]).contains("too large"));
}

#[test]
fn a_fingerprint_that_is_another_certificates_is_found_out() {
    let mut added = AddedCa::read("ca.pem", authority().0.as_bytes()).unwrap();
    let spaced: Vec<String> = added.sha256.to_uppercase().chars().map(String::from).collect();
    added.sha256 = spaced.join(":");
    let network = |ca| Network { ca: Some(ca), ..Network::default() };
    assert_eq!(network(added.clone()).problems(), []);
    added.pem = authority().0;
    assert_eq!(network(added).problems()[0].field, "network.ca");
}

#[test]
fn plain_http_is_for_this_computer_and_exactly_one_named_host() {
    let network = |host: &str| Network { http_to: host.into(), ..Network::default() };
    let allows = |host: &str, url: &str| network(host).allows(&Url::parse(url).unwrap());
    for (host, url) in [
        ("", "https://auth.example.com"),
        ("", "http://127.0.0.1:80/x"),
        ("auth.example.com", "http://auth.example.com:8080/x"),
        (" Auth.Example.COM ", "http://AUTH.example.com"),
        ("bücher.example", "http://xn--bcher-kva.example"),
        ("10.0.0.5", "http://10.0.0.5:3000"),
        ("fd00::1", "http://[fd00::1]/"),
        ("[fd00::1]", "http://[fd00:0::1]/"),
    ] {
        assert!(allows(host, url), "{host} {url}");
    }
    for (host, url) in [
        ("", "http://auth.example.com"),
        ("auth.example.com", "http://example.com"),
        ("auth.example.com", "http://evil.auth.example.com"),
        ("auth.example.com", "http://auth.example.com.evil.com"),
        ("auth.example.com", "http://auth.example.com@evil.com"),
        ("example.com", "http://auth.example.com"),
        ("*.example.com", "http://auth.example.com"),
        ("*", "http://auth.example.com"),
        ("http://auth.example.com", "http://auth.example.com"),
        ("auth.example.com:8080", "http://auth.example.com:8080"),
        ("auth.example.com", "ftp://auth.example.com"),
    ] {
        assert!(!allows(host, url), "{host} {url}");
    }
    for bad in ["*.example.com", "http://a.example", "a.example:80", "a.example/x", "a b"] {
        let problems = network(bad).problems();
        assert_eq!(problems.len(), 1, "{bad}");
        assert_eq!(problems[0].field, "network.httpTo", "{bad}");
    }
}
