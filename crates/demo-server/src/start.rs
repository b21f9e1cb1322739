//! Starting: whose folder it is, which port, and what was left from the last time.

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::counters::Counters;
use crate::desk::{Desk, Saved};
use crate::elsewhere::Elsewhere;
use crate::openid::OpenId;
use crate::policy::Grants;
use crate::running::{Notes, Running};
use crate::storage::{Folder, Found, VERSION};
use crate::switches::Switches;
use crate::token::{NoRandomness, random_text};

/// How long another copy may take between claiming the folder and answering, or the other way
/// round when it quits.
const HANDOVER: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How to start. The default is in memory, on any port, by the system's clock.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where the state is kept; none: in memory only.
    pub state_folder: Option<PathBuf>,
    /// Which port.
    pub port: PortChoice,
    /// How the switches are set. None: as they were left, or well-behaved in a new folder.
    pub switches: Option<Switches>,
    /// Where the time comes from.
    pub clock: Clock,
}

/// Which port to listen on, on 127.0.0.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortChoice {
    /// This one.
    Fixed(u16),
    /// The one the folder remembers; the first time, any. Sessions know their server by it.
    Remembered,
    /// The one the folder remembers; if something else has it, a new one, which is remembered
    /// from then on. [`Running::moved_from`] tells.
    RememberedOrNew,
    /// Any free one.
    #[default]
    Any,
}

/// What a start came to.
#[derive(Debug)]
pub enum Start {
    /// The server runs in this process.
    Running(Running),
    /// This folder's server already runs in another copy.
    Elsewhere(Elsewhere),
}

impl Start {
    /// Where the server answers, whoever runs it.
    #[must_use]
    pub fn base_url(&self) -> String {
        match self {
            Self::Running(running) => running.base_url(),
            Self::Elsewhere(elsewhere) => elsewhere.base_url(),
        }
    }

    /// A handle on its switches, whoever runs it.
    #[must_use]
    pub fn control(&self) -> crate::Control {
        match self {
            Self::Running(running) => running.control(),
            Self::Elsewhere(elsewhere) => elsewhere.control(),
        }
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The fixed port is taken by some other program.
    #[error("port {port} is taken by another program")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The port that this folder remembers is taken by some other program.
    /// [`PortChoice::RememberedOrNew`] goes on with a new one.
    #[error("port {port}, where the demo server was the last time, is taken by another program")]
    RememberedPortTaken {
        /// The port.
        port: u16,
    },
    /// Another copy holds the folder, and its server does not answer.
    #[error("another copy holds {}, and its demo server does not answer", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be used.
    #[error("the demo server's folder {} cannot be used: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The loopback interface cannot be listened on.
    #[error("the demo server cannot listen on 127.0.0.1: {0}")]
    Listen(io::Error),
    /// There is nothing to make tokens and keys from.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
}

impl From<NoRandomness> for StartError {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

/// Starts the server, or finds the copy that already runs it.
///
/// # Errors
/// [`StartError`]. A damaged state file is none: it is set aside, see [`Running::set_aside`].
pub async fn start(config: Config) -> Result<Start, StartError> {
    let Some(path) = config.state_folder.clone() else {
        let port = match config.port {
            PortChoice::Fixed(port) => port,
            PortChoice::Remembered | PortChoice::RememberedOrNew | PortChoice::Any => 0,
        };
        let switches = config.switches.unwrap_or_default();
        return start_in_memory(switches, config.clock, port).await.map(Start::Running);
    };
    let folder = Folder::open(&path);
    let folder = folder.map_err(|source| StartError::Folder { folder: path.clone(), source })?;
    let give_up = Instant::now() + HANDOVER;
    loop {
        if let Some(running) = start_here(&folder, &config).await? {
            return Ok(Start::Running(running));
        }
        if let Some(elsewhere) = Elsewhere::find(folder.clone(), &config).await {
            return Ok(Start::Elsewhere(elsewhere));
        }
        if Instant::now() >= give_up {
            return Err(StartError::Busy { folder: path });
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

pub(crate) async fn start_in_memory(
    switches: Switches,
    clock: Clock,
    port: u16,
) -> Result<Running, StartError> {
    let mut saved = blank()?;
    saved.switches = switches;
    let (listener, port) = listen(port).await?;
    saved.port = Some(port);
    let desk = Arc::new(Desk::new(saved, None, clock));
    Ok(Running::serving(listener, port, desk, None, Notes::default()))
}

/// Starts over a folder; none if another copy has it.
pub(crate) async fn start_here(
    folder: &Folder,
    config: &Config,
) -> Result<Option<Running>, StartError> {
    let unusable = |source| StartError::Folder {
        folder: config.state_folder.clone().unwrap_or_default(),
        source,
    };
    let Some(claim) = folder.claim().map_err(unusable)? else { return Ok(None) };
    let mut notes = Notes::default();
    let mut saved = match folder.read().map_err(unusable)? {
        Found::State(saved) => *saved,
        Found::Nothing => blank()?,
        Found::SetAside(path) => {
            tracing::warn!(path = %path.display(), "a damaged state file was set aside");
            notes.set_aside = Some(path);
            blank()?
        }
    };
    let (listener, port) = choose_port(config.port, saved.port, &mut notes).await?;
    saved.port = Some(port);
    saved.control_key = random_text()?;
    if let Some(switches) = &config.switches {
        saved.switches = switches.clone();
    }
    folder.write(&saved).map_err(unusable)?;
    Ok(Some(serving(listener, port, saved, folder, config, claim, notes)))
}

fn serving(
    listener: TcpListener,
    port: u16,
    saved: Saved,
    folder: &Folder,
    config: &Config,
    claim: File,
    notes: Notes,
) -> Running {
    let desk = Arc::new(Desk::new(saved, Some(folder.clone()), config.clock.clone()));
    Running::serving(listener, port, desk, Some(claim), notes)
}

async fn choose_port(
    choice: PortChoice,
    remembered: Option<u16>,
    notes: &mut Notes,
) -> Result<(TcpListener, u16), StartError> {
    let known = remembered.unwrap_or(0);
    match choice {
        PortChoice::Fixed(port) => listen(port).await,
        PortChoice::Any => listen(0).await,
        PortChoice::Remembered => match listen(known).await {
            Err(StartError::PortTaken { port }) => Err(StartError::RememberedPortTaken { port }),
            other => other,
        },
        PortChoice::RememberedOrNew => match listen(known).await {
            Err(StartError::PortTaken { port }) => {
                notes.moved_from = Some(port);
                listen(0).await
            }
            other => other,
        },
    }
}

async fn listen(port: u16) -> Result<(TcpListener, u16), StartError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            StartError::PortTaken { port }
        } else {
            StartError::Listen(error)
        }
    })?;
    let port = listener.local_addr().map_err(StartError::Listen)?.port();
    Ok((listener, port))
}

fn blank() -> Result<Saved, NoRandomness> {
    Ok(Saved {
        version: VERSION,
        instance: random_text()?,
        control_key: random_text()?,
        port: None,
        switches: Switches::default(),
        counters: Counters::default(),
        grants: Grants::default(),
        openid: OpenId::default(),
        times_set: 0,
    })
}
