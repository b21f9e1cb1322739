//! A screen of its own, with a window manager.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::process::{self, Process};
use super::wait::{SOON, until};

/// The title of the window that is not ours.
const OTHER: &str = "Another program";

/// A screen (1280 by 960) with openbox on it.
pub(crate) struct Desk {
    display: String,
    // Dropped from the top: whoever draws goes before the screen, the folder last.
    _manager: Process,
    _screen: Process,
    folder: TempDir,
}

/// A window on a desk, by its X id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window(u64);

/// A window of another program; it closes when this is dropped.
pub(crate) struct Other {
    window: Window,
    _program: Process,
}

impl Desk {
    /// Opens a screen on a display that nobody uses.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let runtime = folder.path().join("run");
        fs::create_dir(&runtime).expect("a fresh folder is writable");
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).expect("it is ours");
        let config = folder.path().join("openbox.xml");
        fs::write(&config, include_str!("openbox.xml")).expect("a fresh folder is writable");

        let mut screen = Process::start(
            Command::new("Xvfb")
                .args(["-displayfd", "1", "-screen", "0", "1280x960x24"])
                .args(["-nolisten", "tcp", "-noreset", "-dpi", "96"])
                // What is on it can be read as a file: see `picture`.
                .arg("-fbdir")
                .arg(folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        );
        let mut number = String::new();
        BufReader::new(screen.output()).read_line(&mut number).expect("Xvfb says its display");
        assert!(!number.trim().is_empty(), "Xvfb ended before it had a display");
        let display = format!(":{}", number.trim());

        let manager = Process::start(
            Command::new("openbox")
                .arg("--sm-disable")
                .arg("--config-file")
                .arg(&config)
                .env("DISPLAY", &display)
                .env("HOME", folder.path())
                .env("XDG_CONFIG_HOME", folder.path())
                .env("XDG_CACHE_HOME", folder.path())
                .env("XDG_DATA_HOME", folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        let desk = Self { display, _manager: manager, _screen: screen, folder };
        until("openbox to manage the windows", SOON, async || {
            let root = desk.x("xprop", &["-root", "_NET_SUPPORTING_WM_CHECK"]).ok()?;
            root.contains("window id").then_some(())
        })
        .await;
        desk
    }

    /// What `DISPLAY` is to be.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// What `XDG_RUNTIME_DIR` is to be.
    pub(crate) fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// The file that holds what is on the screen now (XWD, as `XWDFile.h` of xorgproto has it).
    pub(crate) fn picture(&self) -> PathBuf {
        self.folder.path().join("Xvfb_screen0")
    }

    /// Where a window's content is: left, top, width and height, in pixels of the screen.
    pub(crate) fn place(&self, window: Window) -> [usize; 4] {
        let arguments = ["getwindowgeometry", "--shell", &window.0.to_string()];
        let told = self.xdotool(&arguments).expect("the window is there");
        ["X=", "Y=", "WIDTH=", "HEIGHT="].map(|name| {
            let value = told.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
            value.unwrap_or_else(|| panic!("xdotool tells no {name} in {told:?}"))
        })
    }

    /// Puts the mouse where no window is.
    pub(crate) fn put_mouse_away(&self) {
        self.xdotool(&["mousemove", "1279", "959"]).expect("there is a mouse");
    }

    /// Opens a window of another program, which takes the focus.
    pub(crate) async fn other_window(&self) -> Other {
        let program = Process::start(
            Command::new("xev")
                .args(["-name", OTHER, "-geometry", "320x200+900+40"])
                .env("DISPLAY", &self.display)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        let found = until("another program's window", SOON, async || {
            self.find(&["--name", &format!("^{OTHER}$")])
        });
        let other = Other { window: found.await, _program: program };
        self.focus(other.window).await;
        other
    }

    /// The visible window of a process, if it has one.
    pub(crate) fn window_of(&self, process: u32) -> Option<Window> {
        self.find(&["--pid", &process.to_string()])
    }

    /// A dialog of this title, once it is there and has the focus.
    pub(crate) async fn dialog(&self, title: &str) {
        let found = async || self.find(&["--name", &format!("^{title}")]);
        let dialog = until(format!("the dialog {title:?}"), SOON, found).await;
        self.focus(dialog).await;
    }

    /// Whether a dialog of this title is shown.
    pub(crate) fn shows_dialog(&self, title: &str) -> bool {
        self.find(&["--name", &format!("^{title}")]).is_some()
    }

    /// Waits until a dialog is shown no more. Its window may live on, hidden.
    pub(crate) async fn gone(&self, title: &str) {
        let gone = async || self.find(&["--name", &format!("^{title}")]).is_none().then_some(());
        until(format!("the dialog {title:?} to close"), SOON, gone).await;
    }

    /// Types a text as a person does, in whatever window has the focus.
    pub(crate) fn write(&self, text: &str) {
        self.xdotool(&["type", "--clearmodifiers", text]).expect("xdotool can type it");
    }

    /// The text on the clipboard, if there is one.
    pub(crate) fn clipboard(&self) -> Option<String> {
        self.x("xclip", &["-selection", "clipboard", "-out"]).ok()
    }

    fn find(&self, criteria: &[&str]) -> Option<Window> {
        let arguments = [&["search", "--onlyvisible"], criteria].concat();
        self.xdotool(&arguments).ok()?.lines().next()?.parse().ok().map(Window)
    }

    /// Brings a window to the front, out of the task bar if need be, and waits until it has the
    /// focus.
    pub(crate) async fn focus(&self, window: Window) {
        let id = window.0.to_string();
        until(format!("the focus on window {id}"), SOON, async || {
            if self.focused() != Some(window) {
                // xdotool's own `--sync` has no bound, and its first call may fail in vain.
                let _ = self.xdotool(&["windowactivate", &id]);
            }
            (self.focused() == Some(window)).then_some(())
        })
        .await;
    }

    /// The window that has the focus.
    pub(crate) fn focused(&self) -> Option<Window> {
        self.xdotool(&["getactivewindow"]).ok()?.parse().ok().map(Window)
    }

    /// Puts a window in the task bar.
    pub(crate) fn minimise(&self, window: Window) {
        self.xdotool(&["windowminimize", &window.0.to_string()]).expect("the window is there");
    }

    /// Gives a window's content a size.
    pub(crate) fn resize(&self, window: Window, width: u32, height: u32) {
        let [id, width, height] = [window.0.to_string(), width.to_string(), height.to_string()];
        self.xdotool(&["windowsize", &id, &width, &height]).expect("the window is there");
    }

    /// What the window manager shows as the window's title.
    pub(crate) fn title(&self, window: Window) -> String {
        self.xdotool(&["getwindowname", &window.0.to_string()]).expect("the window is there")
    }

    /// Presses a key as a person does, in whatever window has the focus: `Tab`, `alt+F4`.
    pub(crate) fn press(&self, key: &str) {
        self.xdotool(&["key", "--clearmodifiers", key]).expect("xdotool knows the key");
    }

    fn xdotool(&self, arguments: &[&str]) -> Result<String, String> {
        self.x("xdotool", arguments)
    }

    fn x(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(program.as_ref());
        process::answer(command.args(arguments).env("DISPLAY", &self.display))
    }
}

impl Other {
    /// The window itself, to bring it back to the front with [`Desk::focus`].
    pub(crate) fn window(&self) -> Window {
        self.window
    }
}
