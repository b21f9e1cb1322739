//! The Lab as a person uses it: each switch turned by its own control, seen in the window and at the
//! server, and undone by one button.

use demo_server::{Endpoint, Fault, FaultBody, FaultKind, Switches};
use serde_json::{Value, json};

use crate::harness::{
    App, AppFolder, Demo, Desk, Options, OwnServer, SOON, id, prepare_demo, until,
};

pub(crate) const HOUR: u64 = 3_600_000;
pub(crate) const SCREENS: [&str; 4] = ["session", "activity", "lab", "settings"];

#[tokio::test]
async fn offline_by_its_switch_is_said_everywhere_and_ended_by_all_well() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;
    in_lab(&app).await;

    app.click(&id("lab-offline")).await;

    app.shows(&id("switched-on"), ["Switched on: offline", "已开启：离线"]).await;
    app.speak("en").await;
    for screen in SCREENS {
        app.click(&id(&format!("nav-{screen}"))).await;
        assert_eq!(app.text(&id("switched-on")).await, "Switched on: offline", "{screen}");
        app.element(&id("all-well")).await;
    }
    app.click(&id("nav-session")).await;
    app.click(&id("renew-now")).await;
    app.wait_for_status("waiting").await;
    assert_eq!(demo.counters().await.refreshes, 0, "nothing has left");

    app.click(&id("all-well")).await;

    app.wait_until_gone(&id("switched-on")).await;
    app.wait_for_refreshes(1, SOON).await;
    app.goes_on().await;
    in_lab(&app).await;
    assert_eq!(checked(&app, "lab-offline").await, false);
    assert_eq!(demo.counters().await.refreshes, 1);

    // On and off again by the switch itself.
    app.click(&id("lab-offline")).await;
    app.element(&id("switched-on")).await;
    app.click(&id("lab-offline")).await;
    app.wait_until_gone(&id("switched-on")).await;
}

#[tokio::test]
async fn time_and_tokens_by_their_buttons_cost_one_refresh_each() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;

    in_lab(&app).await;
    app.click(&id("sleep-28800000")).await;
    demo.counted("the renewal on waking", SOON, |all| all.refreshes == 1).await;
    app.wait_for(&id("time-moved"), |said| said.contains("8 h"), SOON).await;
    app.click(&id("nav-session")).await;
    app.adds([
        "Kept you signed in over 8 h; renewed just now.",
        "已为您保持登录 8 小时，刚刚续期。",
    ])
    .await;
    app.speak("en").await;
    // Nothing is on that could be switched off: a sleep is over.
    assert_eq!(app.text_if_any(&id("all-well")).await, None);

    in_lab(&app).await;
    app.click(&id("expire-now")).await;
    demo.counted("the renewal of what ended", SOON, |all| all.refreshes == 2).await;
    app.click(&id("nav-session")).await;
    app.wait_for_refreshes(2, SOON).await;

    in_lab(&app).await;
    app.click(&id("refuse-now")).await;
    demo.counted("the renewal of what was refused", SOON, |all| all.refreshes == 3).await;
    app.click(&id("nav-session")).await;
    app.wait_for_refreshes(3, SOON).await;
    app.wait_for(&id("why"), |why| why.contains("refused"), SOON).await;

    app.goes_on().await;
    let counters = demo.counters().await;
    assert_eq!((counters.logins, counters.refreshes, counters.refreshes_refused), (1, 3, 0));
}

#[tokio::test]
async fn the_clock_by_its_buttons_is_noticed_and_set_right() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let fact = |said: &str| format!("your clock is 1 h {said}; corrected");

    for (button, said) in [("clock-ahead", "ahead"), ("clock-behind", "behind")] {
        in_lab(&app).await;
        assert!(is_disabled(&app, "clock-right").await, "it is right");
        app.click(&id(button)).await;
        app.wait_for(&id("time-moved"), |words| words.contains("1 h"), SOON).await;
        app.click(&id("nav-session")).await;
        app.wait_for("[data-fact=clock] dd", |is| is == fact(said), SOON).await;
        app.goes_on().await;

        in_lab(&app).await;
        // One of them by its own button, the other by the one that undoes everything.
        app.click(&id(if said == "ahead" { "clock-right" } else { "all-well" })).await;

        app.wait_until_gone(&id("time-moved")).await;
        app.click(&id("nav-session")).await;
        app.wait_for("[data-fact=clock] dd", |is| !is.contains("corrected"), SOON).await;
    }
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes_refused), (1, 0));
}

#[tokio::test]
async fn the_window_goes_away_and_returns_by_its_button() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    in_lab(&app).await;
    app.focus().await;
    let before = app.idle_focuses().await;

    // The driver tells of a press once the page is drawn again, which may be when the window is back:
    // so the desk is looked at meanwhile.
    let button = id("leave-and-come-back");
    let gone =
        until("the window to be away", SOON * 2, async || (!app.has_focus().await).then_some(()));
    let ((), ()) = tokio::join!(app.click(&button), gone);
    until("the window to be back", SOON, async || app.has_focus().await.then_some(())).await;
    until("the mark of its coming back", SOON, async || {
        (app.idle_focuses().await > before).then_some(())
    })
    .await;
    app.wait_until_gone(&id("switched-on")).await;
    assert_eq!(Demo::of(&folder).await.counters().await.refreshes, 0, "it was fresh");
}

#[tokio::test]
async fn stopping_in_mid_refresh_by_its_button_sends_the_same_token_once_more() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    let demo = Demo::of(&folder).await;
    in_lab(&app).await;

    app.click(&id("stop-in-mid-refresh")).await;

    let counters = demo.counted("the retry", SOON * 2, |all| all.refreshes_granted == 2).await;
    assert_eq!((counters.logins, counters.refresh_tokens_seen_twice), (1, 1));
    app.wait_for(&format!("{}[data-status=resting]", id("lab")), |_| true, SOON).await;
    // What was sent twice is to be seen in Activity.
    app.click(&id("nav-activity")).await;
    app.element(&id("sent-before")).await;
    app.click(&id("nav-session")).await;
    app.goes_on().await;
}

#[tokio::test]
async fn the_wheel_scrolls_the_lab_and_zooms_the_lifeline_only_when_it_is_meant() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = signed_in(&desk, &folder).await;
    in_lab(&app).await;
    let strip = id("lifeline-strip");
    app.element(&strip).await;
    let turn = "const strip = document.querySelector(arguments[0]);
        const box = strip.getBoundingClientRect();
        const turn = new WheelEvent('wheel', { deltaY: 100, ctrlKey: arguments[1], bubbles: true,
          cancelable: true, clientX: box.left + 50, clientY: box.top + 50, view: window });
        strip.dispatchEvent(turn);
        return turn.defaultPrevented";
    let said = || app.attribute(&strip, "aria-valuetext");
    let before = said().await;

    assert_eq!(app.run(turn, &[json!(strip), json!(false)]).await, false, "the page is scrolled");
    app.drawn().await;
    assert_eq!(said().await, before);
    assert_eq!(app.run(turn, &[json!(strip), json!(true)]).await, true);
    until("another zoom", SOON, async || (said().await != before).then_some(())).await;
    app.click(&strip).await;
    assert_eq!(app.run(turn, &[json!(strip), json!(false)]).await, true, "it has the focus");
}

#[tokio::test]
async fn under_a_notice_activitys_list_alone_scrolls() {
    let kind = FaultKind::Status {
        code: 404,
        retry_after: None,
        body: FaultBody::Json,
        after_handling: false,
    };
    let fault = Fault { kind, times: None, on: vec![Endpoint::Logout] };
    let server = OwnServer::start(Switches { fault, ..calm() }).await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    for _ in 0..6 {
        app.renew_now().await;
    }
    app.click(&id("sign-out")).await;
    app.element(&id("notice")).await;

    app.click(&id("nav-activity")).await;

    app.element(&id("activity-entry")).await;
    let heights = "const main = document.querySelector('main');
        return [main.scrollHeight, main.clientHeight]";
    let is = app.run(heights, &[]).await;
    assert_eq!(is[0], is[1], "the page itself has nothing to scroll");
}

#[tokio::test]
async fn axe_finds_nothing_in_lab_activity_tour_and_tokens_and_the_policy_stops_nothing() {
    for theme in ["light", "dark"] {
        let (desk, folder) = (Desk::open().await, AppFolder::new());
        folder.prefer(&json!({ "theme": theme }));
        prepare_demo(&folder, calm()).await;
        let app = App::start(&desk, &folder, Options::default()).await;
        app.reload_recorded().await;
        app.try_it().await;
        app.renew_now().await;
        in_lab(&app).await;
        // As much of the page as there can be.
        app.choose_option("lab-fault", "status").await;
        app.element(&id("fault-parameters")).await;
        app.enter("lab-fault-code", 1).await;
        app.click(&id("lab-offline")).await;
        app.element(&id("switched-on")).await;
        app.element(&id("lab-counters")).await;

        for (width, height) in [(960, 640), (420, 720)] {
            app.resize(width, height).await;
            let at = format!("{theme}, {width} by {height}");
            in_lab(&app).await;
            passes(&app, &at, "the lab's switches").await;
            app.choose("lab-part-scenarios").await;
            app.element(&id("run-all")).await;
            passes(&app, &at, "the lab's scenarios").await;
            app.click(&id("nav-activity")).await;
            app.element(&id("activity-entry")).await;
            passes(&app, &at, "activity").await;
            app.click(&id("nav-session")).await;
            app.click(&id("token-details")).await;
            app.element(&id("token-access")).await;
            passes(&app, &at, "the tokens").await;
            app.press("Escape").await;
            app.wait_until_gone(&id("token-dialog")).await;
            in_lab(&app).await;
            app.click(&id("start-tour")).await;
            app.element(&id("tour")).await;
            passes(&app, &at, "the tour").await;
            app.click(&id("tour-leave")).await;
            app.wait_until_gone(&id("tour")).await;
        }

        assert_eq!(app.csp_violations().await, Vec::<Value>::new());
    }
}

pub(crate) async fn signed_in<'a>(desk: &'a Desk, folder: &'a AppFolder) -> App<'a> {
    prepare_demo(folder, calm()).await;
    let app = App::start(desk, folder, Options::default()).await;
    app.try_it().await;
    app
}

pub(crate) async fn in_lab(app: &App<'_>) {
    app.click(&id("nav-lab")).await;
    app.element(&id("lab")).await;
}

pub(crate) async fn checked(app: &App<'_>, name: &str) -> Value {
    app.run("return document.querySelector(arguments[0]).checked", &[json!(id(name))]).await
}

async fn is_disabled(app: &App<'_>, name: &str) -> bool {
    app.attribute(&id(name), "disabled").await.is_some()
}

async fn passes(app: &App<'_>, at: &str, screen: &str) {
    app.still().await;
    let found = app.axe().await;
    assert!(found.is_empty(), "{screen}, {at}: {found:#?}");
    let whole = "return document.documentElement.scrollHeight - innerHeight";
    assert_eq!(app.run(whole, &[]).await, 0, "{screen}, {at}: the window itself scrolls");
}

pub(crate) fn calm() -> Switches {
    Switches { access_lifetime_ms: HOUR, ..Switches::default() }
}
