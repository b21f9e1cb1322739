//! A folder's server that another copy of the app runs.

use std::time::Duration;

use crate::control::{Control, Remote, hello};
use crate::running::Running;
use crate::start::{Config, StartError, start_here};
use crate::storage::Folder;

/// How often to look whether the other copy has quit. The claim on the folder is a file lock,
/// which the system gives back even if that copy crashes, but does not announce.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// This folder's server, run by another copy.
#[derive(Debug)]
pub struct Elsewhere {
    port: u16,
    folder: Folder,
    config: Box<Config>,
}

impl Elsewhere {
    /// Looks for it where the folder says that it is.
    pub(crate) async fn find(folder: Folder, config: &Config) -> Option<Self> {
        let peek = folder.peek()?;
        let port = peek.port?;
        let config = Box::new(config.clone());
        hello(port, &peek.instance).await.then_some(Self { port, folder, config })
    }

    /// Where it answers, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A handle on its switches, over HTTP.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::elsewhere(Remote::new(self.folder.clone()))
    }

    /// Waits until the other copy has quit, then runs the server here, as the configuration of
    /// the start wanted it. Dropping the future stops waiting.
    ///
    /// # Errors
    /// [`StartError`] as from a start.
    pub async fn taken_over(&self) -> Result<Running, StartError> {
        loop {
            if let Some(running) = start_here(&self.folder, &self.config).await? {
                return Ok(running);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
