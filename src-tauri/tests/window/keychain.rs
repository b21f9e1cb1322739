//! Where the key to the session is.

use crate::harness::{App, AppFolder, Bus, Demo, Desk, Options, SOON, id};

#[tokio::test]
async fn without_a_keychain_the_facts_say_that_the_key_is_in_a_file() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;

    app.try_it().await;

    assert_eq!(app.fact("kept").await, "sealed store, key in a file only you can read");
    app.open_settings().await;
    let protection = app.text(&format!("{}[data-kind=key_file]", id("protection"))).await;
    assert!(protection.contains("protected by file permissions only"), "{protection}");
}

#[tokio::test]
async fn a_locked_keychain_holds_the_session_up_and_loses_nothing() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let bus = Bus::with_keychain(&folder).await;
    let on_bus = || Options { bus: Some(&bus), ..Options::default() };
    let app = App::start(&desk, &folder, on_bus()).await;
    app.try_it().await;
    assert_eq!(app.fact("kept").await, "sealed store, key in your keychain");
    app.terminate().await;
    bus.lock_keychain();

    let app = App::start(&desk, &folder, on_bus()).await;

    // A keychain may take ten seconds, a dialog for its password included.
    let sentence = app.wait_for_sentence("locked", SOON * 2).await;
    assert_eq!(sentence, "Your keychain is locked. Unlock it to go on.");
    bus.unlock_keychain();
    app.click(&id("try-again")).await;
    app.wait_for_status("resting").await;
    assert_eq!(Demo::of(&folder).await.counters().await.logins, 1);
}
