//! The running app: started through WebKitWebDriver, ended in every way there is.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::bus::Bus;
use super::desk::{Desk, Window};
use super::folder::{AppFolder, StartFiles, quoted, write_script};
use super::process::{self, Process};
use super::small_disk::SmallDisk;
use super::wait::{SOON, until};

/// The program under test, built by cargo for this test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_session-keeper");

/// The folder that WebKitGTK keeps its own programs in.
const WEBKIT: &str = "webkit2gtk-4.1";

/// The first start compiles fonts and caches of WebKit on a machine that may be busy.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// How the app is started.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// Its arguments.
    pub(crate) arguments: &'a [&'a str],
    /// Variables on top of the harness's own, which win over them.
    pub(crate) environment: &'a [(&'a str, &'a str)],
    /// The session bus; by default there is none, hence no keychain and no single instance.
    pub(crate) bus: Option<&'a Bus>,
    /// The disk that its data folder is on; by default the computer's.
    pub(crate) disk: Option<&'a SmallDisk>,
}

/// The app with its window, and the driver that started it.
pub(crate) struct App<'a> {
    client: Client,
    process: AppProcess,
    window: Cell<Option<Window>>,
    desk: &'a Desk,
    folder: &'a AppFolder,
    environment: Vec<(OsString, OsString)>,
    preferences: Value,
}

/// The app's process and the driver's, ended in this order.
struct AppProcess {
    id: u32,
    /// WebKit's processes, which take a moment to notice that the app has gone.
    helpers: Vec<u32>,
    files: StartFiles,
    _driver: Process,
}

impl<'a> App<'a> {
    /// Starts the app and waits for its page.
    pub(crate) async fn start(
        desk: &'a Desk,
        folder: &'a AppFolder,
        options: Options<'_>,
    ) -> App<'a> {
        let files = folder.next_start();
        write_script(&files.launcher, &launcher(&files, options.disk));
        let preferences = folder.preferences();
        let environment = environment(desk, folder, &options);
        let port = free_port();
        let driver = Process::start(
            Command::new("WebKitWebDriver")
                .args(["--host=127.0.0.1", &format!("--port={port}")])
                .env_clear()
                .envs(environment.iter().map(|(name, value)| (name, value)))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        until("the driver to listen", SOON, async || TcpStream::connect(("127.0.0.1", port)).ok())
            .await;
        // From here on the app may run: whoever returns or panics takes it along.
        let mut process = AppProcess { id: 0, helpers: Vec::new(), files, _driver: driver };
        let connecting = connect(port, &process.files.launcher, options.arguments);
        let connected = tokio::time::timeout(STARTS_WITHIN, connecting).await;
        process.id = fs::read_to_string(&process.files.pid)
            .ok()
            .and_then(|id| id.trim().parse().ok())
            .unwrap_or_default();
        process.helpers = process::children(process.id);
        let client = match connected {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => panic!("the app gave no session: {error}\n{}", tail(&folder.log())),
            Err(_) => panic!("no session in {STARTS_WITHIN:?}\n{}", tail(&folder.log())),
        };
        let window = Cell::new(None);
        let app = App { client, process, window, desk, folder, environment, preferences };
        app.record().await;
        app
    }

    /// The process id of the app itself.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id
    }

    /// The desk that it stands on.
    pub(crate) fn desk(&self) -> &'a Desk {
        self.desk
    }

    /// What the person had chosen when the app was started.
    pub(crate) fn preferences(&self) -> &Value {
        &self.preferences
    }

    /// Stops the process where it stands, as a machine does that is suspended; every input waits
    /// until [`wake`](Self::wake).
    pub(crate) fn freeze(&self) {
        process::signal(self.process.id, Signal::STOP);
    }

    /// Lets a frozen process go on.
    pub(crate) fn wake(&self) {
        process::signal(self.process.id, Signal::CONT);
    }

    /// The page, for what this harness has no word for.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The app's window on the desk, once it has been seen there.
    pub(crate) async fn window(&self) -> Window {
        // Remembered, because a minimised or hidden window is not found again.
        if let Some(window) = self.window.get() {
            return window;
        }
        let seen = until("the app's window", SOON, async || self.desk.window_of(self.pid())).await;
        self.window.set(Some(seen));
        seen
    }

    /// Brings the app's window to the front, out of the task bar if need be.
    pub(crate) async fn focus(&self) {
        self.desk.focus(self.window().await).await;
    }

    /// Whether the app's window has the focus.
    pub(crate) async fn has_focus(&self) -> bool {
        self.desk.focused() == Some(self.window().await)
    }

    /// Puts the app's window in the task bar; [`focus`](Self::focus) brings it back.
    pub(crate) async fn minimise(&self) {
        self.desk.minimise(self.window().await);
    }

    /// Presses a key in the app's window, as a person does: `Tab`, `Return`, `ctrl+comma`.
    pub(crate) async fn press(&self, key: &str) {
        self.focus().await;
        self.desk.press(key);
    }

    /// Gives the page a size and waits until it has it.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        self.desk.resize(self.window().await, width, height);
        until(format!("the page to be {width} by {height}"), SOON, async || {
            let size = self.run("return [innerWidth, innerHeight]", &[]).await;
            (size == json!([width, height])).then_some(())
        })
        .await;
    }

    /// Kills the app as a power cut would.
    pub(crate) async fn kill_9(self) {
        process::signal(self.process.id, Signal::KILL);
        self.process.exit_code(SOON).await;
    }

    /// Asks the app to end, as a system does that shuts down (SIGTERM), and waits until it has.
    pub(crate) async fn terminate(self) -> i32 {
        process::signal(self.process.id, Signal::TERM);
        self.process.exit_code(SOON).await
    }

    /// Closes the window as a person does. Whether the app then ends is the app's decision.
    pub(crate) async fn close_window(&self) {
        self.press("alt+F4").await;
    }

    /// Waits until the app has ended by itself: its exit code, or 128 and the signal's number.
    pub(crate) async fn exit_code(self) -> i32 {
        self.process.exit_code(SOON).await
    }

    /// Whether the app still runs.
    pub(crate) fn is_running(&self) -> bool {
        !self.process.files.exit.exists()
    }

    /// Starts the app a second time beside this one, with the same folder and bus and no driver,
    /// and waits until that second copy has ended. Its exit code, and what it printed.
    pub(crate) async fn second_copy(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let log = self.folder.next_start().log;
        let printed = fs::File::create(&log).expect("the folder is writable");
        let also = printed.try_clone().expect("a file can be shared");
        let mut copy = Process::start(
            Command::new(BINARY)
                .args(arguments)
                .env_clear()
                .envs(self.environment.iter().map(|(name, value)| (name, value)))
                .env_remove("TAURI_WEBVIEW_AUTOMATION")
                .stdin(Stdio::null())
                .stdout(printed)
                .stderr(also),
        );
        let ended = until("the second copy to end", SOON, async || copy.ended()).await;
        (ended.code(), fs::read_to_string(log).unwrap_or_default())
    }

    /// What the app printed, this start and the earlier ones of its folder.
    pub(crate) fn log(&self) -> String {
        self.folder.log()
    }
}

impl AppProcess {
    async fn exit_code(&self, bound: Duration) -> i32 {
        until("the app to end", bound, async || {
            fs::read_to_string(&self.files.exit).ok()?.trim().parse().ok()
        })
        .await
    }
}

impl Drop for AppProcess {
    fn drop(&mut self) {
        // Once its exit code is written, the id may be another's.
        if self.id != 0 && !self.files.exit.exists() {
            process::signal(self.id, Signal::KILL);
            // The launcher still has a line to write, into a folder that is about to go.
            settle(|| self.files.exit.exists());
        }
        // So have WebKit's processes: they would fill their cache again.
        let runs = |id: &u32| process::runs_from(*id, WEBKIT);
        for helper in self.helpers.iter().filter(|id| runs(id)) {
            process::signal(*helper, Signal::KILL);
        }
        settle(|| !self.helpers.iter().any(runs));
    }
}

/// Waits where one cannot `await`.
fn settle(is_over: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_over() && start.elapsed() < SOON {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The driver starts this instead of the app, because it throws away what a program prints and
/// does not tell how it ended.
fn launcher(files: &StartFiles, disk: Option<&SmallDisk>) -> String {
    let [log, pid, exit] = [&files.log, &files.pid, &files.exit].map(|path| quoted(path));
    // Where something else is to start it, that turns into the app: the id stays the same.
    let through = disk.map(SmallDisk::door).unwrap_or_default();
    let binary = format!("{through}{}", quoted(Path::new(BINARY)));
    format!(
        "#!/bin/sh\n\
         {binary} \"$@\" >>{log} 2>&1 &\n\
         echo $! >{pid}\n\
         wait $!\n\
         echo $? >{exit}.part && mv {exit}.part {exit}\n"
    )
}

/// All that the app gets to see of the world.
pub(crate) fn environment(
    desk: &Desk,
    folder: &AppFolder,
    options: &Options<'_>,
) -> Vec<(OsString, OsString)> {
    let mut path = OsString::from(folder.programs());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    // Left unset, GLib would start a bus for the display, and zbus would look for the user's.
    let no_bus = || format!("unix:path={}", desk.runtime().join("no-bus").display());
    let mut environment: Vec<(OsString, OsString)> = vec![
        ("PATH".into(), path),
        ("DISPLAY".into(), desk.display().into()),
        ("GDK_BACKEND".into(), "x11".into()),
        ("XDG_RUNTIME_DIR".into(), desk.runtime().into()),
        ("HOME".into(), folder.home().into()),
        ("XDG_DATA_HOME".into(), folder.data().into()),
        ("XDG_CONFIG_HOME".into(), folder.config().into()),
        ("XDG_CACHE_HOME".into(), folder.cache().into()),
        ("TMPDIR".into(), folder.temporary().into()),
        ("DBUS_SESSION_BUS_ADDRESS".into(), options.bus.map_or_else(no_bus, Bus::address).into()),
        ("DBUS_SYSTEM_BUS_ADDRESS".into(), no_bus().into()),
        ("GSETTINGS_BACKEND".into(), "memory".into()),
        ("NO_AT_BRIDGE".into(), "1".into()),
        ("LANG".into(), "C.UTF-8".into()),
        ("TZ".into(), "UTC".into()),
        ("RUST_BACKTRACE".into(), "1".into()),
        ("TAURI_WEBVIEW_AUTOMATION".into(), "true".into()),
    ];
    environment.extend(options.environment.iter().map(|(n, v)| (n.into(), v.into())));
    environment
}

async fn connect(
    port: u16,
    binary: &Path,
    arguments: &[&str],
) -> Result<Client, fantoccini::error::NewSessionError> {
    // No `browserName`: the driver knows only its own and would refuse ours.
    // And no waiting for a page: the harness waits for what it needs to see.
    let wanted = json!({
        "pageLoadStrategy": "none",
        "webkitgtk:browserOptions": { "binary": binary, "args": arguments },
    });
    let Value::Object(capabilities) = wanted else { unreachable!("it is an object") };
    ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
}

/// A port of the loopback interface that nobody uses now.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("some port is free");
    listener.local_addr().expect("a listener has an address").port()
}

/// The end of a long text.
fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let from = lines.len().saturating_sub(30);
    format!("the app's last words:\n{}", lines[from..].join("\n"))
}
