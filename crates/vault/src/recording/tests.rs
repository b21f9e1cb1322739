//! The simulated disk keeps what a disk keeps, and no more.

use super::{Disk, Recording, Step, Sync};
use crate::contract::{sample, token};
use crate::keys::{FileKey, FixedKey, Key, Keys};
use crate::{FileVault, Slot, SlotFiles, Slots as _};
use keeper::ports::Vault as _;
use keeper::record::Record;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

const A: &str = "alice-a.json";

fn slots(disk: &Disk, folder: &TempDir) -> Recording {
    Recording::new(disk, SlotFiles::new(folder.path(), "alice").unwrap())
}

fn vault(slots: Recording) -> FileVault {
    let keys = Keys::new(FixedKey(Key::new([7; 32])), FileKey::new(slots.folder()));
    FileVault::new(slots, keys)
}

fn long(letter: &str) -> Value {
    json!({ "text": letter.repeat(1_200) })
}

/// Everything that may be in slot A after a loss of power.
fn left(disk: &Disk) -> Vec<Option<Vec<u8>>> {
    disk.after_power_loss().iter().map(|crash| crash.disk.content(A)).collect()
}

#[test]
fn a_write_is_the_steps_that_a_store_file_goes_through() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    slots(&disk, &folder).write(Slot::A, &long("x")).unwrap();
    let a = || A.to_owned();
    assert_eq!(
        disk.steps(),
        [
            Step::Create(a()),
            Step::Truncate(a()),
            Step::Write(a()),
            Step::Write(a()),
            Step::Write(a()),
            Step::SyncFile(a()),
            Step::SyncFolder
        ]
    );
    assert_eq!(disk.content(A).unwrap(), serde_json::to_vec_pretty(&long("x")).unwrap());
}

#[test]
fn what_a_write_has_answered_for_survives_every_loss() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    slots(&disk, &folder).write(Slot::A, &long("x")).unwrap();
    assert_eq!(left(&disk), [disk.content(A)]);
    slots(&disk, &folder).remove(Slot::A).unwrap();
    assert_eq!(left(&disk), [None]);
}

#[test]
fn what_is_not_synced_may_be_there_or_not_or_be_torn() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    slots(&disk, &folder).write(Slot::A, &long("x")).unwrap();
    let old = disk.content(A).unwrap();
    // Truncated, and two of three sectors written.
    let dying = slots(&disk, &folder).ending_after(3, || ());
    assert!(dying.write(Slot::A, &long("y")).is_err());
    let part = disk.content(A).unwrap();
    assert_eq!(part.len(), 1_024);
    let states = left(&disk);
    assert_eq!(states[..3], [Some(old.clone()), Some(part.clone()), Some(Vec::new())]);
    let torn = [part[..512].to_vec(), vec![0; 512]].concat();
    let mixed = [old[..512].to_vec(), part[512..].to_vec()].concat();
    assert!(states.contains(&Some(torn)) && states.contains(&Some(mixed)));
    assert!(states.contains(&Some(part[..512].to_vec())));
    assert_eq!(states.len(), states.iter().collect::<BTreeSet<_>>().len());
    assert_eq!(disk.after_process_end().disk.content(A), Some(part));
}

#[test]
fn a_name_is_as_safe_as_its_folder_was_synced() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    disk.leave_out(Sync::Folder);
    slots(&disk, &folder).write(Slot::A, &long("x")).unwrap();
    let content = disk.content(A);
    assert_eq!(left(&disk), [None, content.clone()]);
    let aside = slots(&disk, &folder).set_aside(Slot::A).unwrap();
    let both = |crash: &super::Crash| (crash.disk.content(A), crash.disk.content(&aside));
    let states: Vec<_> = disk.after_power_loss().iter().map(both).collect();
    assert_eq!(states.len(), 3, "never made, made, set aside: {states:?}");
    assert!(states.contains(&(None, content)));
}

#[test]
fn without_the_file_sync_any_former_content_may_be_back() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    disk.leave_out(Sync::File);
    let mut contents = vec![Some(Vec::new())];
    for letter in ["x", "y", "z"] {
        slots(&disk, &folder).write(Slot::A, &long(letter)).unwrap();
        contents.push(disk.content(A));
    }
    let states = left(&disk);
    assert!(contents.iter().all(|content| states.contains(content)));
}

#[test]
fn a_process_that_has_ended_does_nothing_more() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let dying = slots(&disk, &folder).ending_after(2, move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    assert!(!dying.has_ended());
    assert!(dying.write(Slot::A, &long("x")).is_err());
    assert!(dying.has_ended());
    assert!(dying.read_raw(Slot::A).is_err());
    assert!(dying.remove(Slot::A).is_err());
    assert!(dying.set_aside(Slot::A).is_err());
    assert!(dying.remove_set_aside(0).is_err());
    assert_eq!(told.load(Ordering::SeqCst), 5);
    assert_eq!(disk.steps(), [Step::Create(A.to_owned()), Step::Truncate(A.to_owned())]);

    let never_lived = slots(&disk, &folder).ending_after(0, || ());
    assert!(never_lived.write(Slot::B, &long("x")).is_err());
    assert_eq!(disk.steps().len(), 2);
}

#[test]
fn whichever_step_is_the_last_the_record_is_the_one_before_or_the_one_after() {
    let folder = tempfile::tempdir().unwrap();
    let out = |epoch| Record { session: None, ..sample(epoch, "") };
    let life = [
        (sample(1, "first"), sample(1, "second")),
        (sample(1, "second"), out(2)),
        (out(2), sample(3, "third")),
        (sample(3, "third"), sample(4, "another account")),
    ];
    let said = |record: Option<&Record>| (record.map_or(0, |found| found.epoch), token(record));
    let mut states = 0;
    for (before, after) in life {
        for last in 0.. {
            let disk = Disk::new();
            vault(slots(&disk, &folder)).change(&mut |_| Some(before.clone())).unwrap();
            let dying = vault(slots(&disk, &folder).ending_after(last, || ()));
            let saved = dying.change(&mut |_| Some(after.clone())).is_ok();
            let crashes = disk.after_power_loss().into_iter().chain([disk.after_process_end()]);
            for crash in crashes {
                let found = vault(slots(&crash.disk, &folder)).read().unwrap();
                let found = said(found.record.as_ref());
                let is = found == said(Some(&after));
                let was = found == said(Some(&before)) && !saved;
                assert!(is || was, "{found:?} after {last} steps, saved: {saved}: {}", crash.what);
                states += 1;
            }
            if saved {
                break;
            }
        }
    }
    assert!(states > 150, "{states} states");
}
