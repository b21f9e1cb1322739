//! Opens the system's browser.

use std::ffi::{OsStr, OsString};
use std::io;

/// Opens links where the person reads them.
pub(crate) trait Opener: Send + Sync {
    /// Opens this one. May take some seconds: it is called where nobody else has to wait.
    ///
    /// # Errors
    /// What the system says.
    fn open(&self, link: &str) -> io::Result<()>;
}

/// The system's own way.
pub(crate) struct SystemOpener;

#[cfg(target_os = "linux")]
impl Opener for SystemOpener {
    fn open(&self, link: &str) -> io::Result<()> {
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        for mut command in open::commands(link) {
            command.envs_without_the_apps_own();
            match started(&mut command) {
                Ok(()) => return Ok(()),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

#[cfg(not(target_os = "linux"))]
impl Opener for SystemOpener {
    fn open(&self, link: &str) -> io::Result<()> {
        open::that_detached(link)
    }
}

/// Starts a program that opens a link, and waits a little whether it says that it cannot. One that
/// goes on is, perhaps, the browser itself.
#[cfg(target_os = "linux")]
fn started(command: &mut std::process::Command) -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;
    use std::process::Stdio;
    use std::thread;
    use std::time::{Duration, Instant};

    const SAYS_WITHIN: Duration = Duration::from_secs(3);
    const LOOK_AGAIN: Duration = Duration::from_millis(20);

    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Out of this app's group: what ends the app from a terminal does not end the browser.
    let mut child = command.process_group(0).spawn()?;
    let began = Instant::now();
    while began.elapsed() < SAYS_WITHIN {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                let program = command.get_program().to_string_lossy().into_owned();
                return Err(io::Error::other(format!("{program}: {status}")));
            }
            None => thread::sleep(LOOK_AGAIN),
        }
    }
    // Somebody has to wait for it, whenever it ends.
    thread::spawn(move || child.wait());
    Ok(())
}

/// What an AppImage has put into the environment for itself is wrong for the browser: it would load
/// this app's libraries.
#[cfg(target_os = "linux")]
trait WithoutTheAppsOwn {
    fn envs_without_the_apps_own(&mut self);
}

#[cfg(target_os = "linux")]
impl WithoutTheAppsOwn for std::process::Command {
    fn envs_without_the_apps_own(&mut self) {
        let Some(image) = std::env::var_os("APPDIR").filter(|image| !image.is_empty()) else {
            return;
        };
        for name in ["LD_LIBRARY_PATH", "XDG_DATA_DIRS", "PATH"] {
            let Some(value) = std::env::var_os(name) else { continue };
            match without(&value, &image) {
                Some(rest) => self.env(name, rest),
                None => self.env_remove(name),
            };
        }
    }
}

/// A list of folders without those in `image`; `None` where none is left.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there are no AppImages"))]
fn without(value: &OsStr, image: &OsStr) -> Option<OsString> {
    let kept = std::env::split_paths(value).filter(|folder| !folder.starts_with(image));
    std::env::join_paths(kept).ok().filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_nothing_of_what_an_appimage_brings_along() {
        let image = OsStr::new("/tmp/.mount_keeper");
        let value = OsStr::new("/tmp/.mount_keeper/usr/lib:/usr/lib:/tmp/.mount_keeper/lib");
        assert_eq!(without(value, image).unwrap(), "/usr/lib");
        assert_eq!(without(OsStr::new("/tmp/.mount_keeper/usr/lib"), image), None);
        assert_eq!(without(OsStr::new("/usr/bin:/bin"), image).unwrap(), "/usr/bin:/bin");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_cannot_open_it_says_so() {
        use std::process::Command;
        assert!(started(&mut Command::new("true")).is_ok());
        let failed = started(&mut Command::new("false")).unwrap_err();
        assert!(failed.to_string().starts_with("false: "), "{failed}");
        assert!(started(&mut Command::new("no-such-program-is-here")).is_err());
    }
}
