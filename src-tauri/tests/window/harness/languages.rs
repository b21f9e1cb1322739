//! What the window says, in both of its languages.

use serde_json::json;

use super::app::App;
use super::session::id;
use super::wait::SOON;

/// The window's languages, in the order in which [`Said`] has their words.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "zh-CN"];

/// What is to be read, in English and in Chinese; `*` stands for whatever changes: a time, a span.
pub(crate) type Said = [&'static str; 2];

impl App<'_> {
    /// Has the window speak a language, as Settings do, and leaves it at that.
    pub(crate) async fn speak(&self, language: &str) {
        let mut preferences = self.preferences().clone();
        preferences["language"] = json!(language);
        let saved = self.invoke("save_preferences", json!({ "preferences": preferences })).await;
        // On a full disk it is not written down, which is said; the window speaks it all the same.
        let refused = saved.err().map(|refusal| refusal["code"].clone());
        assert!(refused.as_ref().is_none_or(|code| code == "not_saved"), "{refused:?}");
        self.element(&format!("html[lang={language}]")).await;
    }

    /// Waits until the window says this sentence in one language, and then in the other.
    pub(crate) async fn says(&self, kind: &str, said: Said) {
        let sentence = format!("main[data-sentence={kind}] {}", id("sentence"));
        self.shows(&sentence, said).await;
    }

    /// Waits until an element reads so in one language, and then in the other.
    pub(crate) async fn shows(&self, css: &str, said: [&str; 2]) {
        for (language, words) in LANGUAGES.into_iter().zip(said) {
            self.speak(language).await;
            self.wait_for(css, |text| fits(text, words), SOON * 3).await;
        }
    }

    /// Waits until one of the lines below the sentence reads so, in one language and in the other.
    pub(crate) async fn adds(&self, said: Said) {
        let lines = said.map(|words| format!("*{words}*"));
        let below = format!("div:has(> {})", id("sentence"));
        self.shows(&below, [&lines[0], &lines[1]]).await;
    }

    /// The session goes on: the API takes the token that the app has now.
    pub(crate) async fn goes_on(&self) {
        self.wait_for_status("resting").await;
        self.click(&id("call-api")).await;
        self.element(&format!("{}[data-result=accepted]", id("api-result"))).await;
    }
}

/// Whether a text is as the pattern says.
fn fits(text: &str, pattern: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return text == pattern };
    text.strip_prefix(before).is_some_and(|rest| {
        let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
        ends.into_iter().any(|at| fits(&rest[at..], after))
    })
}

#[test]
fn a_star_stands_for_anything_and_nothing_else_does() {
    for (text, pattern) in [("next try in 0:12.", "next try in *."), ("a\nb\nc", "*b*"), ("a", "a")]
    {
        assert!(fits(text, pattern), "{text} {pattern}");
    }
    for (text, pattern) in [("a b", "a"), ("b a", "a"), ("try in 0:12", "try in *."), ("", "*b*")] {
        assert!(!fits(text, pattern), "{text} {pattern}");
    }
}
