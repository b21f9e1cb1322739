//! Scenarios, run: what comes with the app passes, what is expected wrongly fails with what was
//! found, and an account of one's own is left as it was.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

use auth_client::AccountSettings;
use demo_server::{ALICE, Clock, Running, Switches};
use lab::{How, Own, Pace, Report, RunNews, Scenario, StepOutcome, Verdict};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

/// A scenario with these steps; they begin on line 2.
fn scenario(steps: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tried.kdl");
    std::fs::write(&path, format!("title \"Tried\"\n{steps}\n")).unwrap();
    lab::read_file(&path).unwrap()
}

async fn at_speed(steps: &str) -> Report {
    run(scenario(steps), How::default()).await
}

async fn run(scenario: Scenario, how: How) -> Report {
    let mut reports = lab::run(vec![scenario], how, |_| {}, CancellationToken::new()).await;
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

/// The line that was not met, and what was found there.
fn unmet(report: &Report) -> (u32, &str) {
    assert_eq!(report.verdict, Verdict::Failed, "{report:#?}");
    let failed: Vec<_> =
        report.steps.iter().filter(|step| step.outcome == StepOutcome::Failed).collect();
    assert_eq!(failed.len(), 1, "{report:#?}");
    (failed[0].line, failed[0].detail.as_deref().unwrap())
}

#[tokio::test]
async fn every_scenario_that_comes_with_the_app_passes() {
    let all = lab::chosen(None, &[]).unwrap();
    assert!(all.len() >= 24);
    let reports = lab::run(all, How::default(), |_| {}, CancellationToken::new()).await;
    let others: Vec<_> =
        reports.iter().filter(|report| report.verdict != Verdict::Passed).collect();
    assert!(others.is_empty(), "{others:#?}");
    for report in &reports {
        assert!(report.evidence.counted_by_server, "{}", report.name);
        assert!(report.says.starts_with("session "), "{}: {}", report.name, report.says);
    }
}

#[tokio::test]
async fn two_runs_of_a_scenario_are_alike() {
    let names = ["slow-server", "storm", "two-copies"].map(str::to_owned);
    let play = || async {
        let chosen = lab::chosen(None, &names).unwrap();
        let reports = lab::run(chosen, How::default(), |_| {}, CancellationToken::new()).await;
        let plain = |report: Report| (report.evidence, report.steps, report.played_ms);
        reports.into_iter().map(plain).collect::<Vec<_>>()
    };
    assert_eq!(play().await, play().await);
}

#[tokio::test]
async fn a_count_that_the_server_does_not_confirm_fails_with_the_line_and_what_was_found() {
    // What the server counts here: one sign-in; two refreshes, both granted, one of them with a token
    // that it had seen; no sign-out, no refusal and no theft.
    let steps = |expected: &str| {
        format!(
            "server access-lifetime=\"1h\"\nsign-in\nfault \"drop-after-rotating\" times=1\nrenew\nwait \"5s\"\nexpect {expected}"
        )
    };
    let right = "refreshes=2 refreshes-granted=2 refreshes-refused=0 logins=1 logouts=0 reuse=0 \
                 seen-twice=1 session=\"survived\" api=200 says=\"resting\"";
    assert_eq!(at_speed(&steps(right)).await.verdict, Verdict::Passed);
    for (wrong, found) in [
        ("refreshes=1", "refreshes: 2, expected 1"),
        ("refreshes=\"<=1\"", "refreshes: 2, expected at most 1"),
        ("refreshes=\"3..5\"", "refreshes: 2, expected 3 to 5"),
        ("refreshes-granted=\">2\"", "refreshes-granted: 2, expected at least 3"),
        ("refreshes-refused=1", "refreshes-refused: 0, expected 1"),
        ("logins=2", "logins: 1, expected 2"),
        ("logouts=1", "logouts: 0, expected 1"),
        ("reuse=1", "reuse: 0, expected 1"),
        ("seen-twice=0", "seen-twice: 1, expected 0"),
        ("session=\"ended\"", "session survived (API: 200), expected ended"),
        ("api=401", "api: 200, expected 401"),
        ("api=\"none\"", "api: 200, expected no answer"),
        ("logins=1 says=\"portal\"", "says: resting, expected portal"),
        ("refreshes=9 within=\"10s\"", "refreshes: 2, expected 9"),
    ] {
        let report = at_speed(&steps(wrong)).await;
        let (line, detail) = unmet(&report);
        assert_eq!((line, detail), (7, found), "{wrong}");
    }
}

#[tokio::test]
async fn a_session_is_judged_by_the_server_and_not_by_what_the_app_believes() {
    // The app believes that it is signed in: nothing has told it otherwise.
    let believes = "server access-lifetime=\"1h\"\nsign-in\nrevoke\nexpect says=\"resting\"\n";
    let report = at_speed(&format!("{believes}expect session=\"survived\"")).await;
    let (line, detail) = unmet(&report);
    assert_eq!((line, detail), (6, "session ended (API: 401), expected survived"));
    assert_eq!(report.says, "session ended; refreshes sent: 1, refused: 1");
    assert_eq!(report.evidence.api_status, Some(401));
}

#[tokio::test]
async fn a_session_that_only_waits_has_neither_survived_nor_ended() {
    let steps = "sign-in\nnetwork-off\nwait-until expired\n";
    for wanted in ["survived", "ended"] {
        let report = at_speed(&format!("{steps}expect session=\"{wanted}\"")).await;
        let (line, detail) = unmet(&report);
        assert_eq!(line, 5);
        assert!(detail.contains("undecided: the server cannot be reached"), "{detail}");
    }
}

#[tokio::test]
async fn what_was_expected_wrongly_does_not_end_the_run() {
    let report = at_speed("sign-in\nexpect refreshes=7\nrenew\nexpect refreshes=1").await;
    assert_eq!(unmet(&report).0, 3);
    assert_eq!(report.steps[3].outcome, StepOutcome::Done);
}

#[tokio::test]
async fn what_cannot_be_done_ends_the_run_and_says_why() {
    let report = at_speed("sign-in\nnetwork-off\nstop-in-mid-refresh\nexpect logins=1").await;
    assert_eq!(report.verdict, Verdict::NotRun);
    assert!(report.says.contains("no refresh was answered"), "{}", report.says);
    assert_eq!(report.steps[3].outcome, StepOutcome::Ahead);
    let refused = at_speed("fault \"refuse\" on=\"login\"\nsign-in\nexpect logins=1").await;
    assert_eq!(refused.verdict, Verdict::NotRun);
    assert!(refused.says.contains("the sign-in failed"), "{}", refused.says);
}

#[tokio::test]
async fn every_step_is_told_as_it_comes() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    let news = move |news: RunNews| {
        hear.lock().unwrap().push(match news {
            RunNews::Began { steps, .. } => format!("began: {}", steps.len()),
            RunNews::Stepped { index, step, .. } => format!("{index}: {:?}", step.outcome),
            RunNews::Ended { report } => format!("ended: {:?}", report.verdict),
            RunNews::Done => "done".to_owned(),
        });
    };
    let tried = scenario("sign-in\nexpect logins=2");
    lab::run(vec![tried], How::default(), news, CancellationToken::new()).await;
    let expected =
        ["began: 2", "0: Running", "0: Done", "1: Running", "1: Failed", "ended: Failed", "done"];
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_run_can_be_stopped_in_the_middle_of_a_wait() {
    let stop = CancellationToken::new();
    let on_wait = stop.clone();
    let news = move |news: RunNews| {
        let waits = matches!(&news, RunNews::Stepped { step, .. } if step.text.starts_with("wait"));
        if waits {
            on_wait.cancel();
        }
    };
    let how = How { pace: Pace::RealTime, own: None };
    let both = ["sign-in\nwait \"30 days\"\nexpect logins=1", "sign-in\nexpect logins=1"]
        .map(scenario)
        .to_vec();
    let reports = lab::run(both, how, news, stop).await;
    assert_eq!(reports.len(), 1, "the second was begun");
    assert_eq!(reports[0].verdict, Verdict::NotRun);
    assert!(reports[0].says.contains("was stopped"), "{}", reports[0].says);
}

#[tokio::test]
async fn in_real_time_the_same_steps_come_to_the_same() {
    let how = How { pace: Pace::RealTime, own: None };
    let steps = "server access-lifetime=\"1h\"\nsign-in\nsleep \"8h\"\n\
                 expect session=\"survived\" refreshes=1 logins=1 within=\"3s\"";
    let report = run(scenario(steps), how).await;
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
    assert!(report.played_ms >= 8 * 3_600_000);
}

#[tokio::test]
async fn an_account_of_ones_own_is_counted_on_the_way_out_and_signed_out_at_the_end() {
    let theirs = Running::in_memory(Switches::default(), Clock::system()).await.unwrap();
    let settings = AccountSettings {
        base_url: theirs.base_url(),
        user: ALICE.username.into(),
        ..AccountSettings::default()
    };
    let own = Some(Own { settings, password: ALICE.password.into() });
    let how = How { pace: Pace::AtSpeed, own };
    let steps = "sign-in\nsleep \"8h\"\nexpect session=\"survived\" refreshes=1 within=\"3s\"\n\
                 stop-in-mid-refresh\nstart\n\
                 expect session=\"survived\" refreshes=3 seen-twice=1 logins=1 within=\"5s\"";
    let report = run(scenario(steps), how.clone()).await;
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
    assert!(!report.evidence.counted_by_server);
    let counted = theirs.control().counters().await.unwrap();
    assert_eq!((counted.logins, counted.refreshes, counted.logouts), (1, 3, 1));
    assert_eq!(theirs.control().snapshot().await.unwrap().living_sessions, 0);

    let turns_switches = run(scenario("sign-in\nrevoke\nexpect logins=1"), how).await;
    assert_eq!(turns_switches.verdict, Verdict::NotRun);
    assert_eq!(theirs.control().counters().await.unwrap().logins, 1, "it was begun");
}

#[tokio::test]
async fn a_session_whose_renewal_is_under_way_has_not_ended() {
    // The server holds the answer: it may be a grant.
    let steps = "server access-lifetime=\"1m\"\nsign-in\nfault \"hold\"\nwait-until \"expired\"\n";
    let report = at_speed(&format!("{steps}expect session=\"ended\"")).await;
    let (line, detail) = unmet(&report);
    assert_eq!(line, 6);
    assert!(detail.contains("undecided"), "{detail}");
    let after = format!("{steps}all-well\nexpect session=\"survived\" within=\"2m\"");
    assert_eq!(at_speed(&after).await.verdict, Verdict::Passed);
}

#[tokio::test]
async fn a_copy_that_another_keeps_from_renewing_has_not_lost_its_session() {
    let steps = "server access-lifetime=\"1m\"\nsign-in\nsecond-copy\nfault \"hold\"\nrenew\n\
                 wait \"55s\"\nrenew\nwait \"10s\"\nexpect copy=2 session=\"ended\"";
    let report = at_speed(steps).await;
    let (line, detail) = unmet(&report);
    assert_eq!(line, 10);
    assert!(detail.contains("undecided"), "{detail}");
}

#[tokio::test]
async fn a_good_token_that_the_api_cannot_be_asked_about_has_not_ended() {
    let steps = "server access-lifetime=\"1h\" tell-refresh-token=\"never\"\nsign-in\nnetwork-off\n\
                 expect session=\"ended\"";
    let report = at_speed(steps).await;
    assert!(unmet(&report).1.contains("undecided: the API does not answer"), "{report:#?}");
}
