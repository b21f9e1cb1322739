//! What is on the screen, and whether it is what one waits for.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use crate::harness::Desk;

/// Every so many rows are looked at: letters are higher.
const EVERY: usize = 4;
/// A colour on more than this share of what is looked at is an area, and may be there before anything
/// is on it.
const AREA: f64 = 0.02;
/// Painted is what shows so much of what it will show. The rest may be a countdown that goes on, and
/// what tells how long ago something was.
const PAINTED: f64 = 0.9;
/// So much is left out at each side: what the window manager draws there is there first, and `xdotool`
/// counts it in on some of them.
const MARGIN: usize = 48;
/// How often the screen is looked at.
const STEP: Duration = Duration::from_millis(2);
/// Nothing takes longer to be painted.
const IN_VAIN: Duration = Duration::from_secs(60);

/// The screen of a desk.
pub(super) struct Screen {
    file: File,
    /// Where the pixels begin in it, in bytes.
    pixels: usize,
    /// Of a row, in bytes.
    row: usize,
    place: [usize; 4],
}

/// What is looked at of a window's content: a number for each pixel.
type Look = Vec<u32>;

/// What a window shows whenever it has settled: its letters and lines, not its areas.
pub(super) struct Likeness(Vec<(usize, u32)>);

impl Screen {
    /// The part of a desk's screen at `place`: left, top, width and height.
    pub(super) fn of(desk: &Desk, place: [usize; 4]) -> Self {
        let file = File::open(desk.picture()).expect("the screen is kept in a file");
        let word = |index: u64| {
            let mut bytes = [0; 4];
            file.read_exact_at(&mut bytes, index * 4).expect("the file has a head");
            u32::from_be_bytes(bytes) as usize
        };
        // The words of the head are: its own size, version, format, depth, width, height, x offset,
        // byte order, unit, bit order, pad, bits of a pixel, bytes of a row, class, three masks, bits
        // of a colour, entries of the colour map, colours.
        assert_eq!((word(1), word(11)), (7, 32), "a picture of another kind");
        let [left, top, width, height] = place;
        let inside = [left + MARGIN, top + MARGIN, width - 2 * MARGIN, height - 2 * MARGIN];
        let (pixels, row) = (word(0) + word(19) * 12, word(12));
        Self { pixels, row, place: inside, file }
    }

    /// What is there now.
    pub(super) fn look(&self) -> Look {
        let [left, top, width, height] = self.place;
        let mut row = vec![0; width * 4];
        let mut look = Vec::with_capacity(width * height / EVERY);
        for y in (top..top + height).step_by(EVERY) {
            let at = self.pixels + y * self.row + left * 4;
            self.file.read_exact_at(&mut row, at as u64).expect("the window is on the screen");
            let pixels = row.chunks_exact(4);
            look.extend(pixels.map(|pixel| u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0])));
        }
        look
    }

    /// Waits until it is painted; how long after `start` that was, in milliseconds.
    pub(super) fn painted(&self, likeness: &Likeness, start: Instant) -> f64 {
        loop {
            let share = likeness.share(&self.look());
            let took = start.elapsed();
            if share >= PAINTED {
                return took.as_secs_f64() * 1e3;
            }
            assert!(took < IN_VAIN, "only {share} of what it should show is there");
            std::thread::sleep(STEP);
        }
    }
}

impl Likeness {
    /// What is the same in both of two starts.
    pub(super) fn of(first: &Look, second: &Look) -> Self {
        let mut colours: HashMap<u32, usize> = HashMap::new();
        for pixel in first {
            *colours.entry(*pixel).or_default() += 1;
        }
        let is_area = |pixel: &u32| colours[pixel] as f64 > first.len() as f64 * AREA;
        let both = first.iter().zip(second).enumerate();
        let same = both.filter(|(_, (one, other))| one == other && !is_area(one));
        let likeness = Self(same.map(|(at, (pixel, _))| (at, *pixel)).collect());
        assert!(likeness.0.len() > 50, "nothing is on it but areas");
        likeness
    }

    /// How much of it is there.
    pub(super) fn share(&self, look: &Look) -> f64 {
        let there = self.0.iter().filter(|(at, pixel)| look.get(*at) == Some(pixel)).count();
        there as f64 / self.0.len() as f64
    }
}

#[test]
fn a_window_is_painted_by_its_letters_and_not_by_its_areas() {
    let (ground, ink) = (0x00ff_ffff, 0x0020_2020);
    let letters = |look: &mut Look| look[400..500].fill(ink);
    // Ink on a twentieth would be an area: there are twelve thousand pixels.
    let mut settled = vec![ground; 12_000];
    letters(&mut settled);
    let mut with_countdown = settled.clone();
    with_countdown[450..460].fill(0x0010_1010);
    let likeness = Likeness::of(&settled, &with_countdown);

    let empty = vec![ground; 12_000];
    assert!(likeness.share(&empty) < 0.01, "the ground alone");
    assert!(likeness.share(&settled) >= PAINTED);
    let mut later = settled.clone();
    later[450..460].fill(0x0040_4040);
    assert!(likeness.share(&later) >= PAINTED, "a countdown goes on");
    later[400..420].fill(ground);
    assert!(likeness.share(&later) < PAINTED, "letters are missing");
}
