//! From records and answers to what the engine may know of them, and back.

use crate::ports::{Answer, Clock};
use crate::record::{IdCheck, Record, RenewalSecret, Session, Stamp, Tokens};
use engine::{Boot, Fingerprint, Grant, HOUR, Identity, Now, Renewal, Snapshot, Wall};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

/// 64 bits of HMAC-SHA-256 of a secret, under this session's key.
pub(crate) fn fingerprint(key: &[u8; 32], secret: &SecretString) -> Fingerprint {
    // A key of 32 bytes is never refused; without a mac everything would look alike, and nothing leak.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Fingerprint(0) };
    mac.update(secret.expose_secret().as_bytes());
    let bytes = mac.finalize().into_bytes();
    Fingerprint(bytes.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
}

/// The fingerprint of what renews these tokens: the access token's own where it renews itself.
pub(crate) fn renewal_fingerprint(key: &[u8; 32], tokens: &Tokens) -> Option<Fingerprint> {
    match &tokens.renewal {
        RenewalSecret::RefreshToken(secret) | RenewalSecret::Cookies(secret) => {
            Some(fingerprint(key, secret))
        }
        RenewalSecret::AccessToken => Some(fingerprint(key, &tokens.access)),
        RenewalSecret::Nothing => None,
    }
}

/// A fresh key for fingerprints.
pub(crate) fn new_key() -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    if getrandom::fill(key.as_mut_slice()).is_err() {
        // Fingerprints would be comparable between sessions; they would still tell nothing.
        tracing::warn!("the system gave no randomness for a fingerprint key");
    }
    key
}

/// What the engine may know of a session.
pub(crate) fn grant(session: &Session, asked: Now) -> Grant {
    let key = &session.fingerprint_key;
    Grant {
        access: fingerprint(key, &session.tokens.access),
        renewal: match &session.tokens.renewal {
            RenewalSecret::RefreshToken(secret) | RenewalSecret::Cookies(secret) => {
                Renewal::RefreshToken {
                    fingerprint: fingerprint(key, secret),
                    lifetime_ms: session.refresh_lifetime_ms,
                }
            }
            RenewalSecret::AccessToken => Renewal::Itself,
            RenewalSecret::Nothing => Renewal::No,
        },
        asked,
        lifetime: session.lifetime.clone(),
        refresh_in_ms: session.refresh_in_ms,
    }
}

/// What the engine may know of a record. `fell_back`: a newer record was damaged, so the outcome of
/// the last refresh is unknown. `None` where nobody is signed in.
pub(crate) fn snapshot(record: &Record, fell_back: bool, clock: &dyn Clock) -> Option<Snapshot> {
    let session = record.session.as_ref()?;
    let asked = moment(&session.asked);
    Some(Snapshot {
        epoch: record.epoch,
        identity: record
            .identity
            .clone()
            .unwrap_or_else(|| Identity { user: String::new(), name: String::new() }),
        grant: grant(session, asked),
        same_boot: session.asked.boot_id == clock.boot_id(),
        saved_wall_ms: record.written.wall_ms,
        clock_offset_ms: record.written.clock_offset_ms,
        refused: session.refused,
        intent: session.intent.is_some() || fell_back,
        confirmed_wall_ms: session.confirmed_wall_ms,
        refreshes: session.refreshes,
        refresh_end_moved: session.refresh_end_moved,
        wait_until: session.wait_until.as_ref().map(moment),
        same_boot_wait: session
            .wait_until
            .as_ref()
            .is_some_and(|until| until.boot_id == clock.boot_id()),
        id_token_bad: session.id_check == IdCheck::Failed,
    })
}

/// How much is left until then, in milliseconds: at most an hour, whatever the clocks have done since
/// it was written down; negative once it is over.
pub(crate) fn left_ms(until: &Stamp, clock: &dyn Clock) -> i64 {
    let (now, until_then) = (clock.now(), moment(until));
    let same_boot = until.boot_id == clock.boot_id();
    let left = if same_boot { until_then.boot - now.boot } else { until_then.wall - now.wall };
    left.min(HOUR)
}

fn moment(stamp: &Stamp) -> Now {
    Now { wall: Wall(stamp.wall_ms), boot: Boot(stamp.boot_ms) }
}

/// This moment, as a record keeps it.
pub(crate) fn stamp(at: Now, clock: &dyn Clock, clock_offset_ms: Option<i64>) -> Stamp {
    Stamp { wall_ms: at.wall.0, boot_ms: at.boot.0, boot_id: clock.boot_id(), clock_offset_ms }
}

/// The session that an answer begins, or goes on with after `refreshes` refreshes.
pub(crate) fn session(
    answer: &Answer,
    key: Zeroizing<[u8; 32]>,
    refreshes: u32,
    clock: &dyn Clock,
    clock_offset_ms: Option<i64>,
) -> Session {
    Session {
        tokens: answer.tokens.clone(),
        fingerprint_key: key,
        asked: stamp(answer.asked, clock, clock_offset_ms),
        lifetime: answer.lifetime.clone(),
        refresh_in_ms: answer.refresh_in_ms,
        refresh_lifetime_ms: answer.refresh_lifetime_ms,
        refused: None,
        intent: None,
        confirmed_wall_ms: Some(clock.now().wall.0),
        refreshes,
        refresh_end_moved: None,
        wait_until: None,
        id_check: answer.id_check,
    }
}
