//! An OpenID provider that tells everybody's secrets wherever it can; nobody but it ever sees them
//! again: not the tokens, not the client's secret, not the code, nor what proves who asked for it.

mod provider;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{App, AppFolder, Desk, Options, SOON, id, until};
use crate::planted::forms;
use provider::{CLIENT, Careless, SECRET, USER};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_oauth_sign_in_and_its_session_hold_is_in_no_message_no_log_and_no_file() {
    let server = Careless::start().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    // Nobody asks this person anything: the provider sends the browser straight back.
    folder.browse_as(&json!({}));
    let loud = loud();
    let environment = [("RUST_LOG", loud.as_str())];
    let start = || Options { environment: &environment, ..Options::default() };
    let app = App::start(&desk, &folder, start()).await;
    app.reload_recorded().await;

    add_account(&app, &server).await;
    app.choose("field-confidential").await;
    app.click(&id("save-account")).await;
    // A code that is refused, in words that repeat everything.
    server.refuses(true);
    app.type_into(&id("client-secret"), SECRET).await;
    app.click(&id("begin-sign-in")).await;
    phase(&app, "failed").await;
    server.none_in(&app.source().await, "the page with a sign-in that failed");
    server.refuses(false);
    app.click(&id("sign-in-try-again")).await;
    app.type_into(&id("client-secret"), SECRET).await;
    app.click(&id("begin-sign-in")).await;
    app.wait_for("main[data-status=resting]", |_| true, SOON * 2).await;
    app.renew_now().await;
    look_at_everything(&app, &server).await;
    server.refuses(true);
    app.click(&id("renew-now")).await;
    app.wait_for_status("waiting").await;
    app.click(&id("why")).await;
    app.element(&id("exchange-dialog")).await;
    server.none_in(&app.source().await, "the page with a failure");
    let mut messages = app.messages().await;
    // The first view of a page, complete; and all that was done, as it is told and as it is copied.
    app.reload_recorded().await;
    app.wait_for_status("waiting").await;
    let copied = copies_of_everything(&app, &desk, &server).await;
    assert!(copied >= 6, "discovery, keys, two sign-ins, two refreshes, a call: {copied}");
    messages.extend(app.messages().await);
    assert_eq!(app.terminate().await, 0);

    // What was kept is used, and given back.
    server.refuses(false);
    let app = App::start(&desk, &folder, start()).await;
    app.reload_recorded().await;
    app.wait_for_status("resting").await;
    app.renew_now().await;
    app.click(&id("sign-out")).await;
    app.wait_for_status("signed_out").await;
    until("it to be given back", SOON, async || (server.heard("/revoke") > 0).then_some(())).await;
    messages.extend(app.messages().await);
    assert_eq!(app.terminate().await, 0);

    nowhere(&folder, &server, messages);
    for opened in folder.opened_in_browser() {
        server.none_in(&opened, "what the browser was sent to");
        assert!(opened.contains("code_challenge="), "{opened}");
    }
    let proofs = server.proofs();
    assert!(proofs.len() >= 2 && proofs.iter().all(|it| it.len() >= 43), "they were searched for");
    assert!(server.secret_came(), "the client proved itself: there was something to find");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_device_is_waited_for_with_is_in_no_message_no_log_and_no_file() {
    let server = Careless::start().await;
    let (desk, folder) = (Desk::open().await, AppFolder::new());
    let loud = loud();
    let environment = [("RUST_LOG", loud.as_str())];
    let options = Options { environment: &environment, ..Options::default() };
    let app = App::start(&desk, &folder, options).await;
    app.reload_recorded().await;

    add_account(&app, &server).await;
    app.choose("flow-device").await;
    app.click(&id("save-account")).await;
    server.refuses(true);
    app.click(&id("begin-sign-in")).await;
    phase(&app, "device").await;
    assert_eq!(app.text(&id("user-code")).await, "WDJB-MJHT");
    app.click(&id("copy-link")).await;
    app.wait_for(&id("link-copied"), |said| !said.is_empty(), SOON).await;
    let copied = desk.clipboard().expect("the link was copied");
    assert!(copied.starts_with(&server.issuer), "{copied}");
    server.none_in(&copied, "the link that was copied");
    // "Not yet", in words that repeat what was asked.
    until("a poll", SOON, async || (server.heard("/token") >= 1).then_some(())).await;
    server.none_in(&app.source().await, "the page with a code for another device");
    server.refuses(false);
    app.wait_for("main[data-status=resting]", |_| true, SOON * 2).await;
    look_at_everything(&app, &server).await;
    let copied = copies_of_everything(&app, &desk, &server).await;
    assert!(copied >= 3, "discovery, a device code, a grant: {copied}");
    let messages = app.messages().await;
    assert_eq!(app.terminate().await, 0);

    nowhere(&folder, &server, messages);
}

/// From the first screen to a form that is filled in, but not yet saved.
async fn add_account(app: &App<'_>, server: &Careless) {
    app.click(&id("go-sign-in")).await;
    app.type_into(&id("field-address"), &server.issuer).await;
    app.click(&id("look")).await;
    app.click(&id("use-oauth")).await;
    app.type_into(&id("client-id"), CLIENT).await;
}

async fn phase(app: &App<'_>, name: &str) {
    let panel = format!("{}[data-phase={name}]", id("sign-in-panel"));
    app.wait_for(&panel, |_| true, SOON * 2).await;
}

/// Everything that shows what was carried: exchanges, a call of the API, the tokens' details.
async fn look_at_everything(app: &App<'_>, server: &Careless) {
    app.click(&id("why")).await;
    app.element(&id("exchange-dialog")).await;
    server.none_in(&app.source().await, "the page with an exchange");
    app.press("Escape").await;
    app.wait_until_gone(&id("exchange-dialog")).await;
    app.click(&id("call-api")).await;
    app.click(&format!("{} button", id("api-result"))).await;
    app.element(&id("exchange-dialog")).await;
    server.none_in(&app.source().await, "the page with an API call");
    app.press("Escape").await;
    app.wait_until_gone(&id("exchange-dialog")).await;
    let confirmed = app.invoke("confirm_session", json!({})).await.expect("one may ask");
    assert_eq!(confirmed["result"], "confirmed");
    let details = app.invoke("token_details", json!({})).await.expect("one may look");
    assert!(details["refresh"]["length"].is_u64(), "{details}");
    app.click(&id("token-details")).await;
    app.element(&id("token-access")).await;
    server.none_in(&app.source().await, "the page with the tokens' details");
    app.press("Escape").await;
    app.wait_until_gone(&id("token-access")).await;
}

/// Copies every request that was made, as one would to repeat it; how many there were.
async fn copies_of_everything(app: &App<'_>, desk: &Desk, server: &Careless) -> usize {
    app.subscribe("watch_activity", "channel", json!({})).await.expect("one may watch");
    let told = until("the activity", SOON, async || {
        let mut told = app.messages().await;
        told.retain(|message| message["message"]["anew"] == true);
        told.pop().map(|mut message| message["message"]["entries"].take())
    });
    let entries = told.await.as_array().cloned().unwrap_or_default();
    let mut copied = 0;
    for entry in entries.iter().filter(|entry| entry["what"]["kind"] == "exchange") {
        let seq = entry["seq"].clone();
        app.invoke("copy_as_curl", json!({ "seq": seq })).await.expect("it may be copied");
        let clipboard = desk.clipboard().expect("something was copied");
        assert!(clipboard.contains("curl"), "{clipboard}");
        server.none_in(&clipboard, "a copied request");
        copied += 1;
    }
    copied
}

/// The app has ended: what it left behind holds no secret.
fn nowhere(folder: &AppFolder, server: &Careless, messages: Vec<Value>) {
    let messages = Value::from(messages).to_string();
    assert!(messages.contains(USER) && messages.contains(CLIENT), "the messages were recorded");
    server.none_in(&messages, "the messages to the page");
    assert!(folder.log().contains("TRACE") || folder.log().contains("DEBUG"), "the log is loud");
    server.none_in(&folder.log(), "the log");
    let found = folder.files_with(&server.issuer);
    let searched = found.iter().any(|file| file.ends_with("activity.jsonl"));
    assert!(searched, "the activity was searched: {found:?} {:?}", folder.files_with(CLIENT));
    for secret in server.secrets() {
        for form in forms(&secret) {
            assert_eq!(folder.files_with(&form), Vec::<PathBuf>::new(), "{form}");
        }
    }
}

fn loud() -> String {
    let crates = ["session_keeper", "keeper", "vault", "engine", "auth_client"];
    crates.map(|name| format!("{name}=trace")).join(",")
}
