//! Plays one scenario: its steps in their order, each told when it is reached and when it ends.

use super::judge;
use super::stage::{Stage, Trouble};
use crate::report::{Evidence, Report, RunNews, Step, StepOutcome, Verdict};
use crate::scenario::{Act, Line, Moment, Scenario};
use demo_server::ALICE;
use engine::Trigger;
use serde_json::{Map, Value, json};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Answers of a server that is a few milliseconds away come by then.
const AFTER_ITS_END_MS: i64 = 250;

/// What a step came to.
pub(crate) enum Came {
    /// Done, or met.
    Good,
    /// An expectation that was not met, and what was found.
    Unmet(String),
}

/// One scenario being played.
pub(crate) struct Play<'a, N> {
    scenario: &'a Scenario,
    stage: Stage,
    steps: Vec<Step>,
    news: &'a mut N,
    sample: Option<judge::Sample>,
    /// It still says how things stand: nothing was done since.
    sample_is_new: bool,
}

/// What hinders a run before it has a stage.
pub(crate) fn not_run(scenario: &Scenario, why: String) -> Report {
    Report {
        name: scenario.name.clone(),
        title: scenario.title.clone(),
        verdict: Verdict::NotRun,
        says: format!("not run: {why}"),
        evidence: Evidence::default(),
        steps: scenario.steps(),
        took_ms: 0,
        played_ms: 0,
    }
}

impl<'a, N: FnMut(RunNews)> Play<'a, N> {
    pub(crate) fn new(scenario: &'a Scenario, stage: Stage, news: &'a mut N) -> Self {
        let steps = scenario.steps();
        Self { scenario, stage, steps, news, sample: None, sample_is_new: false }
    }

    /// Plays it to its end, or until `stop`.
    pub(crate) async fn play(mut self, stop: &CancellationToken) -> Report {
        let began = Instant::now();
        let mut verdict = Verdict::Passed;
        let mut hindrance = None;
        for (index, line) in self.scenario.lines.iter().enumerate() {
            let at_ms = self.stage.hand.since(self.stage.began);
            self.tell(index, StepOutcome::Running, Some(at_ms), None);
            let came = tokio::select! {
                biased;
                () = stop.cancelled() => Err("the run was stopped".to_owned()),
                came = self.step(line) => came,
            };
            match came {
                Ok(Came::Good) => self.tell(index, StepOutcome::Done, None, None),
                Ok(Came::Unmet(found)) => {
                    verdict = Verdict::Failed;
                    self.tell(index, StepOutcome::Failed, None, Some(found));
                }
                Err(why) => {
                    self.tell(index, StepOutcome::Failed, None, Some(why.clone()));
                    hindrance = Some(why);
                    break;
                }
            }
        }
        if hindrance.is_some() {
            verdict = Verdict::NotRun;
        }
        let mut evidence = match self.stage.counts().await {
            Ok(evidence) => evidence,
            // A verdict without its counts would rest on nothing.
            Err(why) => {
                verdict = Verdict::NotRun;
                hindrance.get_or_insert(why);
                Evidence::default()
            }
        };
        let says = match hindrance {
            Some(why) => format!("not run to its end: {why}"),
            None => self.says(&evidence).await,
        };
        evidence.api_status = self.sample.as_ref().and_then(|sample| sample.status);
        let played_ms = self.stage.hand.since(self.stage.began);
        let left = self.stage.strike().await.map(|why| format!("{says}; {why}"));
        Report {
            name: self.scenario.name.clone(),
            title: self.scenario.title.clone(),
            verdict,
            says: left.unwrap_or(says),
            evidence,
            steps: self.steps,
            took_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
            played_ms,
        }
    }

    fn tell(&mut self, index: usize, to: StepOutcome, at_ms: Option<i64>, detail: Option<String>) {
        let Some(step) = self.steps.get_mut(index) else { return };
        step.outcome = to;
        step.at_ms = at_ms.or(step.at_ms);
        step.detail = detail;
        (self.news)(RunNews::Stepped {
            name: self.scenario.name.clone(),
            index: u32::try_from(index).unwrap_or(u32::MAX),
            step: step.clone(),
        });
    }

    /// The verdict's evidence in one line.
    async fn says(&mut self, evidence: &Evidence) -> String {
        let which = self.scenario.lines.last().map(|line| line.copy).unwrap_or_default();
        if !self.sample_is_new && self.stage.runs(which) {
            self.sample = judge::sample(&self.stage, which).await.ok();
        }
        let session = match &self.sample {
            Some(sample) => sample.in_words(),
            None => "session not looked at: the app is not running".to_owned(),
        };
        let mut says = format!("{session}; refreshes sent: {}", evidence.refreshes);
        for (count, what) in [
            (evidence.refreshes_refused, "refused"),
            (evidence.refresh_tokens_seen_twice, "refresh tokens seen twice"),
            (evidence.reuse_detected, "taken for theft"),
        ] {
            if count > 0 {
                says.push_str(&format!(", {what}: {count}"));
            }
        }
        says
    }

    async fn step(&mut self, line: &Line) -> Result<Came, Trouble> {
        self.sample_is_new = false;
        let copy = line.copy;
        match &line.act {
            Act::SignIn => {
                self.stage.quiet().await?;
                self.stage.sign_in(copy).await?;
            }
            Act::SignOut => {
                let keeper = self.stage.keeper(copy)?;
                self.stage.drive(keeper.sign_out()).await?;
            }
            Act::CallApi => {
                let keeper = self.stage.keeper(copy)?;
                self.stage.drive(keeper.call_api()).await?;
            }
            Act::Renew => self.stage.keeper(copy)?.tell(Trigger::Asked).await,
            Act::Focus => self.stage.keeper(copy)?.tell(Trigger::Focus).await,
            Act::NetworkOff => self.stage.wire.change(|state| state.offline = true),
            Act::NetworkOn => {
                self.stage.wire.change(|state| state.offline = false);
                self.stage.tell_all(Trigger::NetworkBack).await;
            }
            Act::Sleep(ms) => {
                self.stage.hand.sleep(*ms).map_err(|too_far| too_far.to_string())?;
            }
            Act::Wait(ms) => self.stage.pass(*ms).await?,
            Act::WaitUntil(moment) => self.wait_until(*moment).await?,
            Act::SetClock(ms) => self.set_clock(*ms)?,
            Act::ClockRight => self.set_clock(-self.stage.clock_ms)?,
            Act::Server(change) => self.turn(change, is_head(self.scenario, line)).await?,
            Act::AllWell => {
                let mut change = as_change(&self.stage.at_the_head)?;
                change.insert("fault".to_owned(), json!({"kind": "none"}));
                self.turn(&change, false).await?;
            }
            Act::Revoke => {
                let demo = self.stage.demo.as_ref().ok_or(NO_SWITCHES)?;
                demo.control().revoke(Some(ALICE.username)).await.map_err(|e| e.to_string())?;
            }
            Act::Expire => {
                let demo = self.stage.demo.as_ref().ok_or(NO_SWITCHES)?;
                demo.control().expire().await.map_err(|e| e.to_string())?;
            }
            Act::Stop => self.stage.kill(copy).await?,
            Act::StopInMidRefresh => self.stage.stop_in_mid_refresh(copy).await?,
            Act::Start => self.stage.start(copy)?,
            Act::SecondCopy => self.stage.start(crate::scenario::Which::Second)?,
            Act::Expect(expectation) => {
                self.stage.quiet().await?;
                let (came, sample) = judge::judge(&self.stage, copy, expectation).await?;
                self.sample_is_new = sample.is_some();
                self.sample = sample.or(self.sample.take());
                return Ok(came);
            }
        }
        self.stage.quiet().await?;
        Ok(Came::Good)
    }

    /// Counted from what the server gave last; what it gives while this waits changes nothing.
    async fn wait_until(&self, moment: Moment) -> Result<(), Trouble> {
        let granted = self.stage.wire.read(|state| state.last_grant);
        let granted = granted.ok_or("the server has given no token yet")?;
        let at = match moment {
            Moment::Due => granted.due(),
            Moment::Expired => granted.expired(),
        };
        let ms = at - self.stage.hand.now().boot + AFTER_ITS_END_MS;
        if ms > 0 {
            self.stage.pass(ms).await?;
        }
        Ok(())
    }

    fn set_clock(&mut self, ms: i64) -> Result<(), Trouble> {
        self.stage.hand.set_wall(ms).map_err(|too_far| too_far.to_string())?;
        self.stage.clock_ms += ms;
        Ok(())
    }

    async fn turn(
        &mut self,
        change: &Map<String, Value>,
        at_the_head: bool,
    ) -> Result<(), Trouble> {
        let demo = self.stage.demo.as_ref().ok_or(NO_SWITCHES)?;
        let mut for_the_server = change.clone();
        if self.stage.hand.at_speed() {
            // The wire takes that long by the clocks of the scenario.
            for_the_server.remove("latencyMs");
        }
        let set = demo.control().patch_switches(Value::Object(for_the_server)).await;
        let set = set.map_err(|why| why.to_string())?;
        self.stage.note_hold(&set).await?;
        let all = self.stage.switches.patched(&Value::Object(change.clone()));
        self.stage.switches = all.map_err(|why| why.to_string())?;
        if at_the_head {
            self.stage.at_the_head = self.stage.switches.clone();
        }
        self.stage.turned();
        Ok(())
    }
}

const NO_SWITCHES: &str = "this server has no switches: it is not a demo server";

/// Whether this line stands above everything that somebody does.
fn is_head(scenario: &Scenario, line: &Line) -> bool {
    let head = scenario.lines.iter().take_while(|known| matches!(known.act, Act::Server(_)));
    head.into_iter().any(|known| std::ptr::eq(known, line))
}

fn as_change(switches: &demo_server::Switches) -> Result<Map<String, Value>, Trouble> {
    match serde_json::to_value(switches) {
        Ok(Value::Object(all)) => Ok(all),
        _ => Err("the switches could not be told".to_owned()),
    }
}
