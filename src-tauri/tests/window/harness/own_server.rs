//! A server of somebody's own: a demo server at an address that stays when it goes down and comes
//! back.

use demo_server::{Config, Control, Counters, PortChoice, Running, Start, Switches};
use serde_json::Value;
use tempfile::TempDir;

/// "My own server".
pub(crate) struct OwnServer {
    folder: TempDir,
    url: String,
    running: Option<Running>,
}

impl OwnServer {
    /// Starts it on a free port.
    pub(crate) async fn start(switches: Switches) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let running = run(&folder, Some(switches)).await;
        Self { folder, url: running.base_url(), running: Some(running) }
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Sets the switches that `change` names in JSON.
    pub(crate) async fn set(&self, change: Value) {
        self.control().patch_switches(change).await.expect("the server takes the switches");
    }

    /// Ends every session.
    pub(crate) async fn revoke(&self) {
        self.control().revoke(None).await.expect("the server revokes");
    }

    /// What it was asked.
    pub(crate) async fn counters(&self) -> Counters {
        self.control().counters().await.expect("the server tells its counters")
    }

    /// It goes down: from now on nobody listens there.
    pub(crate) async fn stop(&mut self) {
        self.running.take().expect("it runs").shutdown().await;
    }

    /// It comes back, at the same address and with every session.
    pub(crate) async fn start_again(&mut self) {
        self.running = Some(run(&self.folder, None).await);
    }

    fn control(&self) -> Control {
        self.running.as_ref().expect("it runs").control()
    }
}

async fn run(folder: &TempDir, switches: Option<Switches>) -> Running {
    let config = Config {
        state_folder: Some(folder.path().join("server")),
        port: PortChoice::Remembered,
        switches,
        ..Config::default()
    };
    match demo_server::start(config).await {
        Ok(Start::Running(running)) => running,
        other => panic!("the server does not start: {other:?}"),
    }
}
