//! The demo server inside the app, seen from outside: its counters and its switches.

use std::time::Duration;

use demo_server::{Config, Control, Counters, PortChoice, Running, Start, Switches};
use serde_json::Value;

use super::folder::AppFolder;
use super::wait::{SOON, until};

/// The demo server of the running app.
pub(crate) struct Demo(Control);

impl Demo {
    /// The one that the app over this folder runs. It outlives a restart of the app: port and key
    /// are looked up for each question.
    pub(crate) async fn of(folder: &AppFolder) -> Self {
        match demo_server::start(config(folder)).await {
            Ok(Start::Elsewhere(elsewhere)) => Self(elsewhere.control()),
            Ok(Start::Running(_)) => panic!("the app does not run its demo server"),
            Err(error) => panic!("the app's demo server is not found: {error}"),
        }
    }

    /// Sets the switches that `change` names in JSON.
    pub(crate) async fn set(&self, change: Value) {
        self.0.patch_switches(change).await.expect("the demo server takes the switches");
    }

    /// How it is set, in JSON.
    pub(crate) async fn switches(&self) -> Value {
        let switches = self.0.switches().await.expect("the demo server tells its switches");
        serde_json::to_value(switches).expect("switches are JSON")
    }

    /// Lets every access token end at the server, long before the app expects it.
    pub(crate) async fn expire(&self) {
        self.0.expire().await.expect("the demo server lets tokens expire");
    }

    /// Ends every session at the server.
    pub(crate) async fn revoke(&self) {
        self.0.revoke(None).await.expect("the demo server revokes");
    }

    /// What it was asked.
    pub(crate) async fn counters(&self) -> Counters {
        self.0.counters().await.expect("the demo server tells its counters")
    }

    /// Waits until the counters are as they are `wanted`.
    pub(crate) async fn counted(
        &self,
        what: &str,
        bound: Duration,
        wanted: impl Fn(&Counters) -> bool,
    ) -> Counters {
        let probe = async || Some(self.counters().await).filter(&wanted);
        until(format!("the demo server to count {what}"), bound, probe).await
    }
}

/// Sets up the demo server of an app that is yet to start.
pub(crate) async fn prepare_demo(folder: &AppFolder, switches: Switches) {
    while_closed(folder, async |control| {
        control.set_switches(switches).await.expect("the demo server takes the switches");
    })
    .await;
}

/// Runs the demo server of an app that does not run at the moment, and ends it again.
pub(crate) async fn while_closed<T>(folder: &AppFolder, act: impl AsyncFnOnce(Control) -> T) -> T {
    let server = running(folder).await;
    let answer = act(server.control()).await;
    server.shutdown().await;
    answer
}

async fn running(folder: &AppFolder) -> Running {
    // The app that ran it may have been killed an instant ago.
    until("the demo server's folder to be free", SOON, async || {
        match demo_server::start(config(folder)).await {
            Ok(Start::Running(running)) => Some(running),
            Ok(Start::Elsewhere(_)) | Err(_) => None,
        }
    })
    .await
}

fn config(folder: &AppFolder) -> Config {
    Config {
        state_folder: Some(folder.app_data().join("demo-server")),
        port: PortChoice::Remembered,
        ..Config::default()
    }
}
