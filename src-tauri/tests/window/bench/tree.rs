//! A program with all the processes that it has started: what they weigh, and what they do.

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::windows::Program;
use crate::harness::{Desk, Options, Process, SOON, Window, children, environment, signal, until};

/// A program that runs, and the processes that it has started.
pub(super) struct Tree {
    process: Process,
    /// When it was started.
    pub(super) start: Instant,
}

/// What each thread of a tree has used of the processor so far, in nanoseconds.
pub(super) struct Used(HashMap<String, u64>);

impl Tree {
    /// Starts the program as a person would, without a driver.
    pub(super) fn start(desk: &Desk, program: &Program) -> Self {
        let environment = environment(desk, &program.folder, &Options::default());
        let mut command = Command::new(&program.binary);
        command
            .env_clear()
            .envs(environment)
            .env_remove("TAURI_WEBVIEW_AUTOMATION")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let start = Instant::now();
        Self { process: Process::start(&mut command), start }
    }

    /// The window that it shows.
    pub(super) async fn window(&self, desk: &Desk) -> Window {
        until("its window", SOON, async || desk.window_of(self.process.id())).await
    }

    fn processes(&self) -> Vec<u32> {
        let mut all = vec![self.process.id()];
        let mut next = 0;
        while let Some(process) = all.get(next) {
            all.extend(children(*process));
            next += 1;
        }
        all
    }

    /// The proportional set size of all of them: what several share counts in shares
    /// (`proc_pid_smaps(5)`). In kB.
    pub(super) fn pss_kb(&self) -> u64 {
        let of = |process: u32| {
            let told = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
            let line = told.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        };
        self.processes().into_iter().filter_map(of).sum()
    }

    /// What all of their threads have used so far, user and system time (the first number of
    /// `schedstat`, which is finer than the ticks of `stat`).
    pub(super) fn used(&self) -> Used {
        let mut used = HashMap::new();
        for process in self.processes() {
            let threads = fs::read_dir(format!("/proc/{process}/task"));
            for thread in threads.into_iter().flatten().flatten() {
                let told = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
                let ran = told.split(' ').next().and_then(|number| number.parse().ok());
                used.insert(thread.path().display().to_string(), ran.unwrap_or(0));
            }
        }
        Used(used)
    }

    /// What they use while nobody does anything, in milliseconds of the processor for each second.
    pub(super) async fn idle(&self, during: Duration) -> f64 {
        let (before, start) = (self.used(), Instant::now());
        tokio::time::sleep(during).await;
        let (after, took) = (self.used(), start.elapsed());
        after.since(&before) / 1e6 / took.as_secs_f64()
    }

    /// Ends it as a system does that shuts down, and waits until all of its processes are gone.
    pub(super) async fn end(mut self) {
        let all = self.processes();
        signal(self.process.id(), Signal::TERM);
        until("the program to end", SOON, async || self.process.ended()).await;
        let runs = |process: &u32| fs::exists(format!("/proc/{process}")).unwrap_or(false);
        until("its processes to end", SOON, async || (!all.iter().any(runs)).then_some(())).await;
    }
}

impl Used {
    fn since(&self, before: &Self) -> f64 {
        let more = |(thread, ran): (&String, &u64)| {
            ran.saturating_sub(before.0.get(thread).copied().unwrap_or(0))
        };
        self.0.iter().map(more).sum::<u64>() as f64
    }
}
