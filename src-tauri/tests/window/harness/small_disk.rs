//! A disk of its own for the app's data, small enough to be filled up.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::folder::{AppFolder, quoted};
use super::process::{self, Process};
use super::wait::{SOON, until};

/// Room for the store, and for what WebKit puts beside it.
const SIZE: &str = "2m";

/// A file system of its own where the app has its data. It is there for whoever comes through its
/// door, over several starts, and gone when this is dropped.
pub(crate) struct SmallDisk {
    keeper: Process,
    folder: PathBuf,
}

impl SmallDisk {
    /// Puts one where the app over `folder` keeps its data. `None` where this user may not: neither
    /// as root, nor by a user namespace of their own.
    pub(crate) async fn under(folder: &AppFolder) -> Option<Self> {
        let data = folder.app_data();
        fs::create_dir_all(&data).expect("a fresh folder is writable");
        let mount = format!("mount -t tmpfs -o size={SIZE},mode=0700 tmpfs {}", quoted(&data));
        let own = |script: &str| {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        process::answer(&mut own(&mount)).ok()?;
        // As long as this process lives, so do its file systems; nobody else sees them.
        let keeper = Process::start(&mut own(&format!("{mount} && exec sleep 1000")));
        let disk = Self { folder: inside(keeper.id(), &data), keeper };
        until("a disk of its own", SOON, async || disk.is_there().then_some(())).await;
        Some(disk)
    }

    /// What to put before a command so that it sees this disk: it runs as the same process.
    pub(crate) fn door(&self) -> String {
        format!("nsenter --user --mount --preserve-credentials --target={} ", self.keeper.id())
    }

    /// Fills it up to the last byte. What is to be written next needs room of its own: the older of
    /// the two slots is taken away, as if it had never been.
    pub(crate) fn fill(&self) {
        let slots = ["main-a.json", "main-b.json"].map(|name| self.folder.join(name));
        let generation = |slot: &&PathBuf| -> Option<u64> {
            let slot = fs::read(slot).ok()?;
            serde_json::from_slice::<serde_json::Value>(&slot).ok()?.get("generation")?.as_u64()
        };
        if let Some(older) = slots.iter().min_by_key(generation) {
            fs::remove_file(older).expect("there was a session");
        }
        let mut ballast = fs::File::create(self.ballast()).expect("the disk is ours");
        while ballast.write_all(&[0; 512]).is_ok() {}
    }

    /// Makes room again.
    pub(crate) fn make_room(&self) {
        fs::remove_file(self.ballast()).expect("it was full");
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }

    fn is_there(&self) -> bool {
        fs::read_to_string(format!("/proc/{}/comm", self.keeper.id()))
            .is_ok_and(|name| name.trim() == "sleep")
    }
}

/// A folder as a process sees it.
fn inside(process: u32, folder: &Path) -> PathBuf {
    let below = folder.strip_prefix("/").expect("the folder's path is absolute");
    PathBuf::from(format!("/proc/{process}/root")).join(below)
}
