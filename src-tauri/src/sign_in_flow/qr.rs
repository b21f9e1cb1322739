//! A link as a QR code.

use crate::wire::Qr;
use qrcode::{Color, QrCode};
use std::fmt::Write as _;

/// The picture of a link; `None` where it is too long for one.
pub(super) fn of(link: &str) -> Option<Qr> {
    let code = QrCode::new(link).ok()?;
    let (size, colours) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in colours.chunks(size).enumerate() {
        let mut x = 0;
        // Runs of dark modules, each a bar of its own.
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                let long = run.len();
                write!(path, "M{x} {y}h{long}v1h-{long}z").ok()?;
            }
            x += run.len();
        }
    }
    Some(Qr { size: u32::try_from(size).ok()?, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that a path paints dark.
    fn painted(qr: &Qr) -> Vec<bool> {
        let size = qr.size as usize;
        let mut dark = vec![false; size * size];
        for bar in qr.path.split_terminator('z') {
            let (at, rest) = bar.strip_prefix('M').unwrap().split_once('h').unwrap();
            let (x, y) = at.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let long: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            assert_eq!(rest, format!("{long}v1h-{long}"));
            dark[y * size + x..][..long].fill(true);
        }
        dark
    }

    #[test]
    fn the_picture_is_the_code_module_by_module() {
        let link = "https://id.example.com/device?user_code=WDJB-MJHT";
        let qr = of(link).unwrap();
        let code: Vec<bool> =
            QrCode::new(link).unwrap().to_colors().iter().map(|it| *it == Color::Dark).collect();
        assert_eq!(painted(&qr), code);
        // Each of its corners begins with a bar of seven.
        assert!(qr.path.starts_with("M0 0h7v1h-7z"), "{}", qr.path);
    }

    #[test]
    fn a_link_that_is_too_long_has_no_picture() {
        assert_eq!(of(&"x".repeat(8_000)), None);
    }
}
