//! Answers that no server should give: never a sign-out, never a crash, always a line that says
//! what came.

use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{App, AppFolder, Demo, Desk, Options, SOON, id, prepare_demo};

/// A fault of the server, the sentence that follows, how the line of why begins, and what the
/// evidence says.
type BadAnswer = (Value, &'static str, &'static str, &'static str);

#[tokio::test]
async fn no_bad_answer_to_a_refresh_signs_anybody_out() {
    let cases: [BadAnswer; 11] = [
        (json!({ "kind": "withoutToken" }), "waiting_valid", "Refused without a reason", "token"),
        (json!({ "kind": "notJson" }), "waiting_valid", "Answer lost", "JSON"),
        (json!({ "kind": "html200" }), "portal", "Answered by something else", "HTML"),
        (json!({ "kind": "emptyBody" }), "waiting_valid", "Answer lost", "nothing in it"),
        (json!({ "kind": "truncatedBody" }), "waiting_valid", "Answer lost", ""),
        (json!({ "kind": "hugeBody" }), "waiting_valid", "Answer lost", "more than a megabyte"),
        (json!({ "kind": "bare401" }), "waiting_valid", "Refused without a reason", "401"),
        (json!({ "kind": "status", "code": 500 }), "waiting_valid", "Server in trouble", "500"),
        (
            json!({ "kind": "status", "code": 429, "retryAfter": { "seconds": 60 } }),
            "throttled",
            "Asked to wait",
            "60",
        ),
        (
            json!({ "kind": "status", "code": 503, "retryAfter": { "date": 60 } }),
            "throttled",
            "Asked to wait",
            "503",
        ),
        (
            json!({ "kind": "status", "code": 403, "body": "html" }),
            "portal",
            "Answered by something else",
            "HTML",
        ),
    ];
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(&folder, calm).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;

    for (fault, sentence, why, evidence) in cases {
        demo.set(json!({ "fault": fault })).await;
        app.click(&id("renew-now")).await;

        app.wait_for_sentence(sentence, SOON).await;
        app.wait_for(&id("why"), |said| said.starts_with(why), SOON).await;
        app.click(&id("why")).await;
        let shown = app.text(&id("exchange-dialog")).await;
        assert!(shown.contains(evidence), "{fault}: {shown}");
        app.press("Escape").await;
        app.wait_until_gone(&id("exchange-dialog")).await;

        demo.set(json!({ "fault": null })).await;
        app.renew_now().await;
        app.wait_for_status("resting").await;
    }
    assert_eq!(demo.counters().await.logins, 1);
}

#[tokio::test]
async fn a_lifetime_that_makes_no_sense_is_shown_as_what_it_is() {
    let assumed = "assumed 1 h: the server told none";
    let cases = [
        ("absent", assumed.to_owned()),
        ("zero", format!("{assumed} (it said “0”)")),
        ("negative", format!("{assumed} (it said “-1”)")),
        ("words", format!("{assumed} (it said “soon”)")),
        ("text", "· 1 min".to_owned()),
        ("fraction", "· 1 min".to_owned()),
        ("milliseconds", "h".to_owned()),
    ];
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let calm = Switches { access_lifetime_ms: 60_000, ..Switches::default() };
    prepare_demo(&folder, calm).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;

    for (shape, fact) in cases {
        demo.set(json!({ "lifetimeShape": shape })).await;
        app.renew_now().await;

        app.wait_for("[data-fact=access] dd", |said| said.contains(&fact), SOON).await;
        app.wait_for_status("resting").await;
    }
    assert_eq!(demo.counters().await.logins, 1);
}

#[tokio::test]
async fn an_api_that_refuses_a_good_token_gets_one_renewal_and_one_repetition() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(&folder, calm).await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    let result = |result: &str, how: &str| {
        format!("{}[data-result={result}][data-how={how}]", id("api-result"))
    };

    app.click(&id("call-api")).await;
    app.element(&result("accepted", "fresh_token")).await;

    // The server ends the token early: only the call can notice.
    demo.expire().await;
    app.click(&id("call-api")).await;
    app.element(&result("accepted", "repeated")).await;
    let counters = demo.counters().await;
    assert_eq!((counters.api_calls, counters.refreshes), (3, 1));

    demo.set(json!({ "fault": { "kind": "apiRefuses" } })).await;
    app.click(&id("call-api")).await;
    app.element(&result("refused", "repeated")).await;
    app.wait_for_sentence("api_refuses", SOON).await;
    let counters = demo.counters().await;
    assert_eq!((counters.api_calls, counters.refreshes, counters.logins), (5, 2, 1));
}
