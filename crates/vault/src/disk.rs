//! What the keeper's words look like on disk. A shape of its own for each of them, so that renaming
//! something in memory cannot make an old file unreadable, and so that tokens can be written down in
//! this crate alone.

use engine::{Ended, Identity, Lifetime};
use keeper::record::{IdCheck, Intent, RenewalSecret, Session, Stamp, Tokens};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use zeroize::Zeroizing;

/// [`Stamp`] on disk.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StampOnDisk {
    wall_ms: i64,
    boot_ms: i64,
    boot_id: String,
    clock_offset_ms: Option<i64>,
}

/// [`Identity`] on disk.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct IdentityOnDisk {
    user: String,
    name: String,
}

/// [`Session`] on disk: sealed.
#[derive(Serialize, Deserialize)]
pub(crate) struct SessionOnDisk {
    access: SecretOnDisk,
    renewal: RenewalOnDisk,
    fingerprint_key: Zeroizing<[u8; 32]>,
    asked: StampOnDisk,
    lifetime: LifetimeOnDisk,
    refresh_in_ms: Option<i64>,
    refresh_lifetime_ms: Option<i64>,
    refused: bool,
    // Not there before it was kept: `refused` alone says no more than that.
    #[serde(default, skip_serializing_if = "is_false")]
    answer_lost: bool,
    intent: Option<IntentOnDisk>,
    confirmed_wall_ms: Option<i64>,
    refreshes: u32,
    refresh_end_moved: Option<bool>,
    wait_until: Option<StampOnDisk>,
    // Not there before OpenID Connect was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<SecretOnDisk>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<SecretOnDisk>,
    #[serde(default, skip_serializing_if = "IdCheckOnDisk::is_passed")]
    id_check: IdCheckOnDisk,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// [`IdCheck`] on disk.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum IdCheckOnDisk {
    #[default]
    Passed,
    Pending,
    Failed,
}

impl IdCheckOnDisk {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
    fn is_passed(&self) -> bool {
        *self == Self::Passed
    }
}

impl From<IdCheck> for IdCheckOnDisk {
    fn from(check: IdCheck) -> Self {
        match check {
            IdCheck::Passed => Self::Passed,
            IdCheck::Pending => Self::Pending,
            IdCheck::Failed => Self::Failed,
        }
    }
}

impl From<IdCheckOnDisk> for IdCheck {
    fn from(check: IdCheckOnDisk) -> Self {
        match check {
            IdCheckOnDisk::Passed => Self::Passed,
            IdCheckOnDisk::Pending => Self::Pending,
            IdCheckOnDisk::Failed => Self::Failed,
        }
    }
}

// Tagged from outside: serde buffers an inner tag's content in memory that nobody wipes.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RenewalOnDisk {
    RefreshToken(SecretOnDisk),
    Cookies(SecretOnDisk),
    AccessToken,
    Nothing,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LifetimeOnDisk {
    ToldMs(i64),
    Unknown(Option<String>),
}

#[derive(Serialize, Deserialize)]
struct IntentOnDisk {
    fingerprint: u64,
    since_wall_ms: i64,
}

/// A secret that may be written down: only ever into a buffer that is sealed and wiped.
pub(crate) struct SecretOnDisk(pub(crate) SecretString);

impl SecretOnDisk {
    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        self.0.expose_secret().len()
    }
}

impl Serialize for SecretOnDisk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for SecretOnDisk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = SecretOnDisk;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret")
            }

            // A copy of exactly its size: turning it into a `SecretString` moves nothing, so that
            // no second copy is left behind.
            fn visit_str<E>(self, text: &str) -> Result<SecretOnDisk, E> {
                Ok(SecretOnDisk(SecretString::from(text)))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl From<&Stamp> for StampOnDisk {
    fn from(stamp: &Stamp) -> Self {
        let Stamp { wall_ms, boot_ms, boot_id, clock_offset_ms } = stamp.clone();
        Self { wall_ms, boot_ms, boot_id, clock_offset_ms }
    }
}

impl From<StampOnDisk> for Stamp {
    fn from(stamp: StampOnDisk) -> Self {
        let StampOnDisk { wall_ms, boot_ms, boot_id, clock_offset_ms } = stamp;
        Self { wall_ms, boot_ms, boot_id, clock_offset_ms }
    }
}

impl StampOnDisk {
    /// How many bytes of text are in it.
    pub(crate) fn text(&self) -> usize {
        self.boot_id.len()
    }
}

impl From<RenewalSecret> for RenewalOnDisk {
    fn from(renewal: RenewalSecret) -> Self {
        match renewal {
            RenewalSecret::RefreshToken(token) => Self::RefreshToken(SecretOnDisk(token)),
            RenewalSecret::Cookies(cookies) => Self::Cookies(SecretOnDisk(cookies)),
            RenewalSecret::AccessToken => Self::AccessToken,
            RenewalSecret::Nothing => Self::Nothing,
        }
    }
}

impl From<RenewalOnDisk> for RenewalSecret {
    fn from(renewal: RenewalOnDisk) -> Self {
        match renewal {
            RenewalOnDisk::RefreshToken(token) => Self::RefreshToken(token.0),
            RenewalOnDisk::Cookies(cookies) => Self::Cookies(cookies.0),
            RenewalOnDisk::AccessToken => Self::AccessToken,
            RenewalOnDisk::Nothing => Self::Nothing,
        }
    }
}

impl RenewalOnDisk {
    /// How many bytes of text are in it.
    pub(crate) fn text(&self) -> usize {
        match self {
            Self::RefreshToken(text) | Self::Cookies(text) => text.len(),
            Self::AccessToken | Self::Nothing => 0,
        }
    }
}

impl From<&Identity> for IdentityOnDisk {
    fn from(identity: &Identity) -> Self {
        let Identity { user, name } = identity.clone();
        Self { user, name }
    }
}

impl From<IdentityOnDisk> for Identity {
    fn from(identity: IdentityOnDisk) -> Self {
        let IdentityOnDisk { user, name } = identity;
        Self { user, name }
    }
}

impl From<&Session> for SessionOnDisk {
    fn from(session: &Session) -> Self {
        let Session {
            tokens: Tokens { access, renewal, id, client_secret },
            fingerprint_key,
            asked,
            lifetime,
            refresh_in_ms,
            refresh_lifetime_ms,
            refused,
            intent,
            confirmed_wall_ms,
            refreshes,
            refresh_end_moved,
            wait_until,
            id_check,
        } = session.clone();
        Self {
            access: SecretOnDisk(access),
            renewal: renewal.into(),
            fingerprint_key,
            asked: StampOnDisk::from(&asked),
            lifetime: match lifetime {
                Lifetime::Told(ms) => LifetimeOnDisk::ToldMs(ms),
                Lifetime::Unknown(said) => LifetimeOnDisk::Unknown(said),
            },
            refresh_in_ms,
            refresh_lifetime_ms,
            refused: refused.is_some(),
            answer_lost: refused == Some(Ended::AnswerLost),
            intent: intent.map(|Intent { fingerprint, since_wall_ms }| IntentOnDisk {
                fingerprint,
                since_wall_ms,
            }),
            confirmed_wall_ms,
            refreshes,
            refresh_end_moved,
            wait_until: wait_until.as_ref().map(StampOnDisk::from),
            id_token: id.map(SecretOnDisk),
            client_secret: client_secret.map(SecretOnDisk),
            id_check: id_check.into(),
        }
    }
}

impl From<SessionOnDisk> for Session {
    fn from(session: SessionOnDisk) -> Self {
        Self {
            tokens: Tokens {
                access: session.access.0,
                renewal: session.renewal.into(),
                id: session.id_token.map(|id| id.0),
                client_secret: session.client_secret.map(|secret| secret.0),
            },
            fingerprint_key: session.fingerprint_key,
            asked: session.asked.into(),
            lifetime: match session.lifetime {
                LifetimeOnDisk::ToldMs(ms) => Lifetime::Told(ms),
                LifetimeOnDisk::Unknown(said) => Lifetime::Unknown(said),
            },
            refresh_in_ms: session.refresh_in_ms,
            refresh_lifetime_ms: session.refresh_lifetime_ms,
            refused: session.refused.then_some(if session.answer_lost {
                Ended::AnswerLost
            } else {
                Ended::Refused
            }),
            intent: session.intent.map(|intent| Intent {
                fingerprint: intent.fingerprint,
                since_wall_ms: intent.since_wall_ms,
            }),
            confirmed_wall_ms: session.confirmed_wall_ms,
            refreshes: session.refreshes,
            refresh_end_moved: session.refresh_end_moved,
            wait_until: session.wait_until.map(Into::into),
            id_check: session.id_check.into(),
        }
    }
}

impl SessionOnDisk {
    /// More bytes than it takes written down, so that the buffer never moves while it is filled: a
    /// moved buffer leaves its secrets behind.
    pub(crate) fn room(&self) -> usize {
        // A character takes at most six: \u00XX. The rest is names, numbers and a boot's id.
        let said = match &self.lifetime {
            LifetimeOnDisk::Unknown(Some(said)) => said.len(),
            LifetimeOnDisk::Unknown(None) | LifetimeOnDisk::ToldMs(_) => 0,
        };
        let waits = self.wait_until.as_ref().map_or(0, StampOnDisk::text);
        let more = [&self.id_token, &self.client_secret];
        let more: usize = more.into_iter().flatten().map(SecretOnDisk::len).sum();
        let text =
            self.access.len() + self.renewal.text() + said + self.asked.text() + waits + more;
        6 * text + 2048
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::sample;

    #[test]
    fn a_session_without_an_id_token_is_written_as_before_there_were_any_and_read_as_good() {
        let session = sample(1, "kept").session.unwrap();
        let written = serde_json::to_value(SessionOnDisk::from(&session)).unwrap();
        for member in ["id_token", "client_secret", "id_check"] {
            assert!(written.get(member).is_none(), "{member}");
        }
        let read: SessionOnDisk = serde_json::from_value(written).unwrap();
        let read = Session::from(read);
        assert_eq!(read.id_check, IdCheck::Passed);
        assert!(read.tokens.id.is_none() && read.tokens.client_secret.is_none());
    }

    #[test]
    fn how_a_refusal_ended_a_session_is_kept() {
        for refused in [None, Some(Ended::Refused), Some(Ended::AnswerLost)] {
            let session = Session { refused, ..sample(1, "kept").session.unwrap() };
            let written = serde_json::to_value(SessionOnDisk::from(&session)).unwrap();
            // Older versions read this member, and know no other.
            assert_eq!(written["refused"], refused.is_some());
            assert_eq!(written.get("answer_lost").is_some(), refused == Some(Ended::AnswerLost));
            let read: SessionOnDisk = serde_json::from_value(written).unwrap();
            assert_eq!(Session::from(read).refused, refused);
        }
    }

    #[test]
    fn a_refusal_from_before_it_was_kept_what_was_lost_is_a_refusal() {
        let refused = Some(Ended::AnswerLost);
        let session = Session { refused, ..sample(1, "kept").session.unwrap() };
        let mut written = serde_json::to_value(SessionOnDisk::from(&session)).unwrap();
        let lost = written.as_object_mut().unwrap().remove("answer_lost");
        assert_eq!(lost, Some(true.into()));
        let read: SessionOnDisk = serde_json::from_value(written).unwrap();
        assert_eq!(Session::from(read).refused, Some(Ended::Refused));
    }
}
