//! Somebody who shows the keychain's questions, and a person who closes them without an answer.
//!
//! What gnome-keyring asks by: `org.gnome.keyring.internal.Prompter`, of the library gcr.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::watch;
use zbus::connection::Builder;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use super::bus::Bus;
use super::wait::{SOON, until};

const NAME: &str = "org.gnome.keyring.SystemPrompter";
const PATH: &str = "/org/gnome/keyring/Prompter";
const CALLBACK: &str = "org.gnome.keyring.internal.Prompter.Callback";

/// Shows what the keychain asks; nothing is answered until [`cancel`](Self::cancel).
pub(crate) struct Prompter {
    connection: zbus::Connection,
    asked: watch::Receiver<Option<Question>>,
}

/// A question that stands on the screen.
#[derive(Clone, Debug)]
struct Question {
    asker: String,
    callback: OwnedObjectPath,
}

impl Prompter {
    /// Shows the questions of whatever keychain is on this bus.
    pub(crate) async fn on(bus: &Bus) -> Self {
        let (asks, asked) = watch::channel(None);
        let connection = Builder::address(bus.address().as_str())
            .and_then(|builder| builder.name(NAME)?.serve_at(PATH, Screen(asks)))
            .expect("the name is well formed")
            .build()
            .await
            .expect("the bus takes anybody");
        Self { connection, asked }
    }

    /// Waits for a question, and closes it like a person who has looked at it.
    pub(crate) async fn cancel(&mut self) {
        let mut asked = self.asked.clone();
        let question = tokio::time::timeout(SOON, asked.wait_for(Option::is_some)).await;
        let question = question.expect("the keychain asks").expect("the screen is there").clone();
        let seen = std::time::Instant::now();
        // What is refused sooner was never seen by anybody.
        until("the question to be read", SOON, async || {
            (seen.elapsed() > Duration::from_millis(600)).then_some(())
        })
        .await;
        let Some(Question { asker, callback }) = question else {
            unreachable!("it was waited for")
        };
        ready(&self.connection, &asker, &callback, "no").await;
    }
}

struct Screen(watch::Sender<Option<Question>>);

#[zbus::interface(name = "org.gnome.keyring.internal.Prompter")]
impl Screen {
    /// The keychain has a question: it may put it.
    fn begin_prompting(
        &self,
        callback: ObjectPath<'_>,
        #[zbus(header)] header: zbus::message::Header<'_>,
        #[zbus(connection)] connection: &zbus::Connection,
    ) {
        let (asker, callback) = (sender(&header), OwnedObjectPath::from(callback.to_owned()));
        let connection = connection.clone();
        // After the answer to this call, which the keychain waits for.
        let executor = connection.executor().clone();
        executor
            .spawn(async move { ready(&connection, &asker, &callback, "").await }, "ready")
            .detach();
    }

    /// This is the question.
    fn perform_prompt(
        &self,
        callback: ObjectPath<'_>,
        _kind: &str,
        _properties: HashMap<String, OwnedValue>,
        _exchange: &str,
        #[zbus(header)] header: zbus::message::Header<'_>,
    ) {
        let callback = OwnedObjectPath::from(callback.to_owned());
        self.0.send_replace(Some(Question { asker: sender(&header), callback }));
    }

    /// Nobody has to answer any more.
    fn stop_prompting(
        &self,
        callback: ObjectPath<'_>,
        #[zbus(header)] header: zbus::message::Header<'_>,
        #[zbus(connection)] connection: &zbus::Connection,
    ) {
        self.0.send_replace(None);
        let (asker, callback) = (sender(&header), callback.to_owned());
        let connection = connection.clone();
        let executor = connection.executor().clone();
        let done = async move {
            let asker = Some(asker.as_str());
            let said = connection.call_method(asker, callback, Some(CALLBACK), "PromptDone", &());
            // The keychain may be gone by now.
            said.await.ok();
        };
        executor.spawn(done, "done").detach();
    }
}

/// Answers a question: nothing at first, then "yes" or "no".
async fn ready(
    connection: &zbus::Connection,
    asker: &str,
    callback: &OwnedObjectPath,
    reply: &str,
) {
    let nothing = HashMap::<&str, Value<'_>>::new();
    let body = (reply, nothing, "");
    let said =
        connection.call_method(Some(asker), callback, Some(CALLBACK), "PromptReady", &body).await;
    said.expect("the keychain waits for the answer");
}

fn sender(header: &zbus::message::Header<'_>) -> String {
    header.sender().map(ToString::to_string).unwrap_or_default()
}
