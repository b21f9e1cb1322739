//! What happens to others: the store is damaged, the port is taken, an answer is lost.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use demo_server::Switches;
use serde_json::{Value, json};

use crate::harness::{App, AppFolder, Demo, Desk, Options, SOON, id, prepare_demo};

/// The ladder's steps up to ten seconds, one after the other.
const UP_THE_LADDER: Duration = Duration::from_secs(25);

#[tokio::test]
async fn a_demo_server_in_trouble_costs_nobody_the_session() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    let demo = Demo::of(&folder).await;
    demo.set(json!({ "fault": { "kind": "dropBeforeHandling" } })).await;

    app.click(&id("renew-now")).await;

    app.wait_for_sentence("waiting_valid", SOON).await;
    let why = app.why().await;
    assert!(why.starts_with("Answer lost "), "{why}");
    demo.set(json!({ "fault": null })).await;
    app.wait_for_refreshes(1, UP_THE_LADDER).await;
    app.wait_for_status("resting").await;
    assert_eq!(demo.counters().await.logins, 1);
}

#[tokio::test]
async fn one_damaged_file_is_set_aside_and_named_and_the_session_goes_on() {
    for damage in ["", "{\"torn", "\0\0\0\0"] {
        let (desk, folder) = (Desk::open().await, AppFolder::new());
        leave_a_calm_session(&desk, &folder).await;
        let [first, _] = folder.slots();
        fs::write(&first, damage).expect("the app's folder is ours");

        let app = App::start(&desk, &folder, Options::default()).await;

        let notice = app.text(&id("notice")).await;
        assert!(notice.contains("main-a.json.damaged-1"), "{damage:?}: {notice}");
        app.wait_for_status("resting").await;
        let aside = folder.app_data().join("main-a.json.damaged-1");
        assert_eq!(fs::read_to_string(aside).expect("it is kept"), damage);
        app.click(&id("notice-dismiss")).await;
        app.wait_until_gone(&id("notice")).await;
        app.renew_now().await;
        assert_eq!(Demo::of(&folder).await.counters().await.logins, 1);
    }
}

#[tokio::test]
async fn a_store_that_is_damaged_as_a_whole_is_set_aside_and_the_app_opens() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    leave_a_calm_session(&desk, &folder).await;
    for slot in folder.slots() {
        let whole = fs::read(&slot).expect("there was a session");
        fs::write(&slot, &whole[..whole.len() / 2]).expect("the app's folder is ours");
    }

    let app = App::start(&desk, &folder, Options::default()).await;

    app.wait_for_status("signed_out").await;
    app.wait_for(&format!("{} ~ {}", id("notice"), id("notice")), |_| true, SOON).await;
    let names = app.text("section[aria-live]:has([data-testid=notice])").await;
    for name in ["main-a.json.damaged-1", "main-b.json.damaged-1"] {
        assert!(names.contains(name), "{name} is not named: {names}");
    }
    // The session is gone; which account it was at is known still.
    app.click(&id("sign-in-again")).await;
    app.wait_for_status("resting").await;
    app.renew_now().await;
    assert_eq!(app.view().await["accounts"].as_array().map(Vec::len), Some(1));
    assert_eq!(Demo::of(&folder).await.counters().await.logins, 2);
}

#[tokio::test]
async fn a_demo_port_that_is_taken_moves_the_session_to_another() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    leave_a_calm_session(&desk, &folder).await;
    let state = fs::read(folder.app_data().join("demo-server/state.json")).expect("it ran");
    let state: Value = serde_json::from_slice(&state).expect("it is JSON");
    let port = state["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    let taken = TcpListener::bind(("127.0.0.1", port.expect("it remembers its port")));
    let _other_program = taken.expect("the app has freed its port");

    let app = App::start(&desk, &folder, Options::default()).await;

    app.wait_for_status("resting").await;
    app.renew_now().await;
    app.click(&id("call-api")).await;
    app.element(&format!("{}[data-result=accepted]", id("api-result"))).await;
    assert_eq!(Demo::of(&folder).await.counters().await.logins, 1);
}

#[tokio::test]
async fn a_store_that_takes_no_write_is_said_until_it_does() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.try_it().await;
    Demo::of(&folder).await.set(json!({ "accessLifetimeMs": 3_600_000 })).await;
    // A folder in a file's place takes no write, not even from root.
    let aside = folder.slots().map(|slot| slot.with_extension("aside"));
    for (slot, aside) in folder.slots().iter().zip(&aside) {
        fs::rename(slot, aside).expect("there was a session");
        fs::create_dir_all(slot.join("in the way")).expect("the app's folder is ours");
    }

    app.click(&id("renew-now")).await;

    let sentence = app.wait_for_sentence("unsaved", SOON).await;
    assert!(sentence.starts_with("Signed in, but not saved"), "{sentence}");
    assert_eq!(app.fact("kept").await, "memory for now; not on disk");
    for (slot, aside) in folder.slots().iter().zip(&aside) {
        fs::remove_dir_all(slot).expect("the app's folder is ours");
        fs::rename(aside, slot).expect("the app's folder is ours");
    }
    app.wait_for_sentence("resting", UP_THE_LADDER).await;
    let token = app.fingerprint().await;
    app.terminate().await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.wait_for_status("resting").await;
    assert_eq!(app.fingerprint().await, token);
}

async fn leave_a_calm_session(desk: &Desk, folder: &AppFolder) {
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(folder, calm).await;
    let app = App::start(desk, folder, Options::default()).await;
    app.try_it().await;
    assert_eq!(app.terminate().await, 0);
}
