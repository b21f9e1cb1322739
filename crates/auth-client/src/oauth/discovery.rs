//! What a server says of itself (OpenID Connect Discovery section 4, RFC 8414 section 3).

use super::redirect::cleaned;
use super::settings::{Discovered, Flow, OAuthAccount, OAuthSettings};
use super::well_known::{Came, Documents, Fetched, Likeness, Reader, Stranger};
use super::{SignInTrouble, Tell};
use crate::plan::SettingsProblem;
use engine::{Class, Failure};
use keeper::ports::Clock;
use std::sync::Arc;

/// Another issuer's name is shown up to here, in characters.
pub(super) const LONGEST_SHOWN: usize = 300;

/// Reads both documents of the issuer, where they are; what neither tells has to be typed over.
///
/// A document whose issuer is not the one that was asked for, to the letter, is refused (RFC 8414
/// section 3.3). Where there is no document at all, endpoints that are typed over suffice.
///
/// # Errors
/// [`SignInTrouble::Settings`] and [`SignInTrouble::Failed`].
pub async fn discover(
    settings: &OAuthSettings,
    clock: Arc<dyn Clock>,
    tell: &Tell,
) -> Result<Discovered, SignInTrouble> {
    let (at, headers) = settings.to_ask()?;
    let reader = Reader { network: &settings.network, headers, clock };
    let asked = settings.issuer.as_str();
    let heard = |fetched: &Fetched| tell(fetched.told());
    let documents = Documents::read(&reader, &at, |told| told == asked, heard).await;

    let discovered = match documents.merged() {
        Some((_, document)) => document.told,
        None => without_documents(settings, documents)?,
    };
    let account = OAuthAccount { settings: settings.clone(), discovered };
    match account.missing() {
        Some(problem) => Err(problem.into()),
        None => Ok(account.discovered),
    }
}

fn without_documents(
    settings: &OAuthSettings,
    documents: Documents,
) -> Result<Discovered, SignInTrouble> {
    if let Some(other) = documents.strangers.first() {
        return Err(stranger(&settings.issuer, other).into());
    }
    let mut worst = None;
    for fetched in documents.fetched {
        let (named, passing) = match fetched.came {
            Came::Nothing { why, .. } => (why, true),
            Came::Else(named, _) => {
                let passing = passes(named.class, fetched.exchange.status);
                (named, passing)
            }
            Came::Document(_) => continue,
        };
        let exchange = fetched.exchange;
        let absent = matches!(exchange.status, Some(404 | 410));
        let failure =
            Failure { class: named.class, retry_after_ms: named.retry_after_ms, exchange };
        // A passing trouble says that there may well be a document: what is typed over would then be
        // used without what protects it.
        if passing {
            return Err(Box::new(failure).into());
        }
        if !absent && worst.is_none() {
            worst = Some(failure);
        }
    }
    let typed = &settings.endpoints;
    let begins = match settings.flow {
        Flow::Browser => &typed.authorization,
        Flow::Device => &typed.device_authorization,
    };
    if !begins.trim().is_empty() && !typed.token.trim().is_empty() {
        return Ok(Discovered { issuer: settings.issuer.clone(), ..Discovered::default() });
    }
    match worst {
        Some(failure) => Err(Box::new(failure).into()),
        None => Err(SettingsProblem {
            field: "issuer".into(),
            message: "this server publishes nothing of itself at this address; check it, or write \
                      its endpoints by hand"
                .into(),
        }
        .into()),
    }
}

/// Whether the server may answer otherwise in a while. A plain 500 is what some say of any address that
/// they do not know.
pub(super) fn passes(class: Class, status: Option<u16>) -> bool {
    match class {
        Class::NotSent | Class::Throttled => true,
        Class::UnknownOutcome | Class::ServerTrouble => {
            !matches!(status, Some(200..=299 | 500 | 501))
        }
        Class::SetUp | Class::NotTheAuthServer | Class::UnclearRefusal | Class::Refused => false,
    }
}

/// A document of somebody else's.
pub(super) fn stranger(asked: &str, other: &Stranger) -> SettingsProblem {
    // Its own words: they stand in a sentence of ours.
    let told = cleaned(&other.issuer, LONGEST_SHOWN);
    let message = match Likeness::of(asked, &other.issuer) {
        _ if other.is_a_template() => format!(
            "this address stands for many organisations (\"{told}\"); write that of your own"
        ),
        Likeness::Same | Likeness::Written => {
            format!("the server writes its issuer \"{told}\": it has to be the same to the letter")
        }
        Likeness::Other => {
            format!("the document at this address is another issuer's, \"{told}\", and is not used")
        }
    };
    SettingsProblem { field: "issuer".into(), message }
}
