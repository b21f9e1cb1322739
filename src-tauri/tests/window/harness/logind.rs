//! Somebody on a bus who tells of sleep as logind does.

use zbus::connection::Builder;

use super::bus::Bus;

const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// The owner of logind's name on a bus, and somebody who is not.
pub(crate) struct Logind {
    itself: zbus::Connection,
    impostor: zbus::Connection,
}

impl Logind {
    /// Takes the name.
    pub(crate) async fn on(bus: &Bus) -> Self {
        let address = bus.address();
        let connect = async || -> zbus::Result<zbus::Connection> {
            Builder::address(address.as_str())?.build().await
        };
        let itself = connect().await.expect("the bus takes anybody");
        itself.request_name(NAME).await.expect("nobody has the name");
        Self { itself, impostor: connect().await.expect("the bus takes anybody") }
    }

    /// The computer is about to sleep.
    pub(crate) async fn falls_asleep(&self) {
        say(&self.itself, true).await;
    }

    /// The computer has woken.
    pub(crate) async fn wakes(&self) {
        say(&self.itself, false).await;
    }

    /// Anybody may send a signal of that shape; only logind has logind's name.
    pub(crate) async fn somebody_else_says_so(&self) {
        say(&self.impostor, false).await;
    }
}

async fn say(connection: &zbus::Connection, start: bool) {
    let said = connection.emit_signal(None::<&str>, PATH, MANAGER, "PrepareForSleep", &start).await;
    said.expect("the bus takes a signal");
}
