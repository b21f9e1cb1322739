//! The Activity by its own controls: what was sent twice, what is looked for, what is written down.

use std::fs;
use std::path::Path;

use demo_server::Switches;
use fantoccini::Locator;
use serde_json::{Value, json};

use crate::harness::{
    App, AppFolder, Demo, Desk, JwtServer, Options, SOON, id, prepare_demo, until,
};

/// A line of the list with the words that its refresh token was sent before.
const AGAIN: &str = "li:has([data-testid=sent-before])";

/// The line that somebody was brought to.
const ARRIVED: &str = "li.arrived";

const EXPORT: &str = "Export the activity";

#[tokio::test]
async fn a_refresh_token_that_was_used_twice_is_marked_and_leads_to_its_first_use() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "fault": { "kind": "dropAfterRotating", "times": 1 } })).await;

    app.click(&id("renew-now")).await;

    app.wait_for_refreshes(1, SOON).await;
    open_activity(&app).await;
    app.shows(
        &id("sent-before"),
        ["This refresh token was sent before, at *", "此刷新令牌已在 * 发送过"],
    )
    .await;
    let again = number_of(&app, AGAIN).await;
    let token = sent(&app, AGAIN).await;
    app.click(&format!("{} button", id("sent-before"))).await;
    app.element(ARRIVED).await;
    let first = number_of(&app, ARRIVED).await;
    assert!(first < again, "{first} comes before {again}");
    assert_eq!(app.attribute(ARRIVED, "data-failed").await.as_deref(), Some("true"));
    assert_eq!(sent(&app, ARRIVED).await, token, "the same token");
    assert!(is_in_sight(&app, ARRIVED).await);
    let focused = "return document.querySelector(arguments[0]).contains(document.activeElement)";
    assert_eq!(app.run(focused, &[ARRIVED.into()]).await, true);

    // Pressed in one place, it stands out in the other.
    let chip = format!("[data-fingerprint=\"{token}\"]");
    app.click(&format!("{ARRIVED} {chip}")).await;
    app.element(&format!("{AGAIN}.marked {chip}[aria-pressed=true]")).await;
    app.shows(
        &id("activity-marking"),
        [&format!("{token} occurs in * entries.*"), &format!("{token} 出现在 * 条记录中。*")],
    )
    .await;
    // As the server has it, too, which took it for no theft.
    let counters = demo.counters().await;
    assert_eq!((counters.refresh_tokens_seen_twice, counters.reuse_detected), (1, 0));
    app.open_session().await;
    app.goes_on().await;
}

#[tokio::test]
async fn a_refresh_token_used_twice_is_marked_over_a_stop_in_mid_refresh_and_a_restart() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    app.click(&id("nav-lab")).await;

    app.click(&id("stop-in-mid-refresh")).await;

    let demo = Demo::of(&folder).await;
    demo.counted("the retry", SOON * 2, |all| all.refreshes_granted == 2).await;
    open_activity(&app).await;
    app.wait_for(&id("sent-before"), |said| said.starts_with("This refresh token"), SOON).await;
    let token = sent(&app, AGAIN).await;
    assert_eq!(app.terminate().await, 0);

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    open_activity(&app).await;
    app.wait_for(&id("sent-before"), |said| said.starts_with("This refresh token"), SOON).await;
    app.click(&format!("{} button", id("sent-before"))).await;
    app.element(ARRIVED).await;
    assert_eq!([sent(&app, ARRIVED).await, sent(&app, AGAIN).await], [token.clone(), token]);
}

#[tokio::test]
async fn of_a_refresh_that_a_kill_cut_off_it_is_said_that_it_may_have_been_sent() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "fault": { "kind": "hold", "afterHandling": true } })).await;
    app.click(&id("renew-now")).await;
    demo.counted("the refresh", SOON, |all| all.refreshes == 1).await;
    until("the intent to be in the activity on disk", SOON, async || {
        let files = folder.files_with("intent_written");
        let activity = folder.app_data().join("activity");
        files.iter().any(|file| file.starts_with(&activity)).then_some(())
    })
    .await;
    app.kill_9().await;

    let app = App::start(&desk, &folder, Options::default()).await;
    demo.set(json!({ "fault": null })).await;
    demo.counted("the retry", SOON * 2, |all| all.refreshes_granted >= 1).await;
    app.wait_for_status("resting").await;

    open_activity(&app).await;
    app.shows(
        &id("sent-before"),
        ["This refresh token may have been sent before, at *", "此刷新令牌可能已在 * 发送过"],
    )
    .await;
    app.click(&format!("{} button", id("sent-before"))).await;
    app.element(ARRIVED).await;
    assert_eq!(app.attribute(ARRIVED, "data-kind").await.as_deref(), Some("disk"), "the intent");
    assert_eq!(sent(&app, ARRIVED).await, sent(&app, AGAIN).await);
}

#[tokio::test]
async fn what_one_looks_for_is_found_and_the_rest_is_hidden_and_counted() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "fault": { "kind": "status", "code": 503, "times": 1 } })).await;
    app.click(&id("renew-now")).await;
    app.wait_for_refreshes(1, SOON).await;
    let name = app.fingerprint().await;
    open_activity(&app).await;
    let all = entries(&app).await;
    assert!(all.len() > 12, "{all:?}");

    // A word, a status, a fingerprint.
    for (words, least) in [("503", 1), (name.as_str(), 1), ("refresh lock", 2)] {
        app.type_into(&id("activity-search"), words).await;
        let wanted = words.to_lowercase();
        let found = until(format!("only entries with {words}"), SOON, async || {
            let found = entries(&app).await;
            let fits = |it: &Line| it.text.to_lowercase().contains(&wanted);
            (found.len() < all.len() && found.iter().all(fits)).then_some(found)
        })
        .await;
        assert!(found.len() >= least, "{words}: {found:?}");
        let hidden = all.len() - found.len();
        let said = app.text(&id("activity-count")).await;
        assert_eq!(said, format!("{} entries, {hidden} of them hidden", all.len()));
    }
    app.type_into(&id("activity-search"), "nobody says this").await;
    app.wait_for(&id("activity-nothing"), |said| said == "Nothing matches your search.", SOON)
        .await;
    app.click(&id("activity-show-all")).await;
    app.element(&id("activity-list")).await;
    assert_eq!(entries(&app).await, all);

    app.click(&id("activity-filter-disk")).await;
    app.wait_until_gone("li[data-kind=disk]").await;
    app.click(&id("activity-filter-failures")).await;
    app.wait_until_gone("li[data-failed=false]").await;
    let failures = entries(&app).await;
    assert!(failures.iter().any(|it| it.text.contains("503")), "{failures:?}");
    app.click(&id("activity-show-all")).await;
    until("everything again", SOON, async || (entries(&app).await == all).then_some(())).await;
}

#[tokio::test]
async fn the_list_follows_what_is_done_until_somebody_reads() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    app.resize(960, 640).await;
    for _ in 0..4 {
        app.renew_now().await;
    }
    open_activity(&app).await;
    let follow = id("activity-follow");
    assert_eq!(app.attribute(&follow, "aria-pressed").await.as_deref(), Some("true"));
    until("the newest to be in sight", SOON, async || {
        is_in_sight(&app, "li:last-child").await.then_some(())
    })
    .await;
    turn_offline(&app, true).await;
    until("what is new to be in sight", SOON, async || {
        let last = entries(&app).await.pop()?;
        (last.text.contains("Offline") && is_in_sight(&app, "li:last-child").await).then_some(())
    })
    .await;

    // Up by key: from now on the list stays where it is, and says what came meanwhile.
    let keys = app.element("li:last-child [data-open]").await;
    keys.send_keys("\u{e011}").await.expect("it takes Home");
    app.element(&format!("{follow}[aria-pressed=false]")).await;
    assert!(is_in_sight(&app, "li:first-child").await);
    turn_offline(&app, false).await;
    app.wait_for(&follow, |said| said.starts_with("Follow · ") && said.ends_with(" new"), SOON)
        .await;
    assert!(is_in_sight(&app, "li:first-child").await);
    app.click(&follow).await;
    until("the newest to be in sight again", SOON, async || {
        is_in_sight(&app, "li:last-child").await.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_request_is_looked_at_and_copied_and_the_list_outlives_the_app_until_it_is_forgotten() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    app.renew_now().await;
    let name = app.fingerprint().await;
    open_activity(&app).await;

    let renewed = format!("li[data-kind=exchange]:has([data-fingerprint=\"{name}\"])");
    let token = sent(&app, &renewed).await;
    app.click(&format!("{renewed} [data-open]")).await;

    let detail = app.text(&id("activity-detail")).await;
    for wanted in ["/api/refresh_token", &format!("‹token {token}›"), &name, "200"] {
        assert!(detail.contains(wanted), "{wanted} is not in the detail:\n{detail}");
    }
    app.click(&id("copy-curl")).await;
    let done = format!("{} [role=status]", id("activity-detail"));
    app.wait_for(&done, |said| said.starts_with("Copied"), SOON).await;
    let curl = desk.clipboard().expect("something was copied");
    assert!(curl.starts_with("curl ") && curl.contains(&token), "{curl}");
    app.press("Escape").await;
    app.wait_until_gone(&id("activity-detail")).await;
    let focused = "return document.querySelector(arguments[0]).contains(document.activeElement)";
    assert_eq!(app.run(focused, &[renewed.clone().into()]).await, true, "where it was");
    let before = entries(&app).await;
    assert_eq!(app.terminate().await, 0);

    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    open_activity(&app).await;
    let after = entries(&app).await;
    assert_eq!(&after[..before.len()], &before[..], "kept over a restart");
    assert_eq!(after.iter().filter(|it| it.text.contains("The app started")).count(), 2);

    app.open_settings().await;
    app.click(&id("forget")).await;
    app.click(&id("forget-confirm")).await;
    app.wait_for_status("signed_out").await;
    app.click(&id("nav-activity")).await;
    app.element(&id("activity-count")).await;
    // That the server was told of the sign-out may be said by now; nothing of before is.
    until("the list to be forgotten", SOON, async || {
        let left = entries(&app).await;
        (!left.iter().any(|it| after.contains(it))).then_some(())
    })
    .await;
    let left = entries(&app).await;
    assert!(left.len() <= 3, "{left:?}");
    assert_eq!(folder.files_with(&name), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn an_export_from_the_page_holds_what_the_page_shows_and_no_token() {
    let server = JwtServer::start().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    folder.prefer(&json!({ "language": "en" }));
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    app.renew_now().await;
    app.click(&id("call-api")).await;
    app.element(&id("api-result")).await;
    let other = desk.other_window().await;
    app.focus().await;
    open_activity(&app).await;

    let path = folder.home().join("exported.jsonl");
    export(&app, &desk, "export-jsonl", &path).await;

    let lines = fs::read_to_string(&path).expect("it was written");
    let told: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is an object"))
        .collect();
    let shown = entries(&app).await;
    for entry in &told {
        let number = entry["seq"].as_u64().expect("it is numbered").to_string();
        let line = shown.iter().find(|line| line.number == number);
        let line = line.unwrap_or_else(|| panic!("{entry} is not on the page"));
        assert_eq!(entry["what"]["kind"], line.kind);
        for token in ["sent", "access"] {
            let name = entry["what"][token].as_str().unwrap_or_default();
            assert!(line.text.contains(name), "{name} is not in {line:?}");
        }
    }
    let exported = told.iter().filter_map(|entry| entry["seq"].as_u64()).max().unwrap_or(0);
    let older = shown.iter().filter(|it| it.number.parse().is_ok_and(|it: u64| it <= exported));
    assert_eq!(older.count(), told.len(), "all that the page showed then");
    let purposes: Vec<_> =
        told.iter().filter_map(|entry| entry["what"]["purpose"].as_str()).collect();
    assert_eq!(purposes, ["sign_in", "refresh", "api"]);

    let report = folder.home().join("exported.md");
    export(&app, &desk, "export-markdown", &report).await;
    let report = fs::read_to_string(&report).expect("it was written");
    for wanted in ["/api/login", "/api/refresh_token", "/api/me", "‹token "] {
        assert!(report.contains(wanted), "{wanted} is not in the report");
    }
    for secret in server.secrets().into_iter().chain(["wonderland".to_owned()]) {
        assert!(!lines.contains(&secret) && !report.contains(&secret), "{secret} was exported");
    }
    drop(other);
}

/// A line as it is shown.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    number: String,
    kind: String,
    text: String,
}

/// Every line of the list.
async fn entries(app: &App<'_>) -> Vec<Line> {
    let script = "return [...document.querySelectorAll('[data-testid=activity-entry]')]
        .map((it) => [it.dataset.seq, it.dataset.kind,
          it.textContent.replace(/\\s+/g, ' ').trim()])";
    let lines: Vec<[String; 3]> =
        serde_json::from_value(app.run(script, &[]).await).expect("it answers so");
    lines.into_iter().map(|[number, kind, text]| Line { number, kind, text }).collect()
}

async fn number_of(app: &App<'_>, line: &str) -> u64 {
    let number = app.attribute(line, "data-seq").await;
    number.and_then(|number| number.parse().ok()).expect("a line has a number")
}

/// The token that was sent, or is about to be: the first that a line names.
async fn sent(app: &App<'_>, line: &str) -> String {
    let chip = format!("{line} [data-fingerprint]");
    app.attribute(&chip, "data-fingerprint").await.expect("a token was sent")
}

/// Whether a line stands within what one sees of the list.
async fn is_in_sight(app: &App<'_>, line: &str) -> bool {
    let list = id("activity-list");
    let Ok(found) = app.client().find(Locator::Css(&format!("{list} > {line}"))).await else {
        return false;
    };
    let script = "const it = arguments[0].getBoundingClientRect();
        const box = arguments[0].closest('.box').getBoundingClientRect();
        return it.top >= box.top - 4 && it.bottom <= box.bottom + 4";
    let line = serde_json::to_value(&found).expect("an element has a reference");
    app.run(script, &[line]).await == true
}

async fn open_activity(app: &App<'_>) {
    app.click(&id("nav-activity")).await;
    app.element(&id("activity-list")).await;
}

async fn turn_offline(app: &App<'_>, on: bool) {
    app.invoke("set_offline", json!({ "on": on })).await.expect("it may be");
}

/// Presses the page's button, and answers the system's dialog.
async fn export(app: &App<'_>, desk: &Desk, button: &str, path: &Path) {
    app.click(&id(button)).await;
    desk.dialog(EXPORT).await;
    desk.press("ctrl+a");
    desk.write(&path.display().to_string());
    desk.press("Return");
    desk.gone(EXPORT).await;
    let path = path.display().to_string();
    app.wait_for(&id("activity-told"), |said| said.contains(&path), SOON).await;
}

async fn signed_in<'a>(desk: &'a Desk, folder: &'a AppFolder) -> App<'a> {
    folder.prefer(&json!({ "language": "en" }));
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(folder, calm).await;
    let app = App::start(desk, folder, Options::default()).await;
    app.wait_for(&id("try-it"), |_| true, SOON).await;
    app.try_it().await;
    app
}
