//! Understands what somebody pastes.

use crate::network::{Network, UNPROTECTED};
use crate::oauth::well_known::{OAUTH, OPENID};
use crate::plan::{SettingsProblem, is_loopback};
use url::Url;

/// An address as it was understood.
#[derive(Debug)]
pub(super) struct Understood {
    /// The issuer, or a server: without query and fragment.
    pub(super) url: Url,
    /// The same as people write it.
    pub(super) shown: String,
    /// What was done to it, where that is worth knowing.
    pub(super) note: Option<&'static str>,
}

/// An address that is not asked.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) problem: SettingsProblem,
    /// As far as it was understood.
    pub(super) shown: Option<Url>,
}

/// Reads an address: white space, brackets and quotes around it are left out; without a scheme it is
/// https, or http on this computer; the address of a document stands for its issuer.
pub(super) fn understood(text: &str, network: &Network) -> Result<Understood, Box<Unusable>> {
    let around = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`“”‘’「」".contains(c);
    let text = text.trim_matches(around);
    let refuse = |message: &str, shown| {
        let problem = SettingsProblem { field: "address".into(), message: message.into() };
        Err(Box::new(Unusable { problem, shown }))
    };
    if text.is_empty() {
        return refuse("the address is missing; write one such as https://id.example.com", None);
    }
    let read = if text.contains("://") {
        Url::parse(text)
    } else {
        let bare = text.trim_start_matches('/');
        Url::parse(&format!("http://{bare}"))
            .ok()
            .filter(is_loopback)
            .map_or_else(|| Url::parse(&format!("https://{bare}")), Ok)
    };
    let Ok(mut url) = read else {
        return refuse("this is no address; write one such as https://id.example.com", None);
    };
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return refuse("this is no address of a server; write https://", None);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("leave out the name and password before the @", None);
    }
    let cut = url.query().is_some() || url.fragment().is_some();
    url.set_query(None);
    url.set_fragment(None);
    let of_a_document = issuer_path(url.path());
    if let Some(path) = &of_a_document {
        url.set_path(path);
    }
    if !network.allows(&url) {
        return refuse(UNPROTECTED, Some(url));
    }
    let note = match (of_a_document, cut) {
        (Some(_), _) => Some("the address of a document: its issuer is asked"),
        (None, true) => Some("what stands after ? or # is left out"),
        (None, false) => None,
    };
    Ok(Understood { shown: shown(&url), url, note })
}

/// The path of the issuer whose document stands at this path, wherever it has its `.well-known`.
fn issuer_path(path: &str) -> Option<String> {
    let path = path.trim_end_matches('/');
    [OPENID, OAUTH].iter().find_map(|known| {
        let (before, after) = path.split_once(known)?;
        // The name of a document goes on no further than its own end.
        (after.is_empty() || after.starts_with('/')).then(|| format!("{before}{after}"))
    })
}

/// An address without the slash that stands for nothing.
pub(super) fn shown(url: &Url) -> String {
    let text = url.as_str();
    if url.path() == "/" { text.trim_end_matches('/').to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let read = understood(text, &Network::default());
        read.map(|it| it.shown).map_err(|it| it.problem.field)
    }

    #[test]
    fn whatever_people_paste_becomes_the_address_of_an_issuer() {
        for (pasted, meant) in [
            ("https://id.example.com", "https://id.example.com"),
            ("  https://id.example.com/ \n", "https://id.example.com"),
            ("HTTPS://ID.Example.com", "https://id.example.com"),
            ("<https://id.example.com/a>", "https://id.example.com/a"),
            ("\"id.example.com\"", "https://id.example.com"),
            ("id.example.com:8443/realms/a/", "https://id.example.com:8443/realms/a/"),
            ("//id.example.com", "https://id.example.com"),
            ("localhost:8080", "http://localhost:8080"),
            ("LOCALHOST:8080/realms/a", "http://localhost:8080/realms/a"),
            ("127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("[::1]:3000", "http://[::1]:3000"),
            ("192.168.1.5:3000", "https://192.168.1.5:3000"),
            ("https://localhost", "https://localhost"),
            ("https://id.example.com/?a=b#c", "https://id.example.com"),
            ("https://id.example.com/.well-known/openid-configuration", "https://id.example.com"),
            (
                "id.example.com/realms/a/.well-known/openid-configuration?x",
                "https://id.example.com/realms/a",
            ),
            (
                "https://id.example.com/.well-known/oauth-authorization-server/realms/a",
                "https://id.example.com/realms/a",
            ),
            (
                "https://id.example.com/.well-known/openid-configuration-of-mine",
                "https://id.example.com/.well-known/openid-configuration-of-mine",
            ),
        ] {
            assert_eq!(read(pasted), Ok(meant.to_owned()), "{pasted:?}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_said_next_to_the_field() {
        for bad in [
            "",
            "  ",
            "https://",
            "not an address",
            "ftp://id.example.com",
            "file:///etc/passwd",
            "javascript://x",
            "http://id.example.com",
            "https://alice:pw@id.example.com",
            "alice@id.example.com",
            "https://[::1",
            "https://a b",
            "://",
            "\u{0}",
            "http://10.0.0.5",
        ] {
            assert_eq!(read(bad), Err("address".to_owned()), "{bad:?}");
        }
    }

    #[test]
    fn plain_http_goes_to_the_host_that_is_named_for_it() {
        let network = Network { http_to: "id.corp.example".into(), ..Network::default() };
        let read = understood("http://id.corp.example:8080/a", &network).unwrap();
        assert_eq!(read.shown, "http://id.corp.example:8080/a");
        assert!(understood("http://x.id.corp.example", &network).is_err());
        // Where nothing is written, encryption is tried: naming a host is a permission and no wish.
        assert_eq!(understood("id.corp.example", &network).unwrap().url.scheme(), "https");
    }
}
