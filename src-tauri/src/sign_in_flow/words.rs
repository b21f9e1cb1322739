//! What the browser shows in the end, in the window's language.

use crate::dialogs::is_chinese;
use crate::wire::Language;
use auth_client::oauth::PageWords;

pub(super) fn page(language: Language) -> PageWords {
    let [lang, done, done_hint, failed, failed_hint] = if is_chinese(language) {
        [
            "zh-CN",
            "您已登录",
            "可以关闭此标签页，回到 Session Keeper。",
            "登录未完成",
            "请回到 Session Keeper，那里说明了原因，也可以重试。",
        ]
    } else {
        [
            "en",
            "You are signed in",
            "You can close this tab and go back to Session Keeper.",
            "The sign-in did not finish",
            "Go back to Session Keeper: it says why, and you can try again there.",
        ]
    };
    PageWords {
        lang: lang.to_owned(),
        done: done.to_owned(),
        done_hint: done_hint.to_owned(),
        failed: failed.to_owned(),
        failed_hint: failed_hint.to_owned(),
    }
}
