//! What is measured in the real window; run by `cargo xtask bench`.

mod screen;
mod tree;
mod windows;

use std::fmt::Write as _;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{App, AppFolder, Desk, Options, SOON, id, prepare_demo, until};

/// A month of tokens that live a minute each.
const BARS: u32 = 43_200;
const MINUTE_MS: u64 = 60_000;

/// From a month to a minute, and back.
const FRAMES: u32 = 240;

/// How each frame is made and measured: see the comments in it.
const FRAME: &str = include_str!("bench.js");

#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn bench_lifeline() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    // Long enough that nothing is renewed while it is measured.
    let hour = Switches { access_lifetime_ms: 60 * MINUTE_MS, ..Switches::default() };
    prepare_demo(&folder, hour).await;
    remember_a_month(&folder);
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    app.click(&id("nav-lab")).await;
    app.click(&id("lifeline-month")).await;
    // What is to come has its place beside the past.
    until("the month to be known", SOON, async || (bars(&app).await > BARS / 2).then_some(()))
        .await;

    let frames = json!(FRAMES);
    let measured =
        app.client().execute_async(FRAME, vec![frames]).await.expect("the script runs to its end");

    // It was the month that was drawn, and what was looked at went from a month to a minute and back.
    let looks: Vec<_> =
        measured["looks"].as_array().expect("it looked at something").iter().collect();
    let spans: Vec<_> = looks.iter().filter_map(|look| look["span"].as_str()).collect();
    assert_eq!(spans, ["30 days", "1 min", "30 days"], "{looks:?}");
    // Now does not stand at the right edge: of thirty days a seventh at most are still to come.
    assert!(looks[0]["tokens"].as_u64() >= Some(u64::from(BARS) * 6 / 7), "{looks:?}");
    let frames = measured["frames"].as_array().map_or(0, Vec::len);
    assert_eq!(frames, FRAMES as usize);
    println!("lifeline_frame_ms {}", json!({ "bars": BARS, "frames": measured["frames"] }));
}

/// How many tokens the picture says it shows.
async fn bars(app: &App<'_>) -> u32 {
    let said = app.attribute(&id("lifeline-strip"), "aria-valuetext").await.unwrap_or_default();
    let before = said.split(" tokens").next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Writes down what a month of the app would have: a line for each token, and one for its renewal.
fn remember_a_month(folder: &AppFolder) {
    let kept = folder.app_data().join("activity");
    fs::create_dir_all(&kept).expect("a fresh folder is writable");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let now = u64::try_from(now.as_millis()).expect("not that far after");
    let (mut tokens, mut marks) = (String::new(), String::new());
    for index in 0..BARS {
        let from = now - u64::from(BARS - index) * MINUTE_MS;
        let token: Value = json!([format!("{index:06x}"), from, 75_000, 60_000]);
        let mark = json!([from, { "kind": "refresh", "trigger": "deadline" }]);
        writeln!(tokens, "{token}").expect("a text takes what is written");
        writeln!(marks, "{mark}").expect("a text takes what is written");
    }
    fs::write(kept.join("tokens.jsonl"), tokens).expect("a fresh folder is writable");
    fs::write(kept.join("marks.jsonl"), marks).expect("a fresh folder is writable");
}
