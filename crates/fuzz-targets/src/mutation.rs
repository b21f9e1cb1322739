//! Changes inputs, the same way for the same seed.
//!
//! Why not a library: bolero's engine for a plain `cargo test` draws bytes anew and mutates no corpus,
//! so that hardly one input gets past the first line of a parser; mutatis mutates lists of numbers,
//! and knows neither the words of a format nor how to splice; libFuzzer's own mutator and LibAFL's come
//! with their engines.

use fastrand::Rng;
use std::iter::repeat_n;
use std::ops::Range;

/// Numbers at which readers go wrong.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1e308",
    "1e309",
    "NaN",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "253402300800",
    "0.0000001",
];
/// Characters that end something, or are not what they seem.
const CHARACTERS: [&str; 16] = [
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "\n",
    "\r\n",
    "\0",
    "%",
    "&",
    "\u{202e}",
    "\u{200b}",
    "\u{85}",
    "\u{1f600}",
    "\u{feff}",
];

/// Makes new inputs of old ones.
pub struct Mutator<'a> {
    rng: Rng,
    seeds: &'a [Vec<u8>],
    largest: usize,
}

impl<'a> Mutator<'a> {
    /// Mutates these seeds, to at most so many bytes.
    #[must_use]
    pub fn new(seed: u64, seeds: &'a [Vec<u8>], largest: usize) -> Self {
        Self { rng: Rng::with_seed(seed), seeds, largest }
    }

    /// The next input: a seed after one to four changes.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.rng.choice(self.seeds).cloned().unwrap_or_default();
        for _ in 0..self.rng.usize(1..=4) {
            self.change(&mut input);
            input.truncate(self.largest);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.rng.usize(0..=input.len());
        let piece = self.piece(input);
        match self.rng.u8(0..10) {
            0 => input.truncate(at),
            1 => drop(input.drain(piece)),
            2 => insert(input, at, &[self.rng.u8(..)]),
            3 => {
                let bit = 1 << self.rng.u8(0..8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= bit;
                }
            }
            4 => put(input, piece, self.rng.choice(NUMBERS).unwrap_or("").as_bytes()),
            5 => insert(input, at, self.rng.choice(CHARACTERS).unwrap_or("").as_bytes()),
            6 => {
                let copy = input.get(piece).unwrap_or_default().to_vec();
                insert(input, at, &copy);
            }
            7 => {
                let times = 1 << self.rng.u32(1..12);
                let room = self.largest.saturating_sub(input.len());
                let copy = input.get(piece).unwrap_or_default().repeat(times);
                insert(input, at, copy.get(..room.min(copy.len())).unwrap_or_default());
            }
            // What stands between two marks here takes the place of what does there.
            _ => {
                let Some(other) = self.rng.choice(self.seeds) else { return };
                let from = self.piece(other);
                put(input, piece, other.get(from).unwrap_or_default());
            }
        }
    }

    /// A piece, most often from one mark of the format to another.
    fn piece(&mut self, of: &[u8]) -> Range<usize> {
        let (a, b) = (self.rng.usize(0..=of.len()), self.rng.usize(0..=of.len().min(24)));
        let end = (a + b).min(of.len());
        let is_mark = |byte: &u8| b"\n\",:{}[]=&;. ".contains(byte);
        if self.rng.u8(0..4) == 0 {
            return a..end;
        }
        let start = of.iter().take(a).rposition(is_mark).map_or(0, |at| at + 1);
        let length = of.iter().skip(start).position(is_mark).unwrap_or(b);
        start..(start + length).min(of.len())
    }
}

fn insert(into: &mut Vec<u8>, at: usize, what: &[u8]) {
    let at = at.min(into.len());
    into.splice(at..at, what.iter().copied());
}

fn put(into: &mut Vec<u8>, place: Range<usize>, what: &[u8]) {
    into.splice(place, what.iter().copied());
}

/// Repeats a piece of an input until it is as large as it may be: what takes longer than the input is
/// long shows by that.
#[must_use]
pub fn swell(input: &[u8], largest: usize, seed: u64) -> Vec<u8> {
    let seeds = [input.to_vec()];
    let mut mutator = Mutator::new(seed, &seeds, largest);
    let piece = mutator.piece(input);
    let (end, piece) = (piece.end, input.get(piece.start..=piece.end).or(input.get(piece)));
    let piece = piece.filter(|piece| !piece.is_empty()).unwrap_or(b"[");
    let times = largest.saturating_sub(input.len()) / piece.len();
    let mut swollen = input.to_vec();
    swollen.splice(end..end, repeat_n(piece, times).flatten().copied());
    swollen.truncate(largest);
    swollen
}
