//! Device codes, from the device's request to its person's answer (RFC 8628).

use serde::{Deserialize, Serialize};

use crate::token::{NoRandomness, TokenHash};

/// How many are remembered. A forgotten one is unknown, which is also a refusal.
const MOST_DEVICES: usize = 50;

/// How much sooner than told a poll may come, in milliseconds: networks are not that regular.
const LEEWAY_MS: u64 = 500;

/// What `slow_down` adds to the pace, in milliseconds (RFC 8628 section 3.5).
const SLOWER_MS: u64 = 5_000;

/// The letters of a user code: no vowels, so that it spells nothing, and none that look alike
/// (RFC 8628 section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    hash: TokenHash,
    user_code: String,
    client_id: String,
    scope: String,
    expires_ms: u64,
    /// How far apart polls have to be.
    pace_ms: u64,
    polled_ms: Option<u64>,
    standing: Standing,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Standing {
    Waiting,
    Denied,
    Approved {
        username: String,
        at_ms: u64,
    },
    /// The tokens were given.
    Spent,
}

/// What a person decides about a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Let it in as this user.
    Approve(String),
    Deny,
}

/// What a device wants.
pub(crate) struct Wanted {
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) lifetime_ms: u64,
    pub(crate) pace_ms: u64,
}

/// Who let a device in.
pub(crate) struct LetIn {
    pub(crate) username: String,
    pub(crate) scope: String,
    pub(crate) at_ms: u64,
}

/// Why a poll gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotYet {
    #[error("nobody has answered yet")]
    Pending,
    #[error("this comes too soon after the last time")]
    TooSoon,
    #[error("the person said no")]
    Denied,
    #[error("nobody answered in time")]
    Expired,
    #[error("the device code is unknown")]
    Unknown,
}

impl NotYet {
    /// Its error code (RFC 8628 section 3.5).
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Pending => "authorization_pending",
            Self::TooSoon => "slow_down",
            Self::Denied => "access_denied",
            Self::Expired => "expired_token",
            Self::Unknown => "invalid_grant",
        }
    }

    /// Whether the device may go on polling.
    pub(crate) fn goes_on(self) -> bool {
        match self {
            Self::Pending | Self::TooSoon => true,
            Self::Denied | Self::Expired | Self::Unknown => false,
        }
    }
}

/// The device codes of late, oldest first.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Devices(Vec<Device>);

impl Devices {
    pub(crate) fn issue(&mut self, device_code: &str, wanted: Wanted, now_ms: u64) {
        let Wanted { user_code, client_id, scope, lifetime_ms, pace_ms } = wanted;
        self.0.push(Device {
            hash: TokenHash::of(device_code),
            user_code,
            client_id,
            scope,
            expires_ms: now_ms.saturating_add(lifetime_ms),
            pace_ms,
            polled_ms: None,
            standing: Standing::Waiting,
        });
        if self.0.len() > MOST_DEVICES {
            self.0.remove(0);
        }
    }

    /// Answers a poll. `slow_down` wants it to come too soon.
    pub(crate) fn poll(
        &mut self,
        shown: TokenHash,
        client_id: &str,
        slow_down: bool,
        now_ms: u64,
    ) -> Result<LetIn, NotYet> {
        let device = self.0.iter_mut().find(|it| it.hash == shown && it.client_id == client_id);
        let device = device.ok_or(NotYet::Unknown)?;
        if device.standing == Standing::Spent {
            return Err(NotYet::Unknown);
        }
        if now_ms >= device.expires_ms {
            return Err(NotYet::Expired);
        }
        let early = device.polled_ms.is_some_and(|last| {
            now_ms.saturating_add(LEEWAY_MS) < last.saturating_add(device.pace_ms)
        });
        device.polled_ms = Some(now_ms);
        if early || slow_down {
            device.pace_ms = device.pace_ms.saturating_add(SLOWER_MS);
            return Err(NotYet::TooSoon);
        }
        match std::mem::replace(&mut device.standing, Standing::Spent) {
            Standing::Approved { username, at_ms } => {
                Ok(LetIn { username, scope: device.scope.clone(), at_ms })
            }
            other @ (Standing::Waiting | Standing::Denied | Standing::Spent) => {
                let denied = other == Standing::Denied;
                device.standing = other;
                Err(if denied { NotYet::Denied } else { NotYet::Pending })
            }
        }
    }

    /// What client wants what scope with this user code, if it still waits.
    pub(crate) fn waiting(&self, user_code: &str, now_ms: u64) -> Option<(&str, &str)> {
        let device = self.0.iter().find(|it| it.waits_as(user_code, now_ms))?;
        Some((&device.client_id, &device.scope))
    }

    /// Answers the device with this user code, or all that wait, and says how many that were.
    pub(crate) fn decide(
        &mut self,
        user_code: Option<&str>,
        decision: &Decision,
        now_ms: u64,
    ) -> usize {
        let meant = |device: &&mut Device| match user_code {
            Some(user_code) => device.waits_as(user_code, now_ms),
            None => device.waits(now_ms),
        };
        let answered = self.0.iter_mut().filter(meant).map(|device| {
            device.standing = match decision {
                Decision::Approve(username) => {
                    Standing::Approved { username: username.clone(), at_ms: now_ms }
                }
                Decision::Deny => Standing::Denied,
            };
        });
        answered.count()
    }
}

impl Device {
    fn waits(&self, now_ms: u64) -> bool {
        self.standing == Standing::Waiting && now_ms < self.expires_ms
    }

    /// Whatever way the code is typed (RFC 8628 section 6.1).
    fn waits_as(&self, typed: &str, now_ms: u64) -> bool {
        let letters = |text: &str| -> Vec<char> {
            let letters = text.chars().filter(char::is_ascii_alphabetic);
            letters.map(|letter| letter.to_ascii_uppercase()).collect()
        };
        self.waits(now_ms) && letters(typed) == letters(&self.user_code)
    }
}

/// A new user code: eight letters in two groups.
pub(crate) fn user_code() -> Result<String, NoRandomness> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes)?;
    let letter = |byte: &u8| LETTERS.get(usize::from(*byte) % LETTERS.len()).copied();
    let letters: String = bytes.iter().filter_map(letter).map(char::from).collect();
    let (one, two) = letters.split_at(4);
    Ok(format!("{one}-{two}"))
}
