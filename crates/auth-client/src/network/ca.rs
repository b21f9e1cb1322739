//! Reads the certificates of an authority that somebody adds.

use super::AddedCa;
use crate::plan::SettingsProblem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

/// An authority and those above it fit many times; what is larger is a whole collection, and would be
/// carried by every record of the account. In bytes.
const LARGEST: usize = 64 * 1_024;
/// A name is shown up to here, in characters.
const LONGEST_NAME: usize = 100;
const FIELD: &str = "network.ca";

impl AddedCa {
    /// Reads a file that holds an authority's certificates: PEM with one or several, or one as DER.
    /// Nothing else of the file is kept.
    ///
    /// # Errors
    /// Where it holds no certificate, one that cannot be read, or a private key: that is nobody's
    /// business but its owner's, and would stand here in clear. The field is `network.ca`.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, SettingsProblem> {
        let certificates = certificates_in(bytes).map_err(problem)?;
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        Ok(Self {
            name: name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect(),
            pem: certificates.iter().map(pem).collect(),
            sha256: certificates.first().map(fingerprint).unwrap_or_default(),
        })
    }

    /// The certificates in it.
    ///
    /// # Errors
    /// As [`Self::read`]; and where the fingerprint is another's: somebody would compare it, and
    /// trust what it does not stand for.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, SettingsProblem> {
        let certificates = certificates_in(self.pem.as_bytes()).map_err(problem)?;
        let hex = |c: &char| c.is_ascii_hexdigit();
        let told: String = self.sha256.to_ascii_lowercase().chars().filter(hex).collect();
        if certificates.first().map(fingerprint) != Some(told) {
            return Err(problem(
                "the fingerprint is not that of the certificate; add the file again",
            ));
        }
        Ok(certificates)
    }
}

fn problem(message: &str) -> SettingsProblem {
    SettingsProblem { field: FIELD.into(), message: message.into() }
}

fn certificates_in(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.len() > LARGEST {
        return Err("this file is too large; add only the certificates of the authority itself");
    }
    // An encrypted one is a private key, too.
    let marker = b"PRIVATE KEY-----";
    let has_key = bytes.windows(marker.len()).any(|part| part == marker);
    if has_key || PrivateKeyDer::try_from(bytes).is_ok() {
        return Err("this file holds a private key, which belongs to its owner alone; \
             add a file with the certificate only");
    }
    // DER is one sequence; PEM is text.
    let certificates = if bytes.first() == Some(&0x30) {
        vec![CertificateDer::from(bytes.to_vec())]
    } else {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
        all.map_err(|_| "this file is damaged: a certificate in it cannot be read")?
    };
    if certificates.is_empty() {
        return Err("there is no certificate in this file; a PEM file has lines such as \
             -----BEGIN CERTIFICATE-----");
    }
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        let added = store.add(certificate.clone());
        added.map_err(|_| "what is in this file cannot be read as a certificate")?;
    }
    Ok(certificates)
}

/// RFC 7468 section 2: lines of 64 characters.
fn pem(certificate: &CertificateDer<'static>) -> String {
    let text = STANDARD.encode(certificate);
    let mut lines = String::from("-----BEGIN CERTIFICATE-----\n");
    for (place, c) in text.chars().enumerate() {
        if place > 0 && place % 64 == 0 {
            lines.push('\n');
        }
        lines.push(c);
    }
    lines + "\n-----END CERTIFICATE-----\n"
}

fn fingerprint(certificate: &CertificateDer<'static>) -> String {
    Sha256::digest(certificate).iter().map(|byte| format!("{byte:02x}")).collect()
}
