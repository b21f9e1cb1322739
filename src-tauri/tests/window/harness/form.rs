//! Signing in to a server of one's own, as a person fills in the form.

use fantoccini::Locator;
use serde_json::json;

use super::app::App;
use super::session::id;

impl App<'_> {
    /// Opens the form from the first screen and fills it in.
    pub(crate) async fn fill_form(&self, server: &str, preset: &str, user: &str, password: &str) {
        self.click(&id("go-sign-in")).await;
        self.click(&id("use-token-api")).await;
        self.choose_option("field-preset", preset).await;
        self.type_into(&id("field-base-url"), server).await;
        self.type_into(&id("field-user"), user).await;
        self.type_into(&id("field-password"), password).await;
    }

    /// Fills in the form, sends it, and waits for the session.
    pub(crate) async fn sign_in_at(&self, server: &str, preset: &str, user: &str, password: &str) {
        self.fill_form(server, preset, user, password).await;
        self.click(&id("submit-sign-in")).await;
        self.wait_for(&id("facts"), |_| true, super::SOON).await;
    }

    /// Chooses from a list.
    pub(crate) async fn choose_option(&self, name: &str, value: &str) {
        let list = self.element(&id(name)).await;
        let option = format!("option[value={value}]");
        let there = list.find(Locator::Css(&option)).await;
        there.unwrap_or_else(|error| panic!("{name} offers no {value}: {error}"));
        // The driver opens no native list: what it would do is said to the element.
        let script = "const [list, value] = arguments; list.value = value;
            list.dispatchEvent(new Event('change', { bubbles: true }));";
        let list = serde_json::to_value(&list).expect("an element has a reference");
        self.run(script, &[list, json!(value)]).await;
    }

    /// Types a number into a field that takes it when one is done with it.
    pub(crate) async fn enter(&self, name: &str, number: u64) {
        let field = self.element(&id(name)).await;
        let there = serde_json::to_value(&field).expect("an element has a reference");
        self.run("arguments[0].focus(); arguments[0].select()", &[there]).await;
        field.send_keys(&format!("{number}\u{e007}")).await.expect("it is a field");
    }

    /// Opens what is under Advanced.
    pub(crate) async fn open_advanced(&self) {
        self.click(&format!("{} summary", id("advanced"))).await;
        self.element(&format!("{}[open]", id("advanced"))).await;
    }
}
