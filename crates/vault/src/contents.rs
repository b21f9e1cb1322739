//! What is sealed in a record: the session, and the outbox.

use crate::canonical::canonical;
use crate::disk::{RenewalOnDisk, SecretOnDisk, SessionOnDisk, StampOnDisk};
use keeper::record::{Keep, Session, Tokens, Unrevoked};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

/// So many entries of an outbox are kept, the newest: each is retried at most hourly and dropped after
/// 30 days, so that more of them are a mistake and no work to be done.
pub(crate) const MOST: usize = 32;

/// What is sealed.
pub(crate) struct Contents {
    /// `None`: signed out.
    pub(crate) session: Option<Session>,
    pub(crate) outbox: Vec<Unrevoked>,
}

impl From<Session> for Contents {
    /// What the first format sealed.
    fn from(session: Session) -> Self {
        Self { session: Some(session), outbox: Vec::new() }
    }
}

/// [`Contents`] on disk.
#[derive(Serialize, Deserialize)]
pub(crate) struct ContentsOnDisk {
    session: Option<SessionOnDisk>,
    outbox: Vec<UnrevokedOnDisk>,
}

/// [`Unrevoked`] on disk; where it may be kept goes without saying.
#[derive(Serialize, Deserialize)]
struct UnrevokedOnDisk {
    id: u64,
    account: Value,
    user: String,
    access: SecretOnDisk,
    renewal: RenewalOnDisk,
    // Neither was there before OpenID Connect was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<SecretOnDisk>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<SecretOnDisk>,
    /// Older versions did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint_key: Option<Zeroizing<[u8; 32]>>,
    since: StampOnDisk,
    ends_wall_ms: Option<i64>,
    tries: u32,
    next_try: Option<StampOnDisk>,
}

impl ContentsOnDisk {
    pub(crate) fn new(session: Option<&Session>, outbox: &[Unrevoked]) -> Self {
        Self {
            session: session.map(SessionOnDisk::from),
            outbox: outbox.iter().map(UnrevokedOnDisk::from).collect(),
        }
    }

    /// See [`SessionOnDisk::room`].
    pub(crate) fn room(&self) -> usize {
        let session = self.session.as_ref().map_or(0, SessionOnDisk::room);
        session + self.outbox.iter().map(UnrevokedOnDisk::room).sum::<usize>() + 256
    }
}

impl UnrevokedOnDisk {
    fn room(&self) -> usize {
        let next_try = self.next_try.as_ref().map_or(0, StampOnDisk::text);
        let text = self.user.len() + self.access.len() + self.renewal.text() + self.since.text();
        let more = [&self.id_token, &self.client_secret];
        let more: usize = more.into_iter().flatten().map(SecretOnDisk::len).sum();
        6 * (text + next_try + more) + canonical(&self.account).len() + 1024
    }
}

impl From<&Unrevoked> for UnrevokedOnDisk {
    fn from(entry: &Unrevoked) -> Self {
        let Unrevoked {
            id,
            account,
            user,
            tokens,
            fingerprint_key,
            keep: _,
            since,
            ends_wall_ms,
            tries,
            next_try,
        } = entry.clone();
        Self {
            id,
            account,
            user,
            access: SecretOnDisk(tokens.access),
            renewal: tokens.renewal.into(),
            id_token: tokens.id.map(SecretOnDisk),
            client_secret: tokens.client_secret.map(SecretOnDisk),
            fingerprint_key,
            since: StampOnDisk::from(&since),
            ends_wall_ms,
            tries,
            next_try: next_try.as_ref().map(StampOnDisk::from),
        }
    }
}

impl From<UnrevokedOnDisk> for Unrevoked {
    fn from(entry: UnrevokedOnDisk) -> Self {
        Self {
            id: entry.id,
            account: entry.account,
            user: entry.user,
            tokens: Tokens {
                access: entry.access.0,
                renewal: entry.renewal.into(),
                id: entry.id_token.map(|id| id.0),
                client_secret: entry.client_secret.map(|secret| secret.0),
            },
            fingerprint_key: entry.fingerprint_key,
            keep: Keep::Disk,
            since: entry.since.into(),
            ends_wall_ms: entry.ends_wall_ms,
            tries: entry.tries,
            next_try: entry.next_try.map(Into::into),
        }
    }
}

impl From<ContentsOnDisk> for Contents {
    fn from(contents: ContentsOnDisk) -> Self {
        Self {
            session: contents.session.map(Session::from),
            outbox: contents.outbox.into_iter().map(Unrevoked::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{sample, unrevoked};

    #[test]
    fn an_entry_from_before_the_key_was_kept_with_it_is_read() {
        let contents = ContentsOnDisk::new(sample(1, "kept").session.as_ref(), &[unrevoked(1)]);
        let mut written = serde_json::to_value(contents).unwrap();
        let key = written["outbox"][0].as_object_mut().unwrap().remove("fingerprint_key");
        assert!(key.is_some());
        let read: ContentsOnDisk = serde_json::from_value(written).unwrap();
        let read = Contents::from(read);
        assert!(read.session.is_some());
        assert_eq!((read.outbox[0].id, &read.outbox[0].fingerprint_key), (1, &None));
    }
}
