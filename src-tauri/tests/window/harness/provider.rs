//! A real OpenID provider: oidc-provider from npm, unmodified.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::process::{Process, answer};
use super::wait::{SOON, until};

/// The folder of its sources.
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/window/oidc_provider");

/// The provider on a free port. It ends with the test.
pub(crate) struct Provider {
    issuer: String,
    port: u16,
    told: Arc<Mutex<Vec<Value>>>,
    _server: Process,
}

impl Provider {
    /// Starts it; its access tokens live so many seconds.
    pub(crate) async fn start(lifetime_s: u32) -> Self {
        Self::start_as("", lifetime_s).await
    }

    /// The same under another name, such as `http://auth.example.test`: whoever takes its
    /// [`port`](Self::port) for a proxy's finds it there.
    pub(crate) async fn start_as(issuer: &str, lifetime_s: u32) -> Self {
        let folder = installed();
        let mut server = Process::start(
            Command::new("node")
                .arg("provider.mjs")
                .current_dir(folder)
                .env("ACCESS_TOKEN_SECONDS", lifetime_s.to_string())
                .env("ISSUER", issuer)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        );
        let told = Arc::new(Mutex::new(Vec::<Value>::new()));
        let (lines, heard) = (BufReader::new(server.output()).lines(), Arc::clone(&told));
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Its own advice comes on the same way, and is no JSON.
                if let Ok(line) = serde_json::from_str(&line) {
                    heard.lock().expect("nobody panics with it").push(line);
                }
            }
        });
        let (issuer, port) = until("the provider to listen", SOON * 3, async || {
            let told = told.lock().expect("nobody panics with it");
            let (first, port) = (told.first()?, told.first()?["port"].as_u64()?);
            Some((first["issuer"].as_str()?.to_owned(), u16::try_from(port).ok()?))
        })
        .await;
        Self { issuer, port, told, _server: server }
    }

    /// Its issuer.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its port on this computer.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How often it told of `event` so far: `grant.success`, `grant.revoked` …; where `grant` is
    /// given, for requests of that grant type only.
    pub(crate) fn count(&self, event: &str, grant: Option<&str>) -> usize {
        let told = self.told.lock().expect("nobody panics with it");
        let fits = |line: &&Value| {
            line["event"] == event && grant.is_none_or(|grant| line["grant"] == grant)
        };
        told.iter().filter(fits).count()
    }

    /// How many refreshes it granted.
    pub(crate) fn refreshes(&self) -> usize {
        self.count("grant.success", Some("refresh_token"))
    }
}

/// The folder in which it is installed: once for all runs, in the target folder.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oidc-provider");
    let stamp = folder.join("installed");
    let lock = fs::read_to_string(Path::new(PROJECT).join("package-lock.json"));
    let lock = lock.expect("the project has its lock file");
    let copy = |name: &str| {
        fs::copy(Path::new(PROJECT).join(name), folder.join(name)).expect("the folder is writable");
    };
    fs::create_dir_all(&folder).expect("the target folder is writable");
    copy("provider.mjs");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return folder;
    }
    copy("package.json");
    copy("package-lock.json");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
    answer(&mut npm).unwrap_or_else(|error| panic!("oidc-provider cannot be installed: {error}"));
    fs::write(stamp, lock).expect("the target folder is writable");
    folder
}
