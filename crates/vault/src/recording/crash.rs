//! What a crash may leave.

use super::platter::{Content, Names, Platter};
use super::{Disk, SECTOR};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// More states than this are sampled evenly: only a disk that is never synced has so many.
const MOST: usize = 4_096;

/// One state that a crash may leave.
#[derive(Clone, Debug)]
pub struct Crash {
    /// What became of what was not synced, in a few words.
    pub what: String,
    /// The disk as the next start finds it. It is one of its own, and everything on it is safe.
    pub disk: Disk,
}

/// Names, or a file's bytes, as the power may leave them, and how they came to be so.
type Left<T> = Vec<(String, T)>;

impl Disk {
    /// The process ends, and the machine goes on: everything that was written is there.
    #[must_use]
    pub fn after_process_end(&self) -> Crash {
        let platter = self.platter();
        let files = platter.names().filter_map(|name| {
            let bytes = platter.content(name)?;
            Some((name.clone(), bytes))
        });
        Crash { what: "the process ended".to_owned(), disk: Self::holding(files.collect()) }
    }

    /// Every state that a loss of power may leave at this moment, no two alike, the plainest first:
    /// all as it was last synced, all as it was written, emptied files; then what is torn.
    ///
    /// Of a file that was written since it was last synced there may be on disk: what was synced;
    /// what was written, now or in between; nothing; the beginning, up to some sector; or its full
    /// length, the new one or the old one, where each sector holds what was written, what was there
    /// before, or zeroes. Of the changes of names since the folder was last synced any may be undone.
    /// Each file, and the names, are as they are whatever the others are: what was done later may be
    /// there where what was done before it is not.
    ///
    /// Where more than 4,096 states are possible, some that are torn are left out, always the same.
    #[must_use]
    pub fn after_power_loss(&self) -> Vec<Crash> {
        let platter = self.platter();
        let names = names_left(&platter);
        let files: Vec<Left<Vec<u8>>> = platter.files.iter().map(bytes_left).collect();
        let plain = files.iter().map(|left| left.len().min(3)).collect::<Vec<_>>();
        let all = files.iter().map(Vec::len).collect::<Vec<_>>();

        let mut seen = BTreeSet::new();
        let mut crashes = Vec::new();
        for radices in [plain, all] {
            let total = radices.iter().fold(names.len(), |total, of| total.saturating_mul(*of));
            let taken = total.min(MOST);
            for nth in 0..taken {
                // Spread evenly where there are too many.
                let mut rest = if taken == total { nth } else { nth * (total / taken) };
                let mut words = Vec::new();
                let folder = take(&names, names.len(), &mut rest, &mut words);
                let mut contents = Vec::new();
                for (left, radix) in files.iter().zip(&radices) {
                    contents.push(take(left, *radix, &mut rest, &mut words));
                }
                let found: BTreeMap<String, Vec<u8>> = folder
                    .into_iter()
                    .flatten()
                    .filter_map(|(name, file)| {
                        Some((name.clone(), contents.get(*file).copied().flatten()?.clone()))
                    })
                    .collect();
                if seen.insert(found.clone()) {
                    let what = format!("the power failed: {}", words.join(", "));
                    crashes.push(Crash { what, disk: Self::holding(found) });
                }
            }
        }
        crashes
    }

    fn holding(files: BTreeMap<String, Vec<u8>>) -> Self {
        Self(Arc::new(Mutex::new(Platter::holding(files))))
    }
}

/// One digit of a number with mixed radices, as what it stands for.
fn take<'a, T>(
    left: &'a [(String, T)],
    radix: usize,
    rest: &mut usize,
    words: &mut Vec<&'a str>,
) -> Option<&'a T> {
    let (how, it) = left.get(*rest % radix.max(1))?;
    *rest /= radix.max(1);
    if !how.is_empty() {
        words.push(how);
    }
    Some(it)
}

fn names_left(platter: &Platter) -> Left<Names> {
    let changes = &platter.unsynced_names;
    // No call makes more than a few; should there be many, the first ones are taken together.
    let free = changes.len().min(6);
    let (together, apart) = changes.split_at(changes.len() - free);
    let mut left: Left<Names> = Vec::new();
    for present in 0..1_usize << free {
        let mut names = platter.synced_names.clone();
        if present != 0 {
            together.iter().for_each(|change| change.apply(&mut names));
        }
        for (nth, change) in apart.iter().enumerate() {
            if present & (1 << nth) != 0 {
                change.apply(&mut names);
            }
        }
        if !left.iter().any(|(_, known)| *known == names) {
            let undone = free - present.count_ones() as usize;
            let how = if undone == 0 { String::new() } else { format!("{undone} names undone") };
            left.push((how, names));
        }
    }
    left
}

fn bytes_left(file: &Content) -> Left<Vec<u8>> {
    if !file.dirty {
        return vec![(String::new(), file.now.clone())];
    }
    let (old, new) = (&file.synced, &file.now);
    let mut left: Left<Vec<u8>> = vec![
        ("a file as it was synced".to_owned(), old.clone()),
        ("a file as it was written".to_owned(), new.clone()),
        ("a file empty".to_owned(), Vec::new()),
    ];
    left.extend(file.between.iter().map(|it| ("a file as it was between".to_owned(), it.clone())));
    for cut in (SECTOR..new.len()).step_by(SECTOR) {
        let beginning = new.iter().take(cut).copied().collect();
        left.push((format!("a file cut at {cut}"), beginning));
    }
    let sectors = u32::try_from(new.len().div_ceil(SECTOR)).unwrap_or(u32::MAX);
    for torn in 0..3_usize.saturating_pow(sectors).min(MOST) {
        let mut bytes = mixed(old, new, torn);
        left.push((format!("a file torn as {torn}"), bytes.clone()));
        if old.len() > new.len() {
            // What was written got there, and that the file was emptied first did not.
            bytes.extend(old.iter().skip(new.len()));
            left.push((format!("a file torn as {torn}, in its old length"), bytes));
        }
    }
    left
}

/// Each sector as it was written, zeroed, or as it was before: the digits of `torn` say which.
fn mixed(old: &[u8], new: &[u8], torn: usize) -> Vec<u8> {
    let mut digits = torn;
    let mut bytes = Vec::with_capacity(new.len());
    for (nth, sector) in new.chunks(SECTOR).enumerate() {
        let before = old.iter().skip(nth * SECTOR).copied().chain(std::iter::repeat(0));
        match digits % 3 {
            0 => bytes.extend_from_slice(sector),
            1 => bytes.extend(std::iter::repeat_n(0, sector.len())),
            _ => bytes.extend(before.take(sector.len())),
        }
        digits /= 3;
    }
    bytes
}
