//! The system's own dialogs, in the person's language. The page can ask for one, and not answer it.

use crate::wire::Language;
use activity::ExportFormat;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tauri::WebviewWindow;
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons, MessageDialogKind};
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
    export_accounts_title: &'static str,
    import_accounts_title: &'static str,
    ca_title: &'static str,
    all_files: &'static str,
}

const ENGLISH: Words = Words {
    copy_title: "Copy the access token?",
    copy: "Whoever has this token can act as {user} at {server} until it expires. It stays on the \
           clipboard for one minute.",
    copy_yes: "Copy",
    copy_no: "Don't copy",
    export_title: "Export the activity",
    export_accounts_title: "Export the accounts",
    import_accounts_title: "Import accounts",
    ca_title: "Choose a certificate authority",
    all_files: "All files",
};

const CHINESE: Words = Words {
    copy_title: "复制访问令牌？",
    copy: "在令牌到期之前，任何拿到它的人都能以 {user} 的身份在 {server} 上操作。它会在剪贴板上保留一分钟，之后自动清除。",
    copy_yes: "复制",
    copy_no: "不复制",
    export_title: "导出活动记录",
    export_accounts_title: "导出账户",
    import_accounts_title: "导入账户",
    ca_title: "选择证书颁发机构",
    all_files: "所有文件",
};

fn words(language: Language) -> &'static Words {
    if is_chinese(language) { &CHINESE } else { &ENGLISH }
}

/// Whether that is Chinese on this computer; otherwise it is English.
pub(crate) fn is_chinese(language: Language) -> bool {
    match language {
        Language::English => false,
        Language::Chinese => true,
        Language::System => {
            let system = sys_locale::get_locale().unwrap_or_default();
            system.to_ascii_lowercase().starts_with("zh")
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
        // In this order: a dialog that was closed counts as its second button.
        let buttons = MessageDialogButtons::OkCancelCustom(
            words.copy_yes.to_owned(),
            words.copy_no.to_owned(),
        );
        let opened = Instant::now();
        window
            .dialog()
            .message(words.copy.replace("{user}", user).replace("{server}", server))
            .title(words.copy_title)
            .kind(MessageDialogKind::Warning)
            .buttons(buttons)
            .parent(window)
            .show(move |yes| {
                let _gone = reply.send(is_meant(yes, opened.elapsed()));
            });
        answer.await.unwrap_or(false)
    }

    /// Where the activity is to be written; `None` where that was cancelled.
    pub(crate) async fn where_to_export(
        &self,
        window: &WebviewWindow,
        language: Language,
        format: ExportFormat,
    ) -> Option<PathBuf> {
        let ending = match format {
            ExportFormat::JsonLines => "jsonl",
            ExportFormat::Markdown => "md",
        };
        let name = format!("session-keeper-activity.{ending}");
        self.where_to(window, words(language).export_title, &name, ending).await
    }

    /// Where the accounts are to be written; `None` where that was cancelled.
    pub(crate) async fn where_to_export_accounts(
        &self,
        window: &WebviewWindow,
        language: Language,
    ) -> Option<PathBuf> {
        let title = words(language).export_accounts_title;
        self.where_to(window, title, "session-keeper-accounts.json", "json").await
    }

    /// From which file accounts are to be read; `None` where that was cancelled.
    pub(crate) async fn which_accounts(
        &self,
        window: &WebviewWindow,
        language: Language,
    ) -> Option<PathBuf> {
        let words = words(language);
        self.which(window, words.import_accounts_title, &["json"], words.all_files).await
    }

    /// From which file a certificate authority is to be read; `None` where that was cancelled.
    pub(crate) async fn which_ca(
        &self,
        window: &WebviewWindow,
        language: Language,
    ) -> Option<PathBuf> {
        let words = words(language);
        let endings = ["pem", "crt", "cer", "der"];
        self.which(window, words.ca_title, &endings, words.all_files).await
    }

    async fn where_to(
        &self,
        window: &WebviewWindow,
        title: &str,
        name: &str,
        ending: &str,
    ) -> Option<PathBuf> {
        let _open = self.open()?;
        let (reply, answer) = oneshot::channel();
        window
            .dialog()
            .file()
            .set_title(title)
            .set_file_name(name)
            .add_filter(ending, &[ending])
            .set_parent(window)
            .save_file(move |path| {
                let _gone = reply.send(path);
            });
        answer.await.ok()??.into_path().ok()
    }

    async fn which(
        &self,
        window: &WebviewWindow,
        title: &str,
        endings: &[&str],
        all: &str,
    ) -> Option<PathBuf> {
        let _open = self.open()?;
        let (reply, answer) = oneshot::channel();
        window
            .dialog()
            .file()
            .set_title(title)
            .add_filter(endings.join(", "), endings)
            .add_filter(all, &["*"])
            .set_parent(window)
            .pick_file(move |path| {
                let _gone = reply.send(path);
            });
        answer.await.ok()??.into_path().ok()
    }

    fn open(&self) -> Option<Open<'_>> {
        (!self.open.swap(true, Ordering::SeqCst)).then_some(Open(&self.open))
    }
}

/// Whether a yes was one to this question.
fn is_meant(yes: bool, after: Duration) -> bool {
    yes && after >= READ_WITHIN
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
        assert!(is_meant(true, READ_WITHIN));
        assert!(!is_meant(true, READ_WITHIN / 2), "typed for something else");
        assert!(!is_meant(false, READ_WITHIN));
    }
}
