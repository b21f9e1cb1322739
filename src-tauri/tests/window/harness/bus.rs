//! A session bus of its own, with or without a keychain on it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use super::folder::AppFolder;
use super::process::{self, Process};
use super::wait::{SOON, until};

/// What the keychain is unlocked with.
const PASSWORD: &str = "test\n";

/// A session bus on which nothing starts by itself.
pub(crate) struct Bus {
    keychain: Option<Process>,
    _daemon: Process,
    data: PathBuf,
    folder: TempDir,
}

impl Bus {
    /// A bus with nobody on it: single instances find each other, and there is no keychain.
    pub(crate) async fn without_keychain(folder: &AppFolder) -> Self {
        let own = tempfile::tempdir().expect("there is room for a temporary folder");
        fs::set_permissions(own.path(), fs::Permissions::from_mode(0o700)).expect("it is ours");
        let socket = own.path().join("bus");
        let config = own.path().join("bus.xml");
        // Without a folder of services, nothing that is installed here can start by itself.
        let text = include_str!("bus.xml").replace("@SOCKET@", &socket.display().to_string());
        fs::write(&config, text).expect("a fresh folder is writable");
        let daemon = Process::start(
            Command::new("dbus-daemon")
                .args(["--nofork", "--nopidfile", "--nosyslog"])
                .arg(format!("--config-file={}", config.display()))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        until("the session bus", SOON, async || UnixStream::connect(&socket).ok()).await;
        Self { keychain: None, _daemon: daemon, data: folder.data(), folder: own }
    }

    /// A bus with an unlocked keychain. What it keeps stays in the folder.
    pub(crate) async fn with_keychain(folder: &AppFolder) -> Self {
        let mut bus = Self::without_keychain(folder).await;
        bus.start_keychain().await;
        bus
    }

    /// What `DBUS_SESSION_BUS_ADDRESS` is to be.
    pub(crate) fn address(&self) -> String {
        format!("unix:path={}", self.folder.path().join("bus").display())
    }

    /// Starts the keychain where there is none: it vanished, or comes late.
    pub(crate) async fn start_keychain(&mut self) {
        let mut keychain = Process::start(
            Command::new("gnome-keyring-daemon")
                .args(["--foreground", "--unlock", "--components=secrets"])
                .env("DBUS_SESSION_BUS_ADDRESS", self.address())
                .env("HOME", &self.data)
                .env("XDG_DATA_HOME", &self.data)
                .env("XDG_RUNTIME_DIR", self.folder.path())
                .env_remove("DISPLAY")
                .env_remove("WAYLAND_DISPLAY")
                .env_remove("GNOME_KEYRING_CONTROL")
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        keychain.feed(PASSWORD);
        self.keychain = Some(keychain);
        until("the keychain on the bus", SOON, async || {
            let owned = self.call(
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                &["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"],
            );
            owned.is_ok_and(|answer| answer.contains("true")).then_some(())
        })
        .await;
    }

    /// Kills the keychain, as when its process crashes.
    pub(crate) fn stop_keychain(&mut self) {
        self.keychain = None;
    }

    /// Stops the keychain where it stands: it takes questions and answers none.
    pub(crate) fn freeze_keychain(&self) {
        self.signal_keychain(Signal::STOP);
    }

    /// Lets a frozen keychain go on.
    pub(crate) fn thaw_keychain(&self) {
        self.signal_keychain(Signal::CONT);
    }

    fn signal_keychain(&self, signal: Signal) {
        let keychain = self.keychain.as_ref().expect("it runs");
        assert!(process::signal(keychain.id(), signal), "it runs");
    }

    /// Locks the keychain. Asking for a secret then fails: nobody here could type the password.
    pub(crate) fn lock_keychain(&self) {
        self.call(
            "org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            &[
                "org.freedesktop.Secret.Service.Lock",
                "array:objpath:/org/freedesktop/secrets/collection/login",
            ],
        )
        .expect("the keychain can be locked");
    }

    /// Unlocks the keychain again, as a log-in does: by the daemon's own socket, which takes the
    /// length of the message, the number of the request, and the password with its length.
    pub(crate) fn unlock_keychain(&self) {
        let password = PASSWORD.as_bytes();
        let length = u32::try_from(password.len()).expect("the password is short");
        let mut request = vec![0_u8];
        for number in [12 + length, 1, length] {
            request.extend(number.to_be_bytes());
        }
        request.extend(password);
        let mut answer = [0_u8; 8];
        let mut daemon = UnixStream::connect(self.folder.path().join("keyring/control"))
            .expect("the keychain runs");
        daemon.write_all(&request).expect("the keychain listens");
        daemon.read_exact(&mut answer).expect("the keychain answers");
        assert_eq!(answer, [0, 0, 0, 8, 0, 0, 0, 0], "the keychain does not unlock");
    }

    fn call(&self, to: &str, object: &str, message: &[&str]) -> Result<String, String> {
        process::answer(
            Command::new("dbus-send")
                .args(["--session", "--print-reply", "--reply-timeout=5000"])
                .arg(format!("--dest={to}"))
                .arg(object)
                .args(message)
                .env("DBUS_SESSION_BUS_ADDRESS", self.address()),
        )
    }
}
