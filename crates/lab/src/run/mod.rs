//! Runs scenarios, each on a stage of its own.

mod files;
mod hand;
mod judge;
mod play;
mod stage;
mod time;
mod wire;

use crate::report::{Pace, Report, RunNews};
use crate::scenario::{How, Scenario};
use hand::Hand;
use play::Play;
use stage::Stage;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Runs these scenarios one after the other, and answers with what came of each. `news` is told
/// of every step; `stop` ends the run at once, and what has not ended then is [`crate::Verdict::NotRun`].
///
/// They run on a thread of their own: moved clocks and the server's answers come in the same order
/// each time there, whatever else the caller's runtime does.
pub async fn run(
    scenarios: Vec<Scenario>,
    how: How,
    mut news: impl FnMut(RunNews) + Send + 'static,
    stop: CancellationToken,
) -> Vec<Report> {
    let (done, reports) = oneshot::channel();
    // Whoever no longer waits for the reports has no use for the run either.
    let waiting = stop.child_token();
    let _unless_dropped = waiting.clone().drop_guard();
    let begun = std::thread::Builder::new().name("scenarios".to_owned()).spawn(move || {
        files::sweep();
        let reports = match runtime(&how) {
            Ok(runtime) => runtime.block_on(all(&scenarios, &how, &mut news, &waiting)),
            Err(why) => {
                let why = format!("no runtime could be made: {why}");
                let not_run = |scenario| play::not_run(scenario, why.clone());
                scenarios.iter().map(not_run).collect()
            }
        };
        // What still wrote while its folder was removed has ended with the runtime.
        files::sweep();
        news(RunNews::Done);
        // Nobody listens where the caller has gone.
        let _gone = done.send(reports);
    });
    if let Err(why) = begun {
        tracing::warn!(%why, "no thread could be made for the scenarios");
    }
    reports.await.unwrap_or_default()
}

async fn all<N: FnMut(RunNews)>(
    scenarios: &[Scenario],
    how: &How,
    news: &mut N,
    stop: &CancellationToken,
) -> Vec<Report> {
    let mut reports = Vec::new();
    for scenario in scenarios {
        if stop.is_cancelled() {
            break;
        }
        news(RunNews::Began { name: scenario.name.clone(), steps: scenario.steps() });
        let report = one(scenario, how, news, stop).await;
        news(RunNews::Ended { report: report.clone() });
        reports.push(report);
    }
    reports
}

async fn one<N: FnMut(RunNews)>(
    scenario: &Scenario,
    how: &How,
    news: &mut N,
    stop: &CancellationToken,
) -> Report {
    if how.own.is_some() && !scenario.own_account() {
        let why = "it turns switches of the demo server, which this server does not have";
        return play::not_run(scenario, why.to_owned());
    }
    match Stage::set(Hand::new(how.pace()), how.own.clone()).await {
        Ok(stage) => Play::new(scenario, stage, news).play(stop).await,
        Err(why) => play::not_run(scenario, why),
    }
}

/// At speed one thread does what blocks (the disk), one thing after the other: whoever moves the
/// clocks can then wait until all of it is done.
fn runtime(how: &How) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    if how.pace() == Pace::AtSpeed {
        builder.max_blocking_threads(1);
    }
    builder.enable_all().build()
}
