//! The real keychain: gnome-keyring on a session bus of its own, unlocked, locked and absent.
//!
//! A process has one session bus. So each test starts a bus, and this test program once more on it,
//! with the one part that belongs there. Without the programs it is skipped, and that is said.
//!
//! Not beside the other tests: a lock of theirs would be held by a program that is just being started
//! here, until that has closed its copy of the file.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "these are tests")]

use keeper::ports::{Reading, Vault as _, VaultFailure};
use keeper::record::Record;
use secret_service::{EncryptionType, blocking::SecretService};
use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use vault::contract::{sample, token};
use vault::keys::{FileKey, FixedKey, Key, KeySource, KeychainKey, Keys, Protection, TimeLimited};
use vault::{FileVault, PlainFiles};
use zbus::blocking::{Connection, connection};
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

/// Names the part that is to run on this bus.
const PART: &str = "SESSION_KEEPER_REAL_KEYCHAIN";

#[test]
fn an_unlocked_keychain_keeps_finds_and_forgets_the_key() {
    on_a_bus("unlocked", Keychain::Unlocked);
}

#[test]
fn a_locked_keychain_that_nobody_can_be_asked_about_is_locked() {
    on_a_bus("locked", Keychain::Unlocked);
}

#[test]
fn a_question_that_somebody_dismisses_is_cancelled() {
    on_a_bus("dismissed", Keychain::Unlocked);
}

#[test]
fn a_question_that_nobody_answers_is_slow() {
    on_a_bus("slow", Keychain::Unlocked);
}

#[test]
fn a_machine_without_a_keychain_is_told_from_a_locked_one() {
    on_a_bus("absent", Keychain::None);
}

#[test]
fn a_keychain_that_vanishes_is_gone_and_waited_for() {
    on_a_bus("gone", Keychain::None);
}

/// Not a test by itself: what the others run on their bus.
#[test]
fn part_on_its_bus() {
    let Some(part) = std::env::var_os(PART) else { return };
    match part.to_str().unwrap() {
        "unlocked" => unlocked(),
        "locked" => locked(),
        "dismissed" => dismissed(),
        "slow" => slow(),
        "absent" => absent(),
        "gone" => gone(),
        other => panic!("there is no part {other}"),
    }
}

/// A folder with one account's slots.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn vault_by(&self, keychain: impl KeySource + 'static) -> FileVault {
        let slots = PlainFiles::new(self.folder.path(), "alice").unwrap();
        FileVault::new(slots, Keys::new(keychain, FileKey::new(self.folder.path())))
    }
}

fn save(vault: &FileVault, record: Record) -> Result<Option<Record>, VaultFailure> {
    vault.change(&mut |_| Some(record.clone()))
}

fn signed_out(epoch: u64) -> Record {
    Record { session: None, ..sample(epoch, "") }
}

fn token_of(reading: &Reading) -> String {
    token(reading.record.as_ref())
}

fn keychain() -> KeychainKey {
    KeychainKey::new("session-keeper-test")
}

/// Signed in, with the key in a keychain that is locked by now.
fn behind_a_lock() -> Bench {
    let bench = Bench::new();
    save(&bench.vault_by(keychain()), sample(1, "first")).unwrap();
    let service = SecretService::connect(EncryptionType::Dh).unwrap();
    service.get_default_collection().unwrap().lock().unwrap();
    bench
}

fn unlocked() {
    let bench = Bench::new();
    assert!(keychain().find().unwrap().is_none());
    keychain().forget().unwrap();
    let vault = bench.vault_by(keychain());
    save(&vault, sample(1, "first")).unwrap();
    assert_eq!(vault.protection(), Protection::Keychain);
    let again = bench.vault_by(keychain());
    assert_eq!(token_of(&again.read().unwrap()), "first");
    save(&again, signed_out(2)).unwrap();
    assert!(bench.vault_by(keychain()).vouched_settings().unwrap().is_some());
    assert!(keychain().find().unwrap().is_some());
    again.forget().unwrap();
    assert!(keychain().find().unwrap().is_none());
}

fn locked() {
    let bench = behind_a_lock();
    let vault = bench.vault_by(keychain());
    let read = vault.read();
    assert!(matches!(read, Err(VaultFailure::KeychainLocked(_))), "{read:?}");
    let vouched = vault.vouched_settings();
    assert!(matches!(vouched, Err(VaultFailure::KeychainLocked(_))), "{vouched:?}");
    assert!(vault.label().unwrap().is_some());
    // Signing out needs no key; signing in does.
    save(&vault, signed_out(2)).unwrap();
    let signed_in = save(&vault, sample(3, "third"));
    assert!(matches!(signed_in, Err(VaultFailure::KeychainLocked(_))), "{signed_in:?}");
}

fn dismissed() {
    let bench = behind_a_lock();
    let vault = bench.vault_by(keychain());
    let _prompter = Prompter { answers: true }.on_the_bus();
    let read = vault.read();
    assert!(matches!(read, Err(VaultFailure::KeychainCancelled(_))), "{read:?}");
}

fn slow() {
    let bench = behind_a_lock();
    let vault = bench.vault_by(TimeLimited::new(keychain(), Duration::from_secs(1)));
    let _prompter = Prompter { answers: false }.on_the_bus();
    let read = vault.read();
    assert!(matches!(read, Err(VaultFailure::KeychainSlow(_))), "{read:?}");
}

fn absent() {
    let bench = Bench::new();
    let vault = bench.vault_by(keychain());
    save(&vault, sample(1, "first")).unwrap();
    assert!(matches!(vault.protection(), Protection::KeyFile { .. }));
    assert_eq!(token_of(&bench.vault_by(keychain()).read().unwrap()), "first");
}

fn gone() {
    // Sealed while there was one.
    let bench = Bench::new();
    let before = bench.vault_by(FixedKey(Key::new([7; 32])));
    save(&before, sample(1, "first")).unwrap();
    let vault = bench.vault_by(keychain());
    let read = vault.read();
    assert!(matches!(read, Err(VaultFailure::KeychainGone(_))), "{read:?}");
    let signed_in = save(&vault, sample(2, "new"));
    assert!(matches!(signed_in, Err(VaultFailure::KeychainGone(_))), "{signed_in:?}");
    assert!(!bench.folder.path().join("key").exists());
    assert_eq!(token_of(&before.read().unwrap()), "first");
}

/// What shows the keychain's question to somebody, as a desktop has it.
struct Prompter {
    /// Dismissed after a moment, or left alone.
    answers: bool,
}

const CALLBACK: &str = "org.gnome.keyring.internal.Prompter.Callback";

impl Prompter {
    fn on_the_bus(self) -> Connection {
        connection::Builder::session()
            .and_then(|it| it.serve_at("/org/gnome/keyring/Prompter", self))
            .and_then(|it| it.name("org.gnome.keyring.SystemPrompter"))
            .and_then(connection::Builder::build)
            .unwrap()
    }

    /// Answers the keychain from a thread of its own, as it waits for this call to return.
    fn says(
        asker: &zbus::message::Header<'_>,
        callback: OwnedObjectPath,
        what: Option<&'static str>,
    ) {
        let asker = asker.sender().unwrap().to_string();
        thread::spawn(move || {
            let bus = Connection::session().unwrap();
            let to = Some(asker.as_str());
            match what {
                Some(reply) => {
                    if reply == "no" {
                        // Somebody reads the question first.
                        thread::sleep(Duration::from_millis(700));
                    }
                    let nothing: HashMap<&str, Value<'_>> = HashMap::new();
                    let body = (reply, nothing, "");
                    bus.call_method(to, &callback, Some(CALLBACK), "PromptReady", &body).unwrap();
                }
                None => {
                    bus.call_method(to, &callback, Some(CALLBACK), "PromptDone", &()).unwrap();
                }
            }
        });
    }
}

#[zbus::interface(name = "org.gnome.keyring.internal.Prompter")]
impl Prompter {
    fn begin_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(header)] asker: zbus::message::Header<'_>,
    ) {
        if self.answers {
            Self::says(&asker, callback, Some(""));
        }
    }

    fn perform_prompt(
        &self,
        callback: OwnedObjectPath,
        _kind: &str,
        _properties: HashMap<String, OwnedValue>,
        _exchange: &str,
        #[zbus(header)] asker: zbus::message::Header<'_>,
    ) {
        Self::says(&asker, callback, Some("no"));
    }

    fn stop_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(header)] asker: zbus::message::Header<'_>,
    ) {
        Self::says(&asker, callback, None);
    }
}

#[derive(PartialEq)]
enum Keychain {
    Unlocked,
    None,
}

/// Ends with the test that started it.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn on_a_bus(part: &str, keychain: Keychain) {
    for program in ["dbus-daemon", "gnome-keyring-daemon"] {
        if Command::new(program).arg("--version").output().is_err() {
            println!("skipped: {program} is not installed");
            return;
        }
    }
    let home = tempfile::tempdir().unwrap();
    let address = format!("unix:path={}", home.path().join("bus").display());
    let _bus = bus(home.path());
    let _keychain = (keychain == Keychain::Unlocked).then(|| unlocked_keychain(&home, &address));
    let done = Command::new(std::env::current_exe().unwrap())
        .args(["part_on_its_bus", "--exact", "--nocapture"])
        .env(PART, part)
        .env("DBUS_SESSION_BUS_ADDRESS", &address)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

/// A bus on which nothing that is installed here starts by itself.
fn bus(home: &Path) -> Process {
    let (socket, config) = (home.join("bus"), home.join("bus.xml"));
    let text = include_str!("bus.xml").replace("@SOCKET@", &socket.display().to_string());
    fs::write(&config, text).unwrap();
    let bus = Command::new("dbus-daemon")
        .args(["--nofork", "--nopidfile", "--nosyslog"])
        .arg(format!("--config-file={}", config.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let bus = Process(bus);
    until(|| UnixStream::connect(&socket).is_ok());
    bus
}

fn unlocked_keychain(home: &TempDir, address: &str) -> Process {
    let mut keychain = Command::new("gnome-keyring-daemon")
        .args(["--foreground", "--unlock", "--components=secrets"])
        .env("DBUS_SESSION_BUS_ADDRESS", address)
        .envs(["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"].map(|name| (name, home.path())))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("GNOME_KEYRING_CONTROL")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    keychain.stdin.take().unwrap().write_all(b"test\n").unwrap();
    let keychain = Process(keychain);
    let bus = connection::Builder::address(address).unwrap().build().unwrap();
    let names = zbus::blocking::fdo::DBusProxy::new(&bus).unwrap();
    let name = zbus::names::BusName::try_from("org.freedesktop.secrets").unwrap();
    until(|| names.name_has_owner(name.clone()).is_ok_and(|owned| owned));
    keychain
}

/// Looks until it is so: other processes start as fast as they do.
fn until(mut so: impl FnMut() -> bool) {
    for _ in 0..500 {
        if so() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("waited in vain");
}
