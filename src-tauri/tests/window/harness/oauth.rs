//! Accounts at OAuth servers, as a person adds them and signs in at them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::app::App;
use super::folder::AppFolder;
use super::provider::Provider;
use super::session::id;
use super::wait::{SOON, until};

/// An ID token is checked, keys are fetched, a browser's pages are gone through: more than a moment.
pub(crate) const GONE_THROUGH: Duration = Duration::from_secs(20);

impl App<'_> {
    /// The whole link that the browser is to open: the window may show less of a long one.
    pub(crate) async fn sign_in_link(&self) -> String {
        let link = self.element(&id("sign-in-link")).await;
        let link = link.prop("textContent").await.expect("the page is there");
        link.expect("an element has a text").trim().to_owned()
    }

    /// Pastes an address on the page for it, and waits for what the server promises.
    pub(crate) async fn look_at(&self, address: &str) {
        self.type_into(&id("field-address"), address).await;
        self.click(&id("look")).await;
        self.element(&id("server-report")).await;
    }

    /// Adds an account at an OpenID provider from the page where an address is pasted.
    pub(crate) async fn add_oauth(&self, issuer: &str, client: &str) {
        self.look_at(issuer).await;
        self.click(&id("use-oauth")).await;
        self.type_into(&id("client-id"), client).await;
        self.click(&id("save-account")).await;
        self.element(&id("begin-form")).await;
    }

    /// Begins to sign in at the account in front and waits for the session.
    pub(crate) async fn signs_in(&self) {
        self.click(&id("begin-sign-in")).await;
        self.wait_for("main[data-status=resting]", |_| true, GONE_THROUGH).await;
        self.wait_until_gone(&id("sign-in-panel")).await;
    }

    /// Waits until the sign-in that is under way has come that far.
    pub(crate) async fn wait_for_phase(&self, phase: &str) {
        let panel = format!("{}[data-phase={phase}]", id("sign-in-panel"));
        self.wait_for(&panel, |_| true, GONE_THROUGH).await;
    }

    /// Opens the page where an address is pasted, when there is an account already.
    pub(crate) async fn add_another(&self) {
        self.open_settings().await;
        self.click(&id("settings-add-account")).await;
        self.element(&id("field-address")).await;
    }

    /// Brings another account to the front: the first in the list that fits.
    pub(crate) async fn switch_to(&self, which: &str) {
        let item = format!("{}{which}", id("account-item"));
        let account = self.attribute(&item, "data-account").await.unwrap_or_default();
        self.click(&item).await;
        self.wait_until_gone(&format!("{}[data-account='{account}']", id("account-item"))).await;
    }

    /// What the server says when it is asked whether it knows the session.
    pub(crate) async fn confirmed(&self) -> String {
        self.click(&id("confirm-session")).await;
        self.element(&format!("{}[data-result]", id("confirm-result"))).await;
        self.attribute(&id("confirm-result"), "data-result").await.unwrap_or_default()
    }

    /// Renews by hand so many times; each of them is one refresh at the provider.
    pub(crate) async fn renews_at(&self, provider: &Provider, times: usize) {
        for _ in 0..times {
            let before = provider.refreshes();
            self.renew_now().await;
            assert_eq!(provider.refreshes(), before + 1, "one click is one refresh");
        }
    }

    /// The window said that the server ended the session; what the server answered.
    pub(crate) async fn evidence(&self) -> String {
        self.click(&id("why")).await;
        let evidence = self.text(&id("exchange-dialog")).await;
        self.press("Escape").await;
        self.wait_until_gone(&id("exchange-dialog")).await;
        evidence
    }
}

impl AppFolder {
    /// Copies what the app has on disk, as a backup does. The app is not to run.
    pub(crate) fn back_up(&self) -> tempfile::TempDir {
        let backup = tempfile::tempdir().expect("there is room for a temporary folder");
        copy(&self.app_data(), backup.path());
        backup
    }

    /// Puts a backup in the place of what the app has on disk.
    pub(crate) fn restore(&self, backup: &tempfile::TempDir) {
        fs::remove_dir_all(self.app_data()).expect("the folder is ours");
        copy(backup.path(), &self.app_data());
    }
}

/// Waits until the provider has told so often of an event.
pub(crate) async fn told(provider: &Provider, event: &str, times: usize) {
    until(format!("the provider to tell of {event}"), SOON, async || {
        (provider.count(event, None) >= times).then_some(())
    })
    .await;
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder is writable");
    for entry in fs::read_dir(from).expect("the folder is there").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("a file can be copied");
        }
    }
}
