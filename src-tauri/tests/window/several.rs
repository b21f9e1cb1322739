//! More than one: a second start, a second language.

use crate::harness::{App, AppFolder, Bus, Desk, Options, SOON, id, until};

#[tokio::test]
async fn a_second_start_raises_the_window_and_ends() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let bus = Bus::without_keychain(&folder).await;
    let on_bus = Options { bus: Some(&bus), ..Options::default() };
    let app = App::start(&desk, &folder, on_bus).await;
    app.element(&id("welcome")).await;
    app.window().await;
    let _other = desk.other_window().await;
    assert!(!app.has_focus().await);

    let (code, printed) = app.second_copy(&[]).await;

    assert_eq!(code, Some(0), "{printed}");
    until("the first window to have the focus", SOON, async || app.has_focus().await.then_some(()))
        .await;
    assert!(app.is_running());

    app.minimise().await;
    let (code, printed) = app.second_copy(&[]).await;
    assert_eq!(code, Some(0), "{printed}");
    until("the minimised window to have the focus", SOON, async || {
        app.has_focus().await.then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_language_changes_at_once_and_survives_a_restart() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let app = App::start(&desk, &folder, Options::default()).await;
    app.element("html[lang=en]").await;
    app.try_it().await;
    app.open_settings().await;

    app.choose("language-zh-CN").await;

    app.wait_for("h1", |title| title == "设置", SOON).await;
    app.element("html[lang=zh-CN]").await;
    app.open_session().await;
    app.wait_for_status("resting").await;
    let sentence = app.sentence().await;
    assert!(sentence.starts_with("已登录，"), "{sentence}");

    app.terminate().await;
    let app = App::start(&desk, &folder, Options::default()).await;
    app.element("html[lang=zh-CN]").await;
    app.wait_for(&id("sign-out"), |words| words == "退出登录", SOON).await;
    app.open_settings().await;
    app.choose("language-en").await;
    app.element("html[lang=en]").await;
}
