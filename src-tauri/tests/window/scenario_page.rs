//! Scenarios by the page's own controls: run, judged, and said where they are wrong.

use std::fs;

use demo_server::Switches;
use serde_json::json;

use crate::harness::{App, AppFolder, Demo, Desk, Options, OwnServer, SOON, id, prepare_demo};

/// Expects what does not happen: it fails on purpose, at its last line.
const SEVEN: &str = "title \"A night of sleep costs seven refreshes\"

sign-in
sleep \"8h\"
expect refreshes=7 within=\"5s\"
";

#[tokio::test]
async fn three_scenarios_end_with_their_verdicts_and_one_fails_on_purpose() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.prefer(&json!({ "language": "en" }));
    let own = folder.app_data().join("scenarios");
    fs::create_dir_all(&own).expect("a fresh folder is writable");
    fs::write(own.join("seven.kdl"), SEVEN).expect("a fresh folder is writable");
    prepare_demo(&folder, calm()).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let before = app.fingerprint().await;
    open_scenarios(&app).await;

    for (name, verdict) in [("sleep-8h", "passed"), ("seven", "failed"), ("revoked", "passed")] {
        app.click(&id(&format!("run-{name}"))).await;
        wait_for_verdict(&app, name, verdict).await;
    }

    // In both languages: the verdict, and the line that decided it.
    app.shows(&id("verdict-sleep-8h"), ["Passed", "通过"]).await;
    app.shows(&id("verdict-seven"), ["Failed", "未通过"]).await;
    app.shows(
        &id("failed-seven"),
        [
            "Line 5: expect refreshes=7 within=\"5s\"*expected 7",
            "第 5 行：expect refreshes=7 within=\"5s\"*期望 7",
        ],
    )
    .await;
    app.speak("en").await;
    // The evidence is what the server has counted.
    for (name, count, number) in
        [("sleep-8h", "refreshes", "1"), ("seven", "refreshes", "1"), ("revoked", "logins", "1")]
    {
        app.click(&format!("{} summary", id(&format!("steps-{name}")))).await;
        let row = format!("{} [data-count={count}] td", id(&format!("evidence-{name}")));
        assert_eq!(app.text(&row).await, number, "{name}");
    }
    let outcomes = outcomes(&app, "seven").await;
    assert_eq!(outcomes, ["done", "done", "failed"]);
    // Each had an engine and a server of its own: the session in the window is as it was.
    app.open_session().await;
    assert_eq!(app.fingerprint().await, before);
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 0));
}

#[tokio::test]
async fn a_mistake_is_named_with_its_file_and_its_line_until_it_is_mended() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.prefer(&json!({ "language": "en" }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("nav-lab")).await;
    open_scenarios(&app).await;
    let file = folder.app_data().join("scenarios").join("mine.kdl");
    let text = "title \"Mine\"\n\nsign-in\nslep \"8h\"\nexpect session=\"survived\"\n";
    fs::write(&file, text).expect("the folder was made");

    app.click(&id("read-scenarios")).await;

    let said = app.text(&id("scenario-mistake")).await;
    assert!(said.starts_with("mine.kdl:4:1"), "{said}");
    assert!(said.contains("slep") && said.contains("did you mean sleep?"), "{said}");

    fs::write(&file, text.replace("slep", "sleep")).expect("the folder is there");
    app.click(&id("read-scenarios")).await;
    app.wait_until_gone(&id("scenario-mistake")).await;
    app.click(&id("run-mine")).await;
    wait_for_verdict(&app, "mine", "passed").await;
}

#[tokio::test]
async fn a_scenario_is_run_against_an_account_of_ones_own_with_the_password_typed_for_it() {
    let server = OwnServer::start(calm()).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.prefer(&json!({ "language": "en" }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    open_scenarios(&app).await;
    app.choose("where-own_account").await;

    // Not without a password, which is asked for at its field.
    app.click(&id("run-sign-out")).await;
    app.element(&format!("{}[aria-invalid=true]", id("scenario-password"))).await;
    assert_eq!(server.counters().await.logins, 1);

    app.type_into(&id("scenario-password"), "wonderland").await;
    app.click(&id("run-sign-out")).await;

    wait_for_verdict(&app, "sign-out", "passed").await;
    let field = app.element(&id("scenario-password")).await;
    assert_eq!(field.prop("value").await.expect("it is a field").as_deref(), Some(""));
    assert_eq!(server.counters().await.logins, 2, "the app's, and the scenario's");
    app.open_session().await;
    app.goes_on().await;
}

async fn open_scenarios(app: &App<'_>) {
    app.click(&id("nav-lab")).await;
    app.choose("lab-part-scenarios").await;
    app.element(&id("run-sleep-8h")).await;
}

async fn wait_for_verdict(app: &App<'_>, name: &str, verdict: &str) {
    let verdict = format!("{}[data-verdict={verdict}]", id(&format!("verdict-{name}")));
    app.wait_for(&verdict, |_| true, SOON * 3).await;
}

/// How each step of a scenario went.
async fn outcomes(app: &App<'_>, name: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(arguments[0] + ' li[data-outcome]')]
        .map((it) => it.dataset.outcome)";
    let steps = id(&format!("steps-{name}"));
    serde_json::from_value(app.run(script, &[steps.into()]).await).expect("it answers so")
}

fn calm() -> Switches {
    Switches { access_lifetime_ms: 3_600_000, ..Switches::default() }
}
