//! A real third-party server: djangorestframework-simplejwt from PyPI, unmodified.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::harness::{App, AppFolder, Desk, Options, Process, SOON, answer, id, until, until_past};

/// What is installed, to the version: the test is to fail because of us, not of a release.
const PACKAGES: [&str; 4] = [
    "django==5.2.19",
    "djangorestframework==3.18.3",
    "djangorestframework-simplejwt==5.5.1",
    "pyjwt==2.10.1",
];

/// The folder of its two source files.
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/window/simple_jwt");

#[tokio::test]
async fn simplejwt_is_signed_in_to_refreshed_on_focus_and_understood() {
    let server = SimpleJwt::start().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    // Due after half of its life.
    folder.prefer(&json!({ "leadS": 60 }));
    let app = App::start(&desk, &folder, Options::default()).await;
    let other = desk.other_window().await;

    app.sign_in_at(&server.url, "simple_jwt", "alice", "wonderland").await;

    let signed_in = Instant::now();
    let access = app.fact("access").await;
    // The end is told by the JWT alone, in whole seconds; `Date` says how far off that is.
    assert!(access.ends_with("· 20 s") || access.ends_with("· 19 s"), "{access}");
    assert!(app.seconds_left().await <= 20);

    // Nothing but the focus that waits for it can see it first once it is due.
    let first = app.fingerprint().await;
    app.freeze();
    desk.focus(other.window()).await;
    until_past("the token to be due", signed_in + Duration::from_millis(10_500)).await;
    app.focus().await;
    app.wake();
    app.wait_for_refreshes(1, SOON).await;
    app.wait_for_status("resting").await;
    app.alternate_focus(&other, 2).await;
    assert_ne!(app.fingerprint().await, first);
    assert!(app.fact("refresh").await.starts_with("rotates"));
    assert_eq!(server.blacklisted(), 1, "exactly one refresh");

    // It says no in its own words: the user is no longer active.
    server.python("User.objects.update(is_active=False)");
    app.click(&id("renew-now")).await;
    app.wait_for_sentence("needs_sign_in", SOON).await;
    server.python("User.objects.update(is_active=True)");
    app.type_into(&id("field-password"), "wonderland").await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for_status("resting").await;

    // And the refresh token is on its black list.
    server.python(
        "from rest_framework_simplejwt.token_blacklist.models import *
for token in OutstandingToken.objects.all(): BlacklistedToken.objects.get_or_create(token=token)",
    );
    app.click(&id("renew-now")).await;
    let sentence = app.wait_for_sentence("needs_sign_in", SOON).await;
    assert!(sentence.starts_with("Welcome back"), "{sentence}");
    app.click(&id("why")).await;
    let evidence = app.text(&id("exchange-dialog")).await;
    assert!(evidence.contains("token_not_valid"), "{evidence}");
}

#[tokio::test]
async fn simplejwt_through_a_whole_life_with_a_backup_and_a_sign_out_that_it_hears_of() {
    let server = SimpleJwt::start().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.fill_form(&server.url, "simple_jwt", "alice", "wonderland").await;
    // Its third view blacklists the token that it is given.
    app.open_advanced().await;
    app.choose("field-logout").await;
    app.type_into(&id("field-logout.path"), "/api/token/blacklist/").await;
    app.type_into(&id("field-logout.refreshField"), "/refresh").await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for(&id("facts"), |_| true, SOON).await;

    for times in 1..=5 {
        app.renew_now().await;
        assert_eq!(server.blacklisted(), times, "one click is one refresh");
    }
    assert_eq!(app.terminate().await, 0);
    let backup = folder.back_up();
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    app.renew_now().await;
    let six = server.blacklisted();
    assert!(six >= 6, "{six}: the start may have renewed by itself");
    app.terminate().await;

    // A backup brings a refresh token back that was used since.
    folder.restore(&backup);
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("renew-now")).await;
    app.wait_for_sentence("needs_sign_in", SOON).await;
    let evidence = app.evidence().await;
    assert!(evidence.contains("token_not_valid"), "{evidence}");
    assert_eq!(server.blacklisted(), six, "nothing was renewed by it");

    app.type_into(&id("field-password"), "wonderland").await;
    app.click(&id("submit-sign-in")).await;
    app.wait_for_status("resting").await;
    app.renew_now().await;
    let before = server.blacklisted();
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    until("the token to be blacklisted", SOON, async || {
        (server.blacklisted() == before + 1).then_some(())
    })
    .await;
    app.wait_until_gone(&id("outbox")).await;
    app.terminate().await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("signed_out").await;
}

/// A server on a free port, with one user.
struct SimpleJwt {
    url: String,
    python: PathBuf,
    _server: Process,
    folder: TempDir,
}

impl SimpleJwt {
    async fn start() -> Self {
        let python = installed();
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let must = |arguments: &[&str]| {
            let done = answer(&mut django(&python, folder.path(), arguments));
            done.unwrap_or_else(|error| panic!("django {arguments:?}: {error}"));
        };
        must(&["migrate", "--verbosity=0"]);
        must(&["createsuperuser", "--noinput", "--username=alice", "--email=alice@example.com"]);
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("some port is free");
        let address = listener.local_addr().expect("it listens");
        drop(listener);
        let arguments = ["runserver", "--noreload", "--skip-checks", &address.to_string()];
        let server = Process::start(
            django(&python, folder.path(), &arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        until("Django to listen", SOON * 3, async || TcpStream::connect(address).ok()).await;
        Self { url: format!("http://{address}"), python, _server: server, folder }
    }

    /// How many refresh tokens are on its black list: those that were replaced, or signed out with.
    fn blacklisted(&self) -> u32 {
        let count = "from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
print(BlacklistedToken.objects.count())";
        self.python(count).parse().expect("it prints a number")
    }

    /// Runs a few lines in the project; what they print.
    fn python(&self, lines: &str) -> String {
        let lines = format!("from django.contrib.auth.models import User\n{lines}");
        let arguments = ["shell", "--verbosity=0", "--command", &lines];
        answer(&mut django(&self.python, self.folder.path(), &arguments))
            .unwrap_or_else(|error| panic!("{lines}: {error}"))
    }
}

fn django(python: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-m", "django"])
        .args(arguments)
        .args(["--settings=settings", &format!("--pythonpath={PROJECT}")])
        .env("TEST_DATABASE", folder.join("database"))
        .env("DJANGO_SUPERUSER_PASSWORD", "wonderland")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// The Python that has it installed: once for all runs, in the target folder.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("simplejwt-venv");
    let python = folder.join("bin/python");
    let stamp = folder.join("installed");
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    let must = |command: &mut Command| {
        answer(command).unwrap_or_else(|error| panic!("simplejwt cannot be installed: {error}"));
    };
    must(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    must(Command::new(&python).args(pip).args(PACKAGES));
    fs::write(stamp, wanted).expect("the target folder is writable");
    python
}
