//! What a vault does to its files, each from a state of its own.

use super::Bench;
use crate::FileVault;
use crate::contract::{sample, token};
use crate::recording::Disk;
use crate::tests::{save, signed_out};
use keeper::ports::{Vault as _, VaultFailure};

/// Something that a vault does.
pub(super) struct Scene {
    pub(super) name: &'static str,
    /// What is there before, and contents that must not be lost by it.
    pub(super) set: fn() -> (Bench, Vec<Vec<u8>>),
    pub(super) deed: fn(&FileVault) -> Result<(), VaultFailure>,
    /// Names that must not be there once it was answered for.
    pub(super) gone: fn(&str) -> bool,
}

pub(super) const SCENES: [Scene; 12] = [
    scene("a first sign-in", || (nobody(), vec![]), |vault| saved(vault, sample(1, "first"))),
    scene("a renewal", || (renewed(0), vec![]), |vault| saved(vault, sample(1, "next"))),
    scene("a renewal in slot A", || (renewed(1), vec![]), |vault| saved(vault, sample(1, "next"))),
    scene("a renewal in slot B", || (renewed(2), vec![]), |vault| saved(vault, sample(1, "next"))),
    Scene {
        gone: is_aside,
        ..scene("a sign-out", || (with_damage_aside(), vec![]), |vault| saved(vault, signed_out(2)))
    },
    scene("a sign-in after it", || (out(), vec![]), |vault| saved(vault, sample(3, "third"))),
    scene("another sign-in", || (renewed(1), vec![]), |vault| saved(vault, sample(2, "another"))),
    scene("a reading of damage", damaged, |vault| vault.read().map(drop)),
    scene("a reading of half a sign-out", || (half_out(), vec![]), |vault| vault.read().map(drop)),
    scene("a sign-in over what has no key", shut, |vault| saved(vault, sample(2, "anew"))),
    Scene { gone: any, ..scene("forgetting", || (renewed(1), vec![]), forgotten) },
    Scene {
        gone: any,
        ..scene("forgetting what had been damaged", || (with_damage_aside(), vec![]), forgotten)
    },
];

const fn scene(
    name: &'static str,
    set: fn() -> (Bench, Vec<Vec<u8>>),
    deed: fn(&FileVault) -> Result<(), VaultFailure>,
) -> Scene {
    Scene { name, set, deed, gone: nothing }
}

fn nothing(_: &str) -> bool {
    false
}

fn any(_: &str) -> bool {
    true
}

fn is_aside(name: &str) -> bool {
    name.contains(".damaged-")
}

fn saved(vault: &FileVault, record: keeper::record::Record) -> Result<(), VaultFailure> {
    save(vault, record).map(drop)
}

fn forgotten(vault: &FileVault) -> Result<(), VaultFailure> {
    vault.forget_if(&|| true).map(drop)
}

fn nobody() -> Bench {
    Bench::on(Disk::new())
}

/// Signed in, and renewed so many times.
fn renewed(times: u32) -> Bench {
    let bench = nobody();
    saved(&bench.vault(), sample(1, "first")).unwrap();
    for nth in 0..times {
        saved(&bench.vault(), sample(1, &format!("renewed {nth}"))).unwrap();
    }
    bench
}

fn out() -> Bench {
    let bench = renewed(1);
    saved(&bench.vault(), signed_out(2)).unwrap();
    bench
}

/// A sign-out that was stopped between its two slots.
fn half_out() -> Bench {
    for steps in 1.. {
        let bench = renewed(1);
        let answered = bench.dies(steps, |vault| {
            vault.read()?;
            saved(vault, signed_out(2))
        });
        assert!(!answered, "it was never half done");
        if bench.said() == Ok((2, token(None))) {
            return bench;
        }
    }
    unreachable!()
}

/// The newest slot is cut short.
fn damaged() -> (Bench, Vec<Vec<u8>>) {
    let bench = renewed(1);
    let newest = newest(&bench);
    let half: Vec<u8> = bench.disk.content(&newest).unwrap().into_iter().take(600).collect();
    bench.disk.put(&newest, &half);
    (bench, vec![half])
}

/// Damage was set aside, and the session goes on.
fn with_damage_aside() -> Bench {
    let (bench, _) = damaged();
    bench.vault().read().unwrap();
    saved(&bench.vault(), sample(1, "went on")).unwrap();
    bench
}

/// The key file is gone; it may turn up, and what it opens must be there then.
fn shut() -> (Bench, Vec<Vec<u8>>) {
    let bench = renewed(1);
    let slots = ["alice-a.json", "alice-b.json"].map(|name| bench.disk.content(name).unwrap());
    let keyless = nobody();
    for (name, bytes) in ["alice-a.json", "alice-b.json"].iter().zip(&slots) {
        keyless.disk.put(name, bytes);
    }
    (keyless, slots.to_vec())
}

/// The slot that was written last.
fn newest(bench: &Bench) -> String {
    let generation = |name: &str| {
        let document: serde_json::Value =
            serde_json::from_slice(&bench.disk.content(name).unwrap()).unwrap();
        document["generation"].as_u64().unwrap()
    };
    let [a, b] = ["alice-a.json", "alice-b.json"];
    if generation(a) > generation(b) { a } else { b }.to_owned()
}

/// Somebody can sign in, whatever is there.
pub(super) fn goes_on(bench: &Bench) -> Result<(), String> {
    let vault = bench.vault();
    let epoch = vault.card().map_err(|why| why.to_string())?.map_or(0, |card| card.epoch);
    saved(&vault, sample(epoch + 1, "later")).map_err(|why| why.to_string())?;
    match bench.said() {
        Ok((_, found)) if found == "later" => Ok(()),
        found => Err(format!("{found:?}")),
    }
}
