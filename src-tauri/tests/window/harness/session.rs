//! The words of this app's window: its sentence, its facts, its buttons.

use std::time::Duration;

use serde_json::{Value, json};

use super::app::App;
use super::desk::Other;
use super::wait::{SOON, until};

/// How the page names a thing for tests, as a selector.
pub(crate) fn id(name: &str) -> String {
    format!("[data-testid=\"{name}\"]")
}

impl App<'_> {
    /// One click to a session at the demo server.
    pub(crate) async fn try_it(&self) {
        self.click(&id("try-it")).await;
        self.wait_for_status("resting").await;
    }

    /// Waits until the session stands so.
    pub(crate) async fn wait_for_status(&self, status: &str) {
        self.wait_for(&format!("main[data-status={status}]"), |_| true, SOON).await;
    }

    /// Waits until the window says that sentence; its words.
    pub(crate) async fn wait_for_sentence(&self, kind: &str, bound: Duration) -> String {
        self.wait_for(&format!("main[data-sentence={kind}]"), |_| true, bound).await;
        self.sentence().await
    }

    /// Waits until that is the sentence, where the screen in front need not be the session's.
    pub(crate) async fn wait_for_sentence_kind(&self, kind: &str) {
        self.wait_for(&format!("main[data-sentence={kind}]"), |_| true, SOON * 2).await;
    }

    /// Waits until the facts count so many refreshes since the sign-in.
    pub(crate) async fn wait_for_refreshes(&self, count: u64, bound: Duration) {
        let facts = format!("{}[data-refreshes=\"{count}\"]", id("facts"));
        self.wait_for(&facts, |_| true, bound).await;
    }

    /// Where the session stands now.
    pub(crate) async fn status(&self) -> String {
        self.attribute("main", "data-status").await.unwrap_or_default()
    }

    /// Which sentence the window says now, by its name.
    pub(crate) async fn sentence_kind(&self) -> String {
        self.attribute("main", "data-sentence").await.unwrap_or_default()
    }

    /// The sentence.
    pub(crate) async fn sentence(&self) -> String {
        self.text(&id("sentence")).await
    }

    /// The line of why.
    pub(crate) async fn why(&self) -> String {
        self.text(&id("why")).await
    }

    /// One of the facts.
    pub(crate) async fn fact(&self, key: &str) -> String {
        self.text(&format!("[data-fact={key}] dd")).await
    }

    /// How many refreshes the facts count since the sign-in.
    pub(crate) async fn refreshes(&self) -> u64 {
        let count = self.attribute(&id("facts"), "data-refreshes").await;
        count.and_then(|count| count.parse().ok()).expect("the facts count the refreshes")
    }

    /// The six characters that name the access token.
    pub(crate) async fn fingerprint(&self) -> String {
        self.attribute(&id("facts"), "data-fingerprint").await.unwrap_or_default()
    }

    /// What is left on the ring, in seconds.
    pub(crate) async fn seconds_left(&self) -> u32 {
        let text = self.text(&format!("{} .number", id("countdown"))).await;
        let parts = text.split(':').map(|part| part.parse::<u32>());
        let parts: Result<Vec<_>, _> = parts.collect();
        let parts = parts.unwrap_or_else(|_| panic!("the countdown says {text:?}"));
        parts.into_iter().fold(0, |sum, part| sum * 60 + part)
    }

    /// Renews by hand and waits until that has come to something.
    pub(crate) async fn renew_now(&self) {
        let before = self.refreshes().await;
        self.click(&id("renew-now")).await;
        self.wait_for_refreshes(before + 1, SOON).await;
    }

    /// The computer sleeps for so many milliseconds: a moment of ours, a night of the app's.
    pub(crate) async fn sleep(&self, ms: u64) {
        self.invoke("sleep_computer", json!({ "ms": ms })).await.expect("it may sleep");
    }

    /// Somebody sets the computer's clock forward or back by so many milliseconds.
    pub(crate) async fn set_clock(&self, ms: i64) {
        self.invoke("set_clock", json!({ "ms": ms })).await.expect("the clock may be set");
    }

    /// Ticks a choice by its label, as a person does: the box itself is drawn, not shown.
    pub(crate) async fn choose(&self, name: &str) {
        self.click(&format!("label:has({})", id(name))).await;
    }

    /// Goes to Settings.
    pub(crate) async fn open_settings(&self) {
        self.click(&id("nav-settings")).await;
        self.element(&id("settings")).await;
    }

    /// Goes to the session.
    pub(crate) async fn open_session(&self) {
        self.click(&id("nav-session")).await;
        self.wait_until_gone(&id("settings")).await;
    }

    /// The focus goes to another window and comes back, so many times.
    pub(crate) async fn alternate_focus(&self, other: &Other, times: u32) {
        for _ in 0..times {
            self.desk().focus(other.window()).await;
            self.focus().await;
        }
    }

    /// The latest view that reached the page since the recording began.
    pub(crate) async fn view(&self) -> Value {
        until("a view", SOON, async || {
            let views = self.messages().await;
            views.into_iter().rev().find_map(|mut message| {
                let view = message.get_mut("message")?.take();
                view.get("session").is_some().then_some(view)
            })
        })
        .await
    }

    /// How often a window that came to the front found nothing to renew.
    pub(crate) async fn idle_focuses(&self) -> usize {
        let view = self.view().await;
        let marks = view["session"]["lifeline"]["marks"].as_array().cloned().unwrap_or_default();
        let idle =
            |mark: &&Value| mark["kind"]["kind"] == "trigger" && mark["kind"]["trigger"] == "focus";
        marks.iter().filter(idle).count()
    }
}
