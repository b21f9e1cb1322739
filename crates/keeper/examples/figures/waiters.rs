//! Ten thousand callers when the token has ended, in two processes over one record; some of them give
//! up, and the server's first answer is lost.

use crate::Outcome;
use crate::stage::{IN_VAIN, Stage, launch};
use demo_server::{Fault, FaultKind, Switches};
use engine::{HOUR, SECOND, Status};
use keeper::clock::TravelClock;
use keeper::ports::{ApiVerdict, Clock};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The argument that makes this program one of the two processes.
pub(crate) const COPY: &str = "copy";
/// In each of the two processes.
const CALLERS: u64 = 5_000;
/// One of so many gives up.
const GIVES_UP: u64 = 7;
/// Within this many milliseconds.
const GIVES_UP_BY_MS: u64 = 1_500;

pub(crate) struct Waited {
    pub(crate) waiters: u64,
    /// Refreshes that the server granted and whose answer was not lost.
    pub(crate) rotations: u64,
    /// Callers that had neither a token nor a reason.
    pub(crate) hung: u64,
    /// Callers that had the token that had ended, or one that the API does not take.
    pub(crate) dead: u64,
    /// Until the last of them was served, in milliseconds.
    pub(crate) served_ms: f64,
}

pub(crate) async fn measure(below: &Path) -> Outcome<Waited> {
    let clock = Arc::new(TravelClock::new());
    let stage = Stage::signed_in(below, Arc::clone(&clock) as Arc<dyn Clock>).await?;
    stage.keeper.quit().await;
    let mut copies = [Copy::start(stage.folder())?, Copy::start(stage.folder())?];
    for copy in &mut copies {
        copy.hear()?;
    }
    let lost = Fault::from(FaultKind::DropAfterRotating).times(1);
    let switches = Switches { fault: lost, ..crate::stage::an_hour() };
    stage.demo.control().set_switches(switches).await?;
    let before = stage.demo.control().counters().await?;
    clock.sleep(HOUR + SECOND)?;
    for copy in &mut copies {
        copy.say("go")?;
    }
    let mut waited = Waited { waiters: 0, rotations: 0, hung: 0, dead: 0, served_ms: 0.0 };
    let mut tokens = BTreeSet::new();
    for mut copy in copies {
        let told = tokio::task::spawn_blocking(move || copy.hear()).await??;
        let count = |name: &str| told.get(name).and_then(Value::as_u64).unwrap_or_default();
        waited.waiters += count("callers");
        waited.hung += count("hung");
        waited.dead += count("dead");
        let served = told.get("served_ms").and_then(Value::as_f64).unwrap_or(f64::MAX);
        waited.served_ms = waited.served_ms.max(served);
        tokens.extend(
            told.get("tokens")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
                .iter()
                .map(ToString::to_string),
        );
    }
    let after = stage.demo.control().counters().await?;
    let lost = after.faults_shown - before.faults_shown;
    if lost != 1 || tokens.len() != 1 {
        return Err(format!("{lost} answers were lost, and {tokens:?} were handed out").into());
    }
    waited.rotations = after.refreshes_granted - before.refreshes_granted - lost;
    stage.strike().await?;
    Ok(waited)
}

/// A process of its own.
struct Copy {
    process: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Copy {
    fn start(folder: &Path) -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([folder.as_os_str(), COPY.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(process.stdout.take().ok_or("it has no output")?);
        Ok(Self { process, lines })
    }

    fn say(&mut self, what: &str) -> Outcome<()> {
        let input = self.process.stdin.as_mut().ok_or("it has no input")?;
        Ok(writeln!(input, "{what}")?)
    }

    fn hear(&mut self) -> Outcome<Value> {
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Copy {
    /// Nothing outlives what measures it.
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

/// One of the two processes.
pub(crate) async fn copy(folder: &Path) -> Outcome<()> {
    let travel = Arc::new(TravelClock::new());
    let clock = Arc::clone(&travel) as Arc<dyn Clock>;
    let (keeper, task) = launch(folder, &clock, &Arc::new(AtomicBool::new(true)))?;
    let mut shown = keeper.shown();
    let restored = shown.wait_for(|shown| matches!(shown.view.status, Status::Resting));
    tokio::time::timeout(IN_VAIN, restored).await??;
    let ended = keeper.access_token(0).await?.fingerprint();
    println!("{}", json!("ready"));
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;

    // The token ends between two looks at the clock, as it does for a computer that slept.
    travel.sleep(HOUR + SECOND)?;
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let keeper = keeper.clone();
        let waiting = callers.spawn(async move {
            let token = keeper.access_token(0).await;
            (token.ok().map(|token| token.fingerprint()), start.elapsed())
        });
        if caller % GIVES_UP == 0 {
            let random = getrandom::u64().map_err(|why| why.to_string())?;
            let after = Duration::from_millis(random % GIVES_UP_BY_MS);
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                waiting.abort();
            });
        }
    }
    let (mut dead, mut served_ms, mut tokens) = (0_u64, 0_f64, BTreeSet::new());
    let all = async {
        while let Some(caller) = callers.join_next().await {
            // Whoever gave up is no matter.
            let Ok((token, after)) = caller else { continue };
            let Some(token) = token.filter(|token| *token != ended) else {
                dead += 1;
                continue;
            };
            served_ms = served_ms.max(after.as_secs_f64() * 1e3);
            tokens.insert(token.to_string());
        }
    };
    let _elapsed = tokio::time::timeout(IN_VAIN, all).await;
    let hung = callers.len();
    let call = keeper.call_api().await.and_then(|call| call.result);
    if call != Some(ApiVerdict::Accepted) {
        dead = CALLERS;
    }
    println!(
        "{}",
        json!({
            "callers": CALLERS,
            "hung": hung,
            "dead": dead,
            "served_ms": served_ms,
            "tokens": tokens,
        })
    );
    keeper.quit().await;
    task.await?;
    Ok(())
}
