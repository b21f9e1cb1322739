//! Where a browser may be sent back to, and with what.

use url::{Host, Url};

use super::id_token::other_issuer;
use super::switches::{Lie, OpenIdSwitches};

/// The address, if the browser may be sent there.
pub(crate) fn permitted(uri: &str, switches: &OpenIdSwitches) -> Option<Url> {
    let url = Url::parse(uri).ok()?;
    // RFC 6749 section 3.1.2 wants no fragment.
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    if switches.redirect_uris.is_empty() {
        return is_loopback(&url).then_some(url);
    }
    let registered = switches
        .redirect_uris
        .iter()
        .any(|known| known == uri || Url::parse(known).is_ok_and(|known| any_port(&known, &url)));
    registered.then_some(url)
}

/// Whether `known` is a loopback address without a port and `url` is the same with one
/// (RFC 8252 section 7.3).
fn any_port(known: &Url, url: &Url) -> bool {
    let mut without = url.clone();
    is_loopback(known)
        && known.port().is_none()
        && without.set_port(None).is_ok()
        && without == *known
}

/// Plain http to this computer.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    here && url.scheme() == "http"
}

/// The address with an answer in it: a code or an error, `state` as it came, and `iss`
/// (RFC 9207 section 2).
pub(crate) fn answered(
    mut back: Url,
    answer: &[(&str, &str)],
    state: Option<&str>,
    issuer: &str,
    switches: &OpenIdSwitches,
) -> String {
    {
        let mut query = back.query_pairs_mut();
        query.extend_pairs(answer);
        if let Some(state) = state.filter(|_| switches.lie != Lie::StateMissingInRedirect) {
            let wrong = switches.lie == Lie::StateWrongInRedirect;
            query.append_pair("state", if wrong { "a state that nobody sent" } else { state });
        }
        if switches.lie == Lie::IssWrongInRedirect {
            query.append_pair("iss", &other_issuer(issuer));
        } else if switches.offers_iss_parameter && switches.lie != Lie::IssMissingInRedirect {
            query.append_pair("iss", issuer);
        }
    }
    back.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes(uri: &str, registered: &[&str]) -> bool {
        let redirect_uris = registered.iter().map(|&uri| uri.to_owned()).collect();
        permitted(uri, &OpenIdSwitches { redirect_uris, ..OpenIdSwitches::default() }).is_some()
    }

    #[test]
    fn a_browser_is_sent_back_to_this_computer_and_nowhere_else() {
        for uri in ["http://127.0.0.1:5000/cb", "http://[::1]:1/", "http://localhost:9/a?b=c"] {
            assert!(goes(uri, &[]), "{uri}");
        }
        for uri in [
            "https://example.com/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "http://me@127.0.0.1/",
            "http://127.0.0.1/#part",
            "//example.com",
            "javascript:alert(1)",
        ] {
            assert!(!goes(uri, &[]), "{uri}");
        }
    }

    #[test]
    fn a_registered_loopback_address_without_a_port_stands_for_every_port() {
        assert!(goes("http://127.0.0.1:5000/cb", &["http://127.0.0.1/cb"]));
        assert!(!goes("http://127.0.0.1:5000/other", &["http://127.0.0.1/cb"]));
        assert!(!goes("http://127.0.0.1:5001/cb", &["http://127.0.0.1:5000/cb"]));
        assert!(goes("com.example.app:/cb", &["com.example.app:/cb"]));
        assert!(!goes("https://example.com:8443/", &["https://example.com/"]));
    }
}
