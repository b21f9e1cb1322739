//! Where one account's server is asked: its endpoints, and the way to each.

use super::settings::OAuthAccount;
use crate::network::Network;
use crate::plan::{self, SettingsProblem};
use crate::transport::{Arrived, Line, Lost, Outgoing, Timing};
use keeper::ports::Clock;
use std::sync::Arc;
use url::Url;

/// One endpoint.
pub(crate) struct Place {
    pub(crate) url: Url,
    line: Arc<Line>,
}

impl Place {
    /// Sends a request there, once.
    pub(crate) async fn send(
        &self,
        request: &Outgoing,
        quickly: bool,
    ) -> (Timing, Result<Arrived, Lost>) {
        self.line.send(request, quickly).await
    }
}

/// The endpoints that the app asks by itself; the browser's are not among them.
pub(crate) struct Places {
    pub(crate) token: Place,
    pub(crate) device_authorization: Option<Place>,
    pub(crate) revocation: Option<Place>,
    pub(crate) userinfo: Option<Place>,
    pub(crate) api: Option<Place>,
}

impl Places {
    /// # Errors
    /// The first address that cannot be asked. Of those that the server itself has told, only the
    /// token endpoint is needed: another one that cannot be asked is as good as none.
    pub(crate) fn of(
        account: &OAuthAccount,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, SettingsProblem> {
        let (settings, told) = (&account.settings, account.endpoints());
        let typed = &settings.endpoints;
        let mut ways = Ways { network: &settings.network, clock, known: Vec::new() };
        Ok(Self {
            token: ways.to("endpoints.token", &told.token)?,
            device_authorization: ways.perhaps(
                "endpoints.deviceAuthorization",
                &typed.device_authorization,
                &told.device_authorization,
            )?,
            revocation: ways.perhaps(
                "endpoints.revocation",
                &typed.revocation,
                &told.revocation,
            )?,
            userinfo: ways.perhaps("endpoints.userinfo", &typed.userinfo, &told.userinfo)?,
            api: ways.perhaps("apiUrl", &settings.api_url, &settings.api_url)?,
        })
    }
}

/// The ways that were found so far: endpoints of one origin share theirs.
struct Ways<'a> {
    network: &'a Network,
    clock: &'a Arc<dyn Clock>,
    known: Vec<(url::Origin, Arc<Line>)>,
}

impl Ways<'_> {
    fn perhaps(
        &mut self,
        field: &str,
        typed: &str,
        in_use: &str,
    ) -> Result<Option<Place>, SettingsProblem> {
        match self.to(field, in_use) {
            Ok(place) => Ok(Some(place)),
            Err(_) if typed.trim().is_empty() => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    fn to(&mut self, field: &str, address: &str) -> Result<Place, SettingsProblem> {
        let url = usable(address, self.network)
            .map_err(|message| SettingsProblem { field: field.into(), message: message.into() })?;
        let origin = url.origin();
        let known = self.known.iter().find(|(known, _)| *known == origin);
        let line = known.map(|(_, line)| Arc::clone(line)).unwrap_or_else(|| {
            let line = Arc::new(Line::to(&url, self.network, Arc::clone(self.clock)));
            self.known.push((origin, Arc::clone(&line)));
            line
        });
        Ok(Place { url, line })
    }
}

/// An address that tokens may be sent to, or why they may not (RFC 6749 section 3.2).
pub(crate) fn usable(address: &str, network: &Network) -> Result<Url, &'static str> {
    if address.trim().is_empty() {
        return Err("the server did not say where this is; type it over");
    }
    match plan::address(address, network)? {
        url if url.fragment().is_some() => Err("leave out what stands after #"),
        url => Ok(url),
    }
}
