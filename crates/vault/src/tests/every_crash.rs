//! Every state that a crash can leave of everything that a vault does to its files: slots, key file,
//! what is set aside. And each sync in it left out alone: something that was answered for is lost then.

mod scenes;
mod syncs;

use super::keychain::Scripted;
use crate::contract::token;
use crate::keys::Keys;
use crate::recording::{Crash, Disk, Recording};
use crate::{FileVault, SlotFiles};
use keeper::ports::{Vault as _, VaultFailure};
use scenes::{SCENES, Scene};
use std::io::Write as _;
use syncs::Site;
use tempfile::TempDir;

#[test]
fn whenever_a_crash_comes_nothing_is_lost_that_was_answered_for() {
    let mut all = Seen::default();
    for scene in SCENES {
        let seen = played(&scene, None);
        assert!(seen.broken.is_empty(), "{}: {:#?}", scene.name, seen.broken);
        all.states += seen.states;
        all.again += seen.again;
    }
    let words = format!(
        "{} states after a crash read back, and {} after a second crash in the reading\n",
        all.states, all.again
    );
    std::io::stdout().write_all(words.as_bytes()).unwrap();
    assert!(all.states > 800 && all.again > 1_000, "{words}");
}

#[test]
fn without_any_one_of_the_syncs_something_is_lost() {
    // Where the vault sets aside, it syncs the folder at once a second time, to tidy up; see below.
    for site in Site::ALL.into_iter().filter(|site| *site != Site::SetAside) {
        let broken = SCENES.iter().any(|scene| !played(scene, Some(site)).broken.is_empty());
        assert!(broken, "nothing needs the sync of {site:?}");
    }
}

#[test]
fn whatever_is_done_to_a_file_is_safe_by_itself_and_by_each_of_its_syncs() {
    let mut needed = Vec::new();
    for act in syncs::ACTS {
        assert!(act.is_safe_without(None), "{}", act.name);
        needed.extend(Site::ALL.into_iter().filter(|site| !act.is_safe_without(Some(*site))));
    }
    for site in Site::ALL {
        assert!(needed.contains(&site), "nothing needs the sync of {site:?}");
    }
}

/// The first states after a crash are the plainest: all, nothing, or as it was.
const PLAIN: usize = 4;

/// What was seen of one scene.
#[derive(Debug, Default)]
struct Seen {
    /// States that were read back.
    states: usize,
    /// Those that a crash left while the first state was read.
    again: usize,
    /// What did not hold.
    broken: Vec<String>,
}

/// A disk, and a folder for the locks beside it.
struct Bench {
    disk: Disk,
    locks: TempDir,
}

impl Bench {
    fn on(disk: Disk) -> Self {
        Self { disk, locks: tempfile::tempdir().unwrap() }
    }

    /// Another one in the same state.
    fn twin(&self) -> Self {
        Self::on(self.disk.after_process_end().disk)
    }

    fn slots(&self) -> Recording {
        Recording::new(&self.disk, SlotFiles::new(self.locks.path(), "alice").unwrap())
    }

    fn vault(&self) -> FileVault {
        over(self.slots())
    }

    /// A process that ends after so many steps; and whether it answers for this before.
    fn dies(&self, steps: usize, deed: fn(&FileVault) -> Result<(), VaultFailure>) -> bool {
        let slots = self.slots().ending_after(steps, || ());
        let done = deed(&over(slots.clone()));
        // What only tidies up may fail without a word; the dead answer for nothing all the same.
        done.is_ok() && !slots.has_ended()
    }

    /// What the next start finds: whose turn it is, and with what, or that it cannot be opened.
    /// Reading mends things, so this is done on a copy.
    fn said(&self) -> Result<(u64, String), ()> {
        let record = self.twin().vault().read().map_err(drop)?.record;
        Ok((record.as_ref().map_or(0, |record| record.epoch), token(record.as_ref())))
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        self.disk.names().iter().any(|name| self.disk.content(name).as_deref() == Some(bytes))
    }
}

/// There is no keychain: the key is in the key file, on the same disk.
fn over(slots: Recording) -> FileVault {
    let keys = Keys::new(Scripted::absent(), slots.key_file());
    FileVault::new(slots, keys)
}

/// What has to hold of a scene, whenever it is stopped.
struct Law<'a> {
    scene: &'a Scene,
    before: Result<(u64, String), ()>,
    after: Result<(u64, String), ()>,
    /// Contents that nobody may lose.
    kept: Vec<Vec<u8>>,
}

impl Law<'_> {
    fn holds(&self, crash: &Bench, answered: bool) -> Result<(), String> {
        let found = crash.said();
        if found != self.after && (answered || found != self.before) {
            return Err(format!("it is {found:?}"));
        }
        if !self.kept.iter().all(|bytes| crash.holds(bytes)) {
            return Err("what was to be set aside is gone".to_owned());
        }
        let names = crash.disk.names();
        if answered && names.iter().any(|name| (self.scene.gone)(name)) {
            return Err(format!("still there: {names:?}"));
        }
        Ok(())
    }
}

/// Plays a scene, ending it after every step, and looks at every state that this may leave.
fn played(scene: &Scene, left_out: Option<Site>) -> Seen {
    let mut seen = Seen::default();
    let (start, kept) = (scene.set)();
    let finished = start.twin();
    (scene.deed)(&finished.vault()).unwrap();
    let law = Law { scene, before: start.said(), after: finished.said(), kept };
    for last in 0.. {
        let bench = start.twin();
        if let Some(site) = left_out {
            site.leave_out_on(&bench.disk);
        }
        let answered = bench.dies(last, scene.deed);
        for (nth, crash) in crashes(&bench.disk).enumerate() {
            let found = Bench::on(crash.disk);
            seen.states += 1;
            let case = || format!("after {last} steps, {answered}, {}", crash.what);
            if let Err(why) = law.holds(&found, answered) {
                seen.broken.push(format!("{}: {why}", case()));
                if left_out.is_some() {
                    return seen;
                }
            }
            // What makes states differ here is in the first ones; torn is torn.
            if left_out.is_none() && (nth < PLAIN || nth.is_multiple_of(7)) {
                read_and_stopped(&law, &found, answered, &case, &mut seen);
                if let Err(why) = scenes::goes_on(&found) {
                    seen.broken.push(format!("{}: it does not go on: {why}", case()));
                }
            }
        }
        if answered {
            return seen;
        }
    }
    seen
}

fn crashes(disk: &Disk) -> impl Iterator<Item = Crash> {
    [disk.after_process_end()].into_iter().chain(disk.after_power_loss())
}

/// Reading mends what it finds. It is stopped in that as well: the plainest states it may leave, and
/// some that are torn.
fn read_and_stopped(
    law: &Law<'_>,
    found: &Bench,
    answered: bool,
    case: &dyn Fn() -> String,
    seen: &mut Seen,
) {
    let whole = found.twin();
    let _found = whole.vault().read();
    for last in 0..whole.disk.steps().len() {
        let bench = found.twin();
        bench.dies(last, |vault| vault.read().map(drop));
        let crashes: Vec<_> = crashes(&bench.disk).collect();
        let (plain, torn) = crashes.split_at(crashes.len().min(PLAIN));
        for crash in plain.iter().chain(torn.iter().skip(last % 29).step_by(29)) {
            seen.again += 1;
            if let Err(why) = law.holds(&Bench::on(crash.disk.clone()), answered) {
                let again = format!("then after {last} steps of a reading, {}", crash.what);
                seen.broken.push(format!("{}; {again}: {why}", case()));
            }
        }
    }
}
