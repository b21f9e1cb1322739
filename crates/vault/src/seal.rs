//! Sealing: XChaCha20-Poly1305 under the session key.

use crate::contents::{Contents, ContentsOnDisk};
use crate::disk::SessionOnDisk;
use crate::keys::Key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use keeper::record::Session;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const ALGORITHM: &str = "XChaCha20-Poly1305";
const NONCE_BYTES: usize = 24;

/// What is sealed, as it is on disk.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Sealed {
    alg: String,
    nonce: String,
    #[serde(rename = "box")]
    sealed: String,
}

/// Seals a session to everything that `bound` says: it opens beside exactly those bytes.
pub(crate) fn seal(key: &Key, bound: &[u8], contents: &ContentsOnDisk) -> Result<Sealed, String> {
    // Filled once, wiped on every way out; sealing turns it into the sealed bytes in place.
    let mut buffer = Zeroizing::new(Vec::with_capacity(contents.room()));
    serde_json::to_writer(&mut *buffer, contents).map_err(|error| error.to_string())?;
    let mut nonce = [0_u8; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|error| error.to_string())?;
    XChaCha20Poly1305::new(key.bytes().into())
        .encrypt_in_place(&XNonce::from(nonce), bound, &mut *buffer)
        .map_err(|_| "sealing failed".to_owned())?;
    Ok(Sealed {
        alg: ALGORITHM.to_owned(),
        nonce: STANDARD.encode(nonce),
        sealed: STANDARD.encode(&*buffer),
    })
}

/// Opens what [`seal`] sealed. `None`: another key, or something was changed.
pub(crate) fn open(key: &Key, bound: &[u8], sealed: &Sealed) -> Option<Contents> {
    let buffer = opened(key, bound, sealed)?;
    serde_json::from_slice::<ContentsOnDisk>(&buffer).ok().map(Contents::from)
}

/// The same for the first format, which sealed a session and nothing else.
pub(crate) fn open_first_format(key: &Key, bound: &[u8], sealed: &Sealed) -> Option<Contents> {
    let buffer = opened(key, bound, sealed)?;
    serde_json::from_slice::<SessionOnDisk>(&buffer).ok().map(|it| Session::from(it).into())
}

fn opened(key: &Key, bound: &[u8], sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
    if sealed.alg != ALGORITHM {
        return None;
    }
    let nonce: [u8; NONCE_BYTES] = STANDARD.decode(&sealed.nonce).ok()?.try_into().ok()?;
    let mut buffer = Zeroizing::new(STANDARD.decode(&sealed.sealed).ok()?);
    XChaCha20Poly1305::new(key.bytes().into())
        .decrypt_in_place(&XNonce::from(nonce), bound, &mut *buffer)
        .ok()?;
    Some(buffer)
}
