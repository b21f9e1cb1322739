//! The computer woke: logind's signal on the system bus.

use crate::seats::Seats;
use engine::Trigger;
use std::pin::pin;
use std::sync::Arc;
use zbus::export::ordered_stream::OrderedStreamExt as _;
use zbus::proxy::CacheProperties;

/// logind's session manager, as far as it tells of sleep (org.freedesktop.login1(5)).
#[zbus::proxy(
    interface = "org.freedesktop.login1.Manager",
    default_service = "org.freedesktop.login1",
    default_path = "/org/freedesktop/login1",
    gen_blocking = false
)]
trait Login1 {
    /// `true` before the computer goes to sleep, `false` once it has woken.
    #[zbus(signal)]
    fn prepare_for_sleep(&self, start: bool) -> zbus::Result<()>;
}

/// Tells every keeper of every wake. Ends quietly where there is no system bus, and where that goes
/// away: a system bus that was stopped comes back with the next start of the computer, and until
/// then the keepers' ticks notice a wake. logind itself may come and go; the bus knows who it is.
pub(super) async fn listen(seats: Arc<Seats>) {
    if let Err(error) = relay(&seats).await {
        tracing::debug!(%error, "logind does not tell of sleep; the tick does");
    }
}

async fn relay(seats: &Seats) -> zbus::Result<()> {
    let bus = zbus::Connection::system().await?;
    // No property of it is wanted, and nothing may start it that does not run.
    let logind = Login1Proxy::builder(&bus).cache_properties(CacheProperties::No).build().await?;
    let mut signals = pin!(logind.receive_prepare_for_sleep().await?);
    while let Some(signal) = signals.next().await {
        if !signal.args()?.start {
            tracing::debug!("logind says that the computer woke");
            seats.tell(Trigger::Wake).await;
        }
    }
    tracing::debug!("the system bus went away");
    Ok(())
}
