//! Processes that end with the value that stands for them.

use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A child that is killed, by its id, when this is dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts it; `command` says what it may see of us.
    pub(crate) fn start(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        Self(command.spawn().unwrap_or_else(|error| {
            panic!("{} does not start ({error}); `cargo xtask test` installs it", program.display())
        }))
    }

    /// Writes `text` to its standard input and closes that.
    pub(crate) fn feed(&mut self, text: &str) {
        let mut input = self.0.stdin.take().expect("its standard input is a pipe");
        input.write_all(text.as_bytes()).expect("it reads its standard input");
    }

    /// Its standard output, once.
    pub(crate) fn output(&mut self) -> std::process::ChildStdout {
        self.0.stdout.take().expect("its standard output is a pipe")
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Its exit code, if it has ended.
    pub(crate) fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.0.try_wait().expect("a child can be asked whether it has ended")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only where it has ended already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a signal to a process that is not our child. `false` if there is none of this id.
pub(crate) fn signal(id: u32, signal: Signal) -> bool {
    i32::try_from(id)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|id| kill_process(id, signal).is_ok())
}

/// The processes that a process started and has not outlived.
pub(crate) fn children(id: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split(' ').flat_map(str::parse).collect::<Vec<_>>()).collect()
}

/// Whether a process still runs a program from a folder of this name.
pub(crate) fn runs_from(id: u32, folder: &str) -> bool {
    fs::read_link(format!("/proc/{id}/exe"))
        .is_ok_and(|program| program.iter().any(|part| part == folder))
}

/// What a program prints; its complaint if it fails.
pub(crate) fn answer(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    // Some programs say on the one what went wrong, some on the other.
    Err(format!("{}: {} {}", output.status, text(&output.stdout), text(&output.stderr)))
}
