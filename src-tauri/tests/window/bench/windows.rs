//! The app as it is given to people, beside an empty window of the same kind: how soon it shows
//! something, what it weighs, what it does while nobody looks.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use demo_server::Switches;
use serde_json::json;

use super::screen::{Likeness, Screen};
use super::tree::Tree;
use crate::harness::{App, AppFolder, BINARY, Demo, Desk, Options, prepare_demo};

/// How often each is started.
const RUNS: usize = 12;
/// How often each is weighed.
const WEIGHED: usize = 10;
/// By then a window has settled.
const SETTLED: Duration = Duration::from_secs(6);
/// Between two starts.
const REST: Duration = Duration::from_millis(500);
/// So long it is watched doing nothing.
const IDLE: Duration = Duration::from_secs(60);
/// So little of the signed-in window a signed-out one shows. They share what stands beside the screens.
const OTHER: f64 = 0.8;

/// What is started, and the folder that it finds.
pub(super) struct Program {
    pub(super) binary: PathBuf,
    pub(super) folder: AppFolder,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; run by cargo xtask bench, which builds what is measured"]
async fn bench_windows() {
    let desk = Desk::open().await;
    desk.put_mouse_away();
    let app = Program { binary: release("session-keeper"), folder: signed_in(&desk).await };
    let empty = Program { binary: release("examples/empty"), folder: AppFolder::new() };
    let (app_screen, app_likeness) = likeness(&desk, &app).await;
    let (empty_screen, empty_likeness) = likeness(&desk, &empty).await;
    // The same app where nobody is signed in: what is waited for is not what both show.
    let nobody = Program { binary: app.binary.clone(), folder: AppFolder::new() };
    let tree = settled(&desk, &nobody).await;
    let alike = app_likeness.share(&app_screen.look());
    assert!(alike < OTHER, "signed out it shows {alike} of the same");
    tree.end().await;

    let (mut start_app, mut start_empty) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        start_app.push(painted(&desk, &app, &app_screen, &app_likeness).await);
        start_empty.push(painted(&desk, &empty, &empty_screen, &empty_likeness).await);
    }

    let (mut pss_app, mut pss_empty) = (Vec::new(), Vec::new());
    for _ in 0..WEIGHED {
        for (program, pss) in [(&app, &mut pss_app), (&empty, &mut pss_empty)] {
            let tree = settled(&desk, program).await;
            pss.push(tree.pss_kb());
            tree.end().await;
        }
    }

    let tree = settled(&desk, &app).await;
    let visible = tree.idle(IDLE).await;
    desk.minimise(tree.window(&desk).await);
    tokio::time::sleep(SETTLED).await;
    let hidden = tree.idle(IDLE).await;
    // It was one session all the time, and nothing was due.
    let counters = Demo::of(&app.folder).await.counters().await;
    assert_eq!((counters.logins, counters.refreshes), (1, 0));
    tree.end().await;

    let bytes = fs::metadata(&app.binary).expect("it was built").len();
    let measured = json!({
        "start_ms": { "app": start_app, "empty": start_empty },
        "pss_kb": { "app": pss_app, "empty": pss_empty },
        "idle_cpu_ms_per_s": { "visible": visible, "hidden": hidden },
        "binary_bytes": bytes,
    });
    println!("window_figures {measured}");
}

/// A program of the release profile, beside the one that this test was built with.
fn release(name: &str) -> PathBuf {
    let built =
        Path::new(BINARY).parent().and_then(Path::parent).expect("it is in a target folder");
    let binary = built.join("release").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(binary.is_file(), "{} is not built", binary.display());
    binary
}

/// A folder where Alice has signed in to the demo server for an hour.
async fn signed_in(desk: &Desk) -> AppFolder {
    let folder = AppFolder::new();
    prepare_demo(&folder, Switches { access_lifetime_ms: 3_600_000, ..Switches::default() }).await;
    let app = App::start(desk, &folder, Options::default()).await;
    app.try_it().await;
    assert_eq!(app.terminate().await, 0);
    folder
}

/// Starts it and waits until nothing of its start goes on.
async fn settled(desk: &Desk, program: &Program) -> Tree {
    let tree = Tree::start(desk, program);
    tree.window(desk).await;
    tokio::time::sleep(SETTLED).await;
    tree
}

/// Where its window is and what it shows, by two starts; they leave the files in memory.
async fn likeness(desk: &Desk, program: &Program) -> (Screen, Likeness) {
    let first = settled(desk, program).await;
    let place = desk.place(first.window(desk).await);
    let screen = Screen::of(desk, place);
    let one = screen.look();
    first.end().await;
    let second = settled(desk, program).await;
    assert_eq!(desk.place(second.window(desk).await), place, "it stands somewhere else each time");
    let other = screen.look();
    second.end().await;
    (screen, Likeness::of(&one, &other))
}

/// How long it takes from its start to being painted, in milliseconds.
async fn painted(desk: &Desk, program: &Program, screen: &Screen, likeness: &Likeness) -> f64 {
    tokio::time::sleep(REST).await;
    assert!(likeness.share(&screen.look()) < OTHER, "the window before it is still there");
    let tree = Tree::start(desk, program);
    let took = tokio::task::block_in_place(|| screen.painted(likeness, tree.start));
    // What it does behind its window belongs to no other start.
    tokio::time::sleep(REST).await;
    tree.end().await;
    took
}
