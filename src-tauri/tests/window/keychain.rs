//! Where the key to the session is, and what happens when it cannot be had.

use std::time::Duration;

use demo_server::Switches;

use crate::harness::{
    App, AppFolder, Bus, Demo, Desk, Options, Prompter, Said, id, prepare_demo, while_closed,
};

/// A keychain may take ten seconds, a question for its password included.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

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
async fn a_keychain_that_is_locked_slow_or_gone_holds_the_session_up_and_loses_nothing() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let mut bus = Bus::with_keychain(&folder).await;
    leave_a_session(&desk, &folder, &bus).await;

    bus.lock_keychain();
    let app = App::start(&desk, &folder, on(&bus)).await;
    app.says_what_holds_it_up(
        "locked",
        ["Your keychain is locked. Unlock it to go on.", "钥匙串已锁定，解锁后继续。"],
    )
    .await;
    bus.unlock_keychain();
    app.goes_on_after_a_click().await;

    bus.freeze_keychain();
    let app = App::start(&desk, &folder, on(&bus)).await;
    app.says_what_holds_it_up(
        "keychain_slow",
        [
            "Your keychain doesn't answer. It may be asking for a password.",
            "钥匙串没有响应，可能正在等待输入密码。",
        ],
    )
    .await;
    bus.thaw_keychain();
    app.goes_on_after_a_click().await;

    bus.stop_keychain();
    let app = App::start(&desk, &folder, on(&bus)).await;
    app.says_what_holds_it_up(
        "keychain_gone",
        ["Your keychain can't be reached. Your session is kept.", "无法连接钥匙串。会话已保留。"],
    )
    .await;
    bus.start_keychain().await;
    app.goes_on_after_a_click().await;

    let app = App::start(&desk, &folder, on(&bus)).await;
    app.goes_on().await;
    assert_eq!(app.fact("kept").await, "sealed store, key in your keychain");
    assert_eq!(Demo::of(&folder).await.counters().await.logins, 1);
}

#[tokio::test]
async fn a_keychain_whose_question_was_cancelled_is_asked_again_when_one_likes() {
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let bus = Bus::with_keychain(&folder).await;
    leave_a_session(&desk, &folder, &bus).await;
    bus.lock_keychain();
    let mut prompter = Prompter::on(&bus).await;

    let app = App::start(&desk, &folder, on(&bus)).await;
    prompter.cancel().await;

    app.says_what_holds_it_up(
        "keychain_cancelled",
        [
            "The keychain's question was cancelled. Your session is kept; try again when you like.",
            "钥匙串的询问已被取消。会话已保留，可随时重试。",
        ],
    )
    .await;
    bus.unlock_keychain();
    app.goes_on_after_a_click().await;
    assert_eq!(logins(&folder).await, 1);
}

impl App<'_> {
    /// It says why, and whose session it is, and that nobody is signed out.
    async fn says_what_holds_it_up(&self, kind: &str, sentence: Said) {
        self.wait_for_sentence(kind, ANSWERS_WITHIN).await;
        self.says(kind, sentence).await;
        self.shows(&id("greeting"), ["Welcome back, Alice.", "欢迎回来，Alice。"]).await;
        assert_eq!(self.status().await, "restoring");
        self.speak("en").await;
    }

    /// What stood in the way is gone; one click, and the session is there.
    async fn goes_on_after_a_click(self) {
        self.click(&id("try-again")).await;
        self.wait_for("main[data-status=resting]", |_| true, ANSWERS_WITHIN).await;
        self.goes_on().await;
        assert_eq!(self.terminate().await, 0);
    }
}

/// How often anybody has signed in at the demo server of an app that has quit.
async fn logins(folder: &AppFolder) -> u64 {
    while_closed(folder, async |control| control.counters().await.expect("it runs").logins).await
}

async fn leave_a_session(desk: &Desk, folder: &AppFolder, bus: &Bus) {
    let calm = Switches { access_lifetime_ms: 3_600_000, ..Switches::default() };
    prepare_demo(folder, calm).await;
    let app = App::start(desk, folder, on(bus)).await;
    app.try_it().await;
    assert_eq!(app.fact("kept").await, "sealed store, key in your keychain");
    assert_eq!(app.terminate().await, 0);
}

fn on(bus: &Bus) -> Options<'_> {
    Options { bus: Some(bus), ..Options::default() }
}
