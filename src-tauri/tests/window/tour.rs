//! The tour, from the first start to its end, by its own controls; judged by what the demo server
//! counted as well.

use demo_server::Counters;
use serde_json::{Value, json};

use crate::harness::{App, AppFolder, Demo, Desk, LANGUAGES, Options, SOON, id, until};

/// What is done, what is to be read before it, and what is said to have happened after it, in the order
/// of [`LANGUAGES`].
struct Step {
    happened: &'static str,
    before: [&'static str; 2],
    after: [&'static str; 2],
}

const STEPS: [Step; 5] = [
    Step {
        happened: "signed_in",
        before: [
            "Sign in as Alice at a small demo server inside this app.",
            "以 Alice 的身份登录应用内置的演示服务器。",
        ],
        after: [
            "You're signed in; each token lives for 20 seconds.",
            "已登录，每个令牌的有效期为 20 秒。",
        ],
    },
    Step {
        happened: "renewed",
        before: [
            "Watch the ring: at its mark, the session renews by itself. Or skip most of the wait, as if the time had passed.",
            "请看圆环：走到刻度处时，会话会自动续期。也可以跳过大部分等待，如同这段时间已经过去。",
        ],
        after: ["Renewed by itself, before the token ended.", "在令牌到期之前自动续期了。"],
    },
    Step {
        happened: "back_renewed",
        before: [
            "Now leave: the window goes away just when a renewal is due, and returns by itself.",
            "现在离开一下：窗口会在该续期时收起几秒钟，再自己回来。",
        ],
        after: ["Renewed while you were away; you did nothing.", "您离开时已续期，无需任何操作。"],
    },
    Step {
        happened: "slept",
        before: [
            "Now let the computer sleep for eight hours; here it takes a moment.",
            "接下来让电脑“睡”八小时，在这里只需一瞬间。",
        ],
        after: [
            "The token had long ended; it was renewed on waking, and you did nothing.",
            "令牌早已到期，唤醒后立即续期，无需任何操作。",
        ],
    },
    Step {
        happened: "refused",
        before: [
            "Last, the server ends the session, and the next renewal is refused.",
            "最后，服务器结束会话，下一次续期会被拒绝。",
        ],
        after: [
            "The server ended the session and refused to renew it. Only now does it need you.",
            "服务器结束了会话，并拒绝续期。这时才需要您。",
        ],
    },
];

const IT_WAS_TIME: [&str; 2] = ["it was time", "到了续期时间"];

#[tokio::test]
async fn five_steps_and_a_last_press_lead_from_the_first_start_to_a_session() {
    for (at, language) in LANGUAGES.into_iter().enumerate() {
        let (desk, folder) = (Desk::open().await, AppFolder::new());
        folder.prefer(&json!({ "language": language }));
        let app = App::start(&desk, &folder, Options::default()).await;
        app.click(&id("start-tour")).await;

        let mut asked = Vec::new();
        for (number, step) in (1..).zip(&STEPS) {
            stands_at(&app, &number.to_string()).await;
            assert_eq!(app.text(&id("tour-sentence")).await, step.before[at]);
            app.click(&id("tour-do")).await;
            assert_eq!(happened(&app, step.happened).await, step.after[at]);
            if step.happened == "renewed" {
                // Nothing but the time brought it about.
                app.wait_for(&id("why"), |why| why.contains(IT_WAS_TIME[at]), SOON).await;
            }
            asked.push(counted(&Demo::of(&folder).await.counters().await));
        }

        // The server's word on it: one sign-in, one renewal for each of the three, and one refusal.
        stands_at(&app, "end").await;
        let [signed_in, renewed, left, slept, refused] = asked[..] else { panic!("five steps") };
        assert_eq!(signed_in, (1, 0, 0));
        assert_eq!(renewed, (1, 1, 0));
        assert_eq!(left, (1, 2, 0), "the one that fell due while the window was away");
        // What falls due while one reads is renewed, too.
        assert!((3..=4).contains(&slept.1) && slept.0 == 1 && slept.2 == 0, "{slept:?}");
        assert!(refused.1 <= slept.1 + 1 && refused.0 == 1 && refused.2 == 1, "{refused:?}");
        app.wait_for_status("needs_sign_in").await;

        app.click(&id("tour-do")).await;

        app.wait_for_status("resting").await;
        app.wait_until_gone(&id("tour")).await;
        app.goes_on().await;
        let counters = Demo::of(&folder).await.counters().await;
        assert_eq!((counters.logins, counters.api_refused, counters.reuse_detected), (2, 0, 0));
    }
}

#[tokio::test]
async fn whoever_leaves_it_midway_has_a_plain_session() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.click(&id("start-tour")).await;
    app.click(&id("tour-do")).await;
    happened(&app, "signed_in").await;
    app.click(&id("tour-do")).await;
    happened(&app, "renewed").await;
    let before = app.refreshes().await;

    app.click(&id("tour-leave")).await;

    app.wait_until_gone(&id("tour")).await;
    app.wait_for_status("resting").await;
    app.goes_on().await;
    // It renews by itself as ever, and nothing of the tour comes back.
    app.wait_for_refreshes(before + 1, SOON * 3).await;
    assert!(app.text_if_any(&id("tour")).await.is_none());
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes_refused), (1, 0));
}

#[tokio::test]
async fn the_keyboard_alone_leads_through_it() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.element(&id("welcome")).await;
    tab_to(&app, "start-tour").await;
    app.press("Return").await;

    for step in &STEPS {
        // The one button has the focus from the start, and keeps it from step to step.
        has_focus(&app, "tour-do").await;
        app.press("Return").await;
        happened(&app, step.happened).await;
    }
    has_focus(&app, "tour-do").await;
    app.press("Return").await;

    app.wait_for_status("resting").await;
    app.wait_until_gone(&id("tour")).await;
    let counters = Demo::of(&folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes_refused), (2, 1));
}

#[tokio::test]
async fn from_an_account_of_ones_own_it_asks_first_and_leaves_the_session_there() {
    let server = crate::harness::OwnServer::start(demo_server::Switches {
        access_lifetime_ms: 3_600_000,
        ..demo_server::Switches::default()
    })
    .await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.sign_in_at(server.url(), "tutorial", "alice", "wonderland").await;
    app.click(&id("nav-lab")).await;

    app.click(&id("start-tour")).await;

    has_focus_on_cancel(&app).await;
    assert!(app.text_if_any(&id("tour")).await.is_none());
    app.press("Return").await;
    app.wait_until_gone(&id("tour-confirm")).await;
    assert_eq!(server.counters().await.logouts, 0);
    app.click(&id("start-tour")).await;
    app.click(&id("tour-confirm")).await;
    app.click(&id("tour-do")).await;
    happened(&app, "signed_in").await;
    app.element(&format!("{}[data-step=\"2\"]", id("tour-step"))).await;
    // The session there goes on meanwhile, and is one click away.
    let own = format!("{}[data-status=resting]", id("account-item"));
    app.click(&own).await;
    app.wait_until_gone(&id("tour")).await;
    app.goes_on().await;
    let counters = server.counters().await;
    assert_eq!((counters.logins, counters.logouts), (1, 0));
}

/// Waits until the tour stands at this step.
async fn stands_at(app: &App<'_>, step: &str) {
    app.element(&format!("{}[data-step=\"{step}\"]", id("tour-step"))).await;
}

/// Waits until the tour says that this has happened; its words.
async fn happened(app: &App<'_>, what: &str) -> String {
    let said = format!("{}[data-happened={what}]", id("tour-happened"));
    let error = app.text_if_any(&id("tour-error")).await;
    assert_eq!(error, None);
    app.wait_for(&said, |_| true, SOON * 2).await
}

/// Sign-ins, refreshes that were granted, and those that were refused.
fn counted(counters: &Counters) -> (u64, u64, u64) {
    (counters.logins, counters.refreshes_granted, counters.refreshes_refused)
}

async fn is_focused(app: &App<'_>, css: &str) -> Value {
    app.run("return document.activeElement.matches(arguments[0])", &[css.into()]).await
}

async fn has_focus(app: &App<'_>, name: &str) {
    until(format!("the focus on {name}"), SOON, async || {
        (is_focused(app, &id(name)).await == true).then_some(())
    })
    .await;
}

async fn has_focus_on_cancel(app: &App<'_>) {
    let cancel = format!("button:has(+ {})", id("tour-confirm"));
    until("the focus on what changes nothing", SOON, async || {
        (is_focused(app, &cancel).await == true).then_some(())
    })
    .await;
}

async fn tab_to(app: &App<'_>, name: &str) {
    for _ in 0..60 {
        app.press("Tab").await;
        if is_focused(app, &id(name)).await == true {
            return;
        }
    }
    panic!("no Tab leads to {name}");
}
