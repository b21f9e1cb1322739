//! The system's proxy: used as the system says, and named when something fails.

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::ClientBuilder;
use url::Url;

/// How requests leave.
pub(crate) enum Proxying {
    /// As the environment or the system's settings say.
    System(Box<Matcher>),
    /// Straight: what is on this computer is never asked through a proxy.
    Never,
    /// Through this one.
    #[cfg(test)]
    Through(Url),
}

impl Proxying {
    pub(crate) fn for_server(loopback: bool) -> Self {
        if loopback { Self::Never } else { Self::System(Box::new(Matcher::from_system())) }
    }

    pub(super) fn applied_to(&self, client: ClientBuilder) -> ClientBuilder {
        match self {
            // reqwest reads the same settings by the same means.
            Self::System(_) => client,
            Self::Never => client.no_proxy(),
            #[cfg(test)]
            Self::Through(proxy) => client.proxy(reqwest::Proxy::all(proxy.clone()).unwrap()),
        }
    }

    /// Host and port of the proxy that a request to `url` goes through.
    pub(super) fn for_url(&self, url: &Url) -> Option<String> {
        match self {
            Self::System(matcher) => {
                let proxy = matcher.intercept(&url.as_str().parse().ok()?)?;
                // Without what may stand before an @: a name and a password.
                let (host, port) = (proxy.uri().host()?, proxy.uri().port_u16());
                Some(port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
            }
            Self::Never => None,
            #[cfg(test)]
            Self::Through(proxy) => {
                Some(format!("{}:{}", proxy.host_str().unwrap(), proxy.port().unwrap()))
            }
        }
    }
}
