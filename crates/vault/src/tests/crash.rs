//! Every state that a loss of power can leave between two writes or within one, read back.
//!
//! A write is durable once it returns, so that at most one slot is ever in between: it holds its old
//! bytes, its new ones, nothing, or what reached the disk of the new ones, in sectors of 512 bytes
//! and in any order, with zeroes where a sector is missing.

use super::{Bench, ids_of, save, signed_out, signed_out_with, token_of};
use crate::Slot;
use crate::contract::{sample, unrevoked};
use keeper::record::Record;

type Bytes = Option<Vec<u8>>;

/// What may be on disk when the power fails while `new` is written over `old`.
fn torn(old: &Bytes, new: &[u8]) -> Vec<Bytes> {
    let sectors = new.len().div_ceil(512);
    let mut states = vec![old.clone(), Some(new.to_vec()), Some(Vec::new())];
    for present in 0..1_u32 << sectors {
        let mut bytes = vec![0; new.len()];
        for sector in (0..sectors).filter(|sector| present & (1 << sector) != 0) {
            let range = sector * 512..new.len().min((sector + 1) * 512);
            bytes[range.clone()].copy_from_slice(&new[range]);
        }
        states.push(Some(bytes));
    }
    for cut in (512..new.len()).step_by(512) {
        states.push(Some(new[..cut].to_vec()));
    }
    states
}

fn both(bench: &Bench) -> [Bytes; 2] {
    Slot::BOTH.map(|slot| std::fs::read(bench.path(slot)).ok())
}

/// A folder with these two slots.
fn with(slots: &[Bytes; 2]) -> Bench {
    let bench = Bench::new();
    for (slot, bytes) in Slot::BOTH.into_iter().zip(slots) {
        if let Some(bytes) = bytes {
            bench.put(slot, bytes);
        }
    }
    bench
}

/// Who is signed in, and with what; and who has still to be told of which session's end.
fn said(record: Option<&Record>) -> (u64, String, Vec<u64>) {
    let epoch = record.map_or(0, |record| record.epoch);
    (epoch, crate::contract::token(record), ids_of(record))
}

fn with_outbox(record: Record, ids: &[u64]) -> Record {
    Record { outbox: ids.iter().map(|id| unrevoked(*id)).collect(), ..record }
}

#[test]
fn whenever_the_power_fails_the_record_is_the_one_before_or_the_one_after() {
    let life = [
        sample(1, "first"),
        sample(1, "second"),
        sample(1, "third"),
        signed_out_with(2, &[1]),
        signed_out_with(2, &[1, 2]),
        signed_out_with(2, &[2]),
        with_outbox(sample(3, "fourth"), &[2]),
        sample(3, "told at last"),
        signed_out(4),
        sample(5, "fourth again"),
        sample(6, "another account"),
        sample(6, "fifth"),
    ];
    let bench = Bench::new();
    let mut states = 0;
    for step in life {
        let before = both(&bench);
        let was = said(bench.read().record.as_ref());
        let new_epoch = was.0 != step.epoch;
        bench.save(step);
        let after = both(&bench);
        let is = said(bench.read().record.as_ref());

        // The order of the two halves: the one with the lower generation was written first.
        let first = if new_epoch { bench.newest().other() } else { bench.newest() };
        let at = |slot: Slot| usize::from(slot == Slot::B);
        let mut crashes = Vec::new();
        for state in torn(&before[at(first)], after[at(first)].as_ref().unwrap()) {
            let mut slots = before.clone();
            slots[at(first)] = state;
            crashes.push(slots);
        }
        if new_epoch {
            let second = first.other();
            for state in torn(&before[at(second)], after[at(second)].as_ref().unwrap()) {
                let mut slots = after.clone();
                slots[at(second)] = state;
                crashes.push(slots);
            }
        }
        for slots in crashes {
            let crashed = with(&slots);
            let reading = crashed.read();
            let found = said(reading.record.as_ref());
            assert!(found == was || found == is, "{found:?}, was {was:?}, is {is:?}");
            let untouched = slots == before;
            if found == was && found != is && !untouched {
                assert!(reading.fell_back, "back to {was:?} in silence");
            }
            if found == is {
                let certain = slots == after || new_epoch;
                assert!(!(certain && reading.fell_back), "{is:?} doubted without a reason");
            }
            // Signed in or out, it is ours.
            let settings = reading.record.map(|record| record.account);
            assert_eq!(crashed.vault().vouched_settings().unwrap(), settings, "{found:?}");
            // And life goes on.
            let epoch = found.0 + 1;
            save(&crashed.vault(), sample(epoch, "later")).unwrap();
            assert_eq!(token_of(&crashed.read()), "later");
            states += 1;
        }
    }
    assert!(states > 100, "{states} states");
}
