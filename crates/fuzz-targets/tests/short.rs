//! The short run: every seed, and mutations of them, the same each time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

use fuzz_targets::{Mutator, TARGETS, named, swell};
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// Of these sizes, in bytes, most inputs are; and the swollen ones.
const LARGEST: usize = 4 * 1_024;
const SWOLLEN: usize = 16 * 1_024;
/// Begins every row of mutations.
const SEED: u64 = 0x5e55_1085;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The seeds of a target with their names, in the order of the names.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fuzz().join("corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut seeds: Vec<_> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    seeds.sort();
    seeds
}

/// Everything holds for every seed, for so many mutations of them, and for one in a hundred of those
/// swollen.
fn holds_whatever_comes(target: &str, mutations: u64) {
    let target = named(target).unwrap();
    let check = |what: &str, input: &[u8]| {
        let held = catch_unwind(|| (target.check)(input));
        let why = match held {
            Ok(Ok(())) => return,
            Ok(Err(sentence)) => sentence,
            Err(_) => "it panicked".to_owned(),
        };
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-find", target.name));
        fs::write(&file, input).unwrap();
        let shown = String::from_utf8_lossy(&input[..input.len().min(600)]);
        panic!("{} with {what}: {why}\nthe input is in {}:\n{shown}", target.name, file.display());
    };
    let named = seeds(target.name);
    for (name, seed) in &named {
        check(name, seed);
    }
    let seeds: Vec<Vec<u8>> = named.into_iter().map(|(_, seed)| seed).collect();
    let mut mutator = Mutator::new(SEED, &seeds, LARGEST);
    for number in 0..mutations {
        let input = mutator.next_input();
        check(&format!("mutation {number}"), &input);
        if number % 100 == 0 {
            check(&format!("swollen mutation {number}"), &swell(&input, SWOLLEN, number));
        }
    }
}

macro_rules! short_runs {
    ($($fact:ident: $target:literal, $mutations:literal;)*) => {
        $(#[test]
        fn $fact() {
            holds_whatever_comes($target, $mutations);
        })*

        #[test]
        fn every_target_has_a_short_run_a_program_and_seeds() {
            let run = [$($target),*];
            let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
            for target in TARGETS {
                let name = target.name;
                assert!(run.contains(&name), "{name} has no short run");
                assert!(seeds(name).len() >= 5, "{name} has too few seeds");
                let program = format!("path = \"fuzz_targets/{name}.rs\"");
                assert!(manifest.contains(&program), "{name} has no program");
            }
            assert_eq!(run.len(), TARGETS.len());
        }
    };
}

short_runs! {
    whatever_a_token_api_answers_is_named_and_bounded: "token_answer", 3_000;
    whatever_a_token_endpoint_answers_is_named_and_bounded: "oauth_answer", 3_000;
    whatever_a_server_publishes_leads_nowhere_unsafe: "discovery", 2_000;
    whatever_keys_are_published_believe_only_what_they_signed: "jwks", 1_000;
    whatever_an_id_token_says_it_is_believed_only_signed: "id_token", 2_000;
    whatever_comes_to_the_redirect_only_the_answer_counts: "redirect", 2_000;
    whatever_is_in_a_slot_opens_only_with_its_key: "slot", 2_000;
    whatever_is_sealed_is_kept_as_it_was: "contents", 1_000;
    whatever_retry_after_says_the_wait_has_bounds: "retry_after", 5_000;
    whatever_date_says_is_a_moment_or_nothing: "date", 5_000;
    whatever_a_scenario_says_is_read_or_told_with_its_place: "scenario", 1_000;
    whatever_cookies_are_set_are_kept_and_sent_alike: "cookies", 3_000;
    whatever_a_token_claims_shows_no_secret: "claims", 3_000;
    whatever_settings_say_their_own_server_is_asked: "settings", 2_000;
}

#[test]
fn the_same_seed_makes_the_same_inputs() {
    let seeds = [b"{\"a\":1,\"b\":[2,3]}".to_vec(), b"Retry-After: 20".to_vec()];
    let made = |seed| {
        let mut mutator = Mutator::new(seed, &seeds, 64);
        (0..200).map(|_| mutator.next_input()).collect::<Vec<_>>()
    };
    assert_eq!(made(1), made(1));
    assert_ne!(made(1), made(2));
    assert!(made(1).iter().all(|input| input.len() <= 64));
    assert_eq!(swell(b"[1,2]", 1_000, 3), swell(b"[1,2]", 1_000, 3));
    assert!(swell(b"[1,2]", 1_000, 3).len() > 900);
}
