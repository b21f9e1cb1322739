//! Settings that somebody else has written: in a file, or in the clear part of a record.

use super::Held;
use super::told::{ACCESS, PASSWORD, REFRESH, holds};
use crate::oauth::OAuthSettings;
use crate::plan::{Plan, is_loopback};
use crate::requests;
use crate::settings::AccountSettings;
use keeper::ports::Credentials;
use keeper::record::{RenewalSecret, Tokens};
use url::Url;

/// Settings of a token API or of an OAuth account, as JSON.
///
/// # Errors
/// The first thing that does not hold.
pub fn settings(input: &[u8]) -> Held {
    if let Ok(settings) = serde_json::from_slice::<AccountSettings>(input) {
        let written = serde_json::to_vec(&settings).map_err(|error| error.to_string())?;
        let again: AccountSettings =
            serde_json::from_slice(&written).map_err(|error| error.to_string())?;
        holds(again == settings, || "settings are written otherwise than read".to_owned())?;
        if let Ok(plan) = Plan::of(&settings) {
            leads_to_its_server(&settings, &plan)?;
        }
    }
    if let Ok(settings) = serde_json::from_slice::<OAuthSettings>(input) {
        let written = serde_json::to_vec(&settings).map_err(|error| error.to_string())?;
        let again: OAuthSettings =
            serde_json::from_slice(&written).map_err(|error| error.to_string())?;
        holds(again == settings, || "settings are written otherwise than read".to_owned())?;
        if settings.problems().is_empty() {
            let url = Url::parse(settings.issuer.trim()).map_err(|error| error.to_string())?;
            may_be_asked(&url, &settings.network.http_to)?;
        }
    }
    Ok(())
}

/// Whatever stands in the paths, requests go to the server whose address is shown, and protected.
fn leads_to_its_server(settings: &AccountSettings, plan: &Plan) -> Held {
    let base = Url::parse(settings.base_url.trim()).map_err(|error| error.to_string())?;
    let credentials = Credentials { user: "alice".into(), password: PASSWORD.into() };
    let mut urls = vec![requests::sign_in(plan, &credentials).url];
    let cookies = RenewalSecret::Cookies(format!("[\"rt={REFRESH}; Path=/\"]").into());
    for renewal in [RenewalSecret::RefreshToken(REFRESH.into()), cookies] {
        let tokens = Tokens::new(ACCESS.into(), renewal);
        urls.extend(requests::refresh(plan, &tokens).ok().map(|sent| sent.url));
        urls.extend(requests::sign_out(plan, &tokens).ok().flatten().map(|sent| sent.url));
        urls.extend(requests::call_api(plan, &tokens.access).and_then(Result::ok).map(|it| it.url));
    }
    for url in urls {
        holds(url.origin() == base.origin(), || format!("{url} is asked, and not {base}"))?;
        holds(url.fragment().is_none(), || format!("{url} has a fragment"))?;
        may_be_asked(&url, &settings.network.http_to)?;
    }
    Ok(())
}

fn may_be_asked(url: &Url, http_to: &str) -> Held {
    let named = url.host_str().is_some_and(|host| !host.is_empty()) && !http_to.trim().is_empty();
    let may = url.scheme() == "https" || (url.scheme() == "http" && (is_loopback(url) || named));
    holds(may, || format!("{url} is asked"))
}
