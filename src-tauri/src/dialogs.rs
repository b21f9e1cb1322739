//! The system's own dialogs, in the person's language. The page can ask for one, and not answer it.

use crate::wire::Language;
use activity::ExportFormat;
use rfd::{AsyncMessageDialog, MessageButtons, MessageDialogResult, MessageLevel};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tauri::WebviewWindow;
use tauri_plugin_dialog::DialogExt as _;
use tokio::sync::oneshot;

/// Whoever answers sooner has not read the question: the key was meant for something else.
const READ_WITHIN: Duration = Duration::from_millis(700);

/// The dialogs. One is open at a time: a page that asks for a second one gets none.
#[derive(Default)]
pub(crate) struct Dialogs {
    open: AtomicBool,
}

/// What a dialog says.
struct Words {
    copy_title: &'static str,
    copy: &'static str,
    copy_yes: &'static str,
    copy_no: &'static str,
    export_title: &'static str,
}

const ENGLISH: Words = Words {
    copy_title: "Copy the access token?",
    copy: "Whoever has this token can act as {user} at {server} until it expires. It stays on the \
           clipboard for one minute.",
    copy_yes: "Copy",
    copy_no: "Don't copy",
    export_title: "Export the activity",
};

const CHINESE: Words = Words {
    copy_title: "复制访问令牌？",
    copy: "在令牌到期之前，任何拿到它的人都能以 {user} 的身份在 {server} 上操作。它会在剪贴板上保留一分钟，之后自动清除。",
    copy_yes: "复制",
    copy_no: "不复制",
    export_title: "导出活动记录",
};

fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
        Language::System => {
            let system = sys_locale::get_locale().unwrap_or_default();
            if system.to_ascii_lowercase().starts_with("zh") { &CHINESE } else { &ENGLISH }
        }
    }
}

impl Dialogs {
    /// Whether the access token of `user` at `server` is to be copied.
    pub(crate) async fn may_copy(
        &self,
        window: &WebviewWindow,
        language: Language,
        (user, server): (&str, &str),
    ) -> bool {
        let Some(_open) = self.open() else { return false };
        let words = words(language);
        let (reply, answer) = oneshot::channel();
        // Not by way of the plugin, which takes a dialog that was closed for its second button. The
        // harmless answer is the first: that is the one that a key presses which nobody aimed.
        let buttons =
            MessageButtons::OkCancelCustom(words.copy_no.to_owned(), words.copy_yes.to_owned());
        let dialog = AsyncMessageDialog::new()
            .set_title(words.copy_title)
            .set_description(words.copy.replace("{user}", user).replace("{server}", server))
            .set_level(MessageLevel::Warning)
            .set_buttons(buttons)
            .set_parent(window);
        // Systems open dialogs on their main thread only.
        let opening = window.run_on_main_thread(move || {
            let (opened, answered) = (Instant::now(), dialog.show());
            tauri::async_runtime::spawn(async move {
                let _gone = reply.send((answered.await, opened.elapsed()));
            });
        });
        if let Err(error) = opening {
            tracing::warn!(%error, "a dialog cannot be opened");
        }
        answer.await.is_ok_and(|(answer, after)| is_yes(&answer, after, words.copy_yes))
    }

    /// Where the activity is to be written; `None` where that was cancelled.
    pub(crate) async fn where_to_export(
        &self,
        window: &WebviewWindow,
        language: Language,
        format: ExportFormat,
    ) -> Option<PathBuf> {
        let _open = self.open()?;
        let (reply, answer) = oneshot::channel();
        let ending = match format {
            ExportFormat::JsonLines => "jsonl",
            ExportFormat::Markdown => "md",
        };
        window
            .dialog()
            .file()
            .set_title(words(language).export_title)
            .set_file_name(format!("session-keeper-activity.{ending}"))
            .add_filter(ending, &[ending])
            .set_parent(window)
            .save_file(move |path| {
                let _gone = reply.send(path);
            });
        answer.await.ok()??.into_path().ok()
    }

    fn open(&self) -> Option<Open<'_>> {
        (!self.open.swap(true, Ordering::SeqCst)).then_some(Open(&self.open))
    }
}

/// Whether somebody has read the question and said yes.
fn is_yes(answer: &MessageDialogResult, after: Duration, yes: &str) -> bool {
    let said = matches!(answer, MessageDialogResult::Custom(button) if button == yes);
    said && after >= READ_WITHIN
}

/// A dialog that is open, until dropped.
struct Open<'a>(&'a AtomicBool);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_somebody_who_had_time_to_read_says_yes() {
        let said = |button: &str| MessageDialogResult::Custom(button.to_owned());
        assert!(is_yes(&said("Copy"), READ_WITHIN, "Copy"));
        assert!(!is_yes(&said("Copy"), READ_WITHIN / 2, "Copy"));
        for no in [said("Don't copy"), MessageDialogResult::Cancel, MessageDialogResult::Ok] {
            assert!(!is_yes(&no, READ_WITHIN, "Copy"), "{no:?}");
        }
    }
}
