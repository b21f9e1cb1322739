//! The network came back: an interface has an address again that leads somewhere.

use crate::seats::Seats;
use engine::Trigger;
use netwatcher::async_adapter::Tokio;
use netwatcher::{AsyncWatch, Interface};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Interfaces come up in several steps (IPv4, IPv6, a tunnel over them): they are one return, told
/// so long after its first step, when routes and names are there, too.
const BURST: Duration = Duration::from_secs(1);

/// The addresses that lead somewhere, by interface; one without any is not in it.
type Usable = BTreeMap<u32, BTreeSet<IpAddr>>;

/// Tells every keeper whenever the network comes back. Ends quietly where the system does not tell.
pub(super) async fn listen(seats: Arc<Seats>) {
    match netwatcher::watch_interfaces_async::<Tokio>() {
        Ok(watch) => {
            let mut network = Network::new(watch).await;
            loop {
                network.back().await;
                tracing::debug!("the network came back");
                seats.tell(Trigger::NetworkBack).await;
            }
        }
        Err(error) => tracing::debug!(%error, "nobody tells when the network comes back"),
    }
}

/// The network, as it was last told of.
struct Network {
    watch: AsyncWatch,
    known: Usable,
}

impl Network {
    /// How it stands now, which is no news.
    async fn new(mut watch: AsyncWatch) -> Self {
        let known = usable(watch.changed().await.interfaces.values());
        Self { watch, known }
    }

    /// Returns when it has come back, and the burst is over.
    async fn back(&mut self) {
        while !self.changed().await {}
        let over = tokio::time::sleep(BURST);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return,
                _part_of_it = self.changed() => {}
            }
        }
    }

    /// Waits for the next change: whether the network came back with it.
    async fn changed(&mut self) -> bool {
        let now = usable(self.watch.changed().await.interfaces.values());
        let back = is_back(&self.known, &now);
        self.known = now;
        back
    }
}

fn usable<'a>(interfaces: impl Iterator<Item = &'a Interface>) -> Usable {
    interfaces
        .map(|interface| {
            let addresses = interface.ips.iter().map(|record| record.ip);
            (interface.index, addresses.filter(|address| leads_somewhere(*address)).collect())
        })
        .filter(|(_, addresses): &(u32, BTreeSet<IpAddr>)| !addresses.is_empty())
        .collect()
}

/// Neither this computer itself, nor what a computer gives itself while nobody gives it an address
/// (RFC 3927, RFC 4291 section 2.5.6).
fn leads_somewhere(address: IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !(link_local || address.is_loopback() || address.is_unspecified())
}

/// Whether some interface leads somewhere that led nowhere before, or, by none of its old addresses,
/// somewhere else. An address more or less on one that goes on is no news: IPv6 changes them daily.
fn is_back(before: &Usable, now: &Usable) -> bool {
    now.iter().any(|(interface, addresses)| {
        before.get(interface).is_none_or(|known| known.is_disjoint(addresses))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use netwatcher::IpRecord;
    use std::process::Command;
    use std::time::Instant;

    /// What an interface of this number with these addresses comes to.
    fn network(interfaces: &[(u32, &[&str])]) -> Usable {
        let interfaces: Vec<_> = interfaces
            .iter()
            .map(|(index, addresses)| Interface {
                index: *index,
                name: format!("if{index}"),
                hw_addr: String::new(),
                ips: addresses
                    .iter()
                    .map(|ip| IpRecord { ip: ip.parse().unwrap(), prefix_len: 24 })
                    .collect(),
            })
            .collect();
        usable(interfaces.iter())
    }

    const LOOPBACK: (u32, &[&str]) = (1, &["127.0.0.1", "::1"]);

    #[test]
    fn an_address_after_none_is_the_network_back() {
        let none = network(&[LOOPBACK, (2, &[])]);
        assert!(is_back(&none, &network(&[LOOPBACK, (2, &["192.0.2.7"])])));
        assert!(is_back(&none, &network(&[LOOPBACK, (2, &["2001:db8::7"])])));
    }

    #[test]
    fn an_address_that_leads_nowhere_is_not() {
        let none = network(&[]);
        for nowhere in ["127.0.0.1", "::1", "169.254.12.7", "fe80::7", "0.0.0.0"] {
            assert!(!is_back(&none, &network(&[(2, &[nowhere])])), "{nowhere}");
        }
    }

    #[test]
    fn another_interface_or_another_network_on_the_same_is() {
        let at_home = network(&[(2, &["192.0.2.7"])]);
        assert!(is_back(&at_home, &network(&[(2, &["192.0.2.7"]), (3, &["198.51.100.7"])])));
        assert!(is_back(&at_home, &network(&[(2, &["203.0.113.7"])])));
    }

    #[test]
    fn what_goes_away_or_goes_on_is_not() {
        let both = network(&[(2, &["192.0.2.7", "2001:db8::7"]), (3, &["198.51.100.7"])]);
        assert!(!is_back(&both, &both));
        assert!(!is_back(&both, &network(&[(2, &["192.0.2.7"])])));
        // IPv6 changes its temporary addresses; the rest stays.
        let changed = network(&[(2, &["192.0.2.7", "2001:db8::8"]), (3, &["198.51.100.7"])]);
        assert!(!is_back(&both, &changed));
        assert!(!is_back(&both, &network(&[])));
    }

    /// The real thing, in a network of its own: nothing of this computer's is touched.
    #[test]
    fn an_interface_that_comes_up_is_told_of_once() {
        let own = |program: &str, arguments: &[&str]| {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--net", program]).args(arguments);
            command
        };
        let can = own("ip", &["link", "set", "lo", "up"]).output();
        if !can.is_ok_and(|made| made.status.success()) {
            println!("skipped: no network of one's own can be made here");
            return;
        }
        let this = std::env::current_exe().unwrap();
        let name = "triggers::network::tests::inside_a_network_of_its_own";
        let arguments = ["--ignored", "--exact", name, "--nocapture"];
        let inside = own(&this.display().to_string(), &arguments).output().unwrap();
        let said = String::from_utf8_lossy(&inside.stdout).into_owned();
        assert!(inside.status.success() && said.contains("1 passed"), "{said}");
    }

    #[tokio::test]
    #[ignore = "run by an_interface_that_comes_up_is_told_of_once, in a network of its own"]
    async fn inside_a_network_of_its_own() {
        let ip = |arguments: &str| {
            assert!(Command::new("ip").args(arguments.split(' ')).status().unwrap().success());
        };
        let watch = netwatcher::watch_interfaces_async::<Tokio>().unwrap();
        let mut network = Network::new(watch).await;
        let back = async |network: &mut Network| {
            tokio::time::timeout(BURST * 10, network.back()).await.expect("it is told of");
        };

        // The only interface that every kernel makes may have other addresses than its own.
        let start = Instant::now();
        for step in ["link set lo up", "addr add 192.0.2.7/24 dev lo", "addr flush dev lo"] {
            ip(step);
        }
        ip("addr add 192.0.2.8/24 dev lo");
        back(&mut network).await;
        assert!(start.elapsed() >= BURST);
        assert_eq!(network.known, self::network(&[(1, &["192.0.2.8"])]));

        // That was all of it: the next return is the next one.
        ip("addr flush dev lo");
        assert!(!network.changed().await);
        assert!(network.known.is_empty());
        ip("addr add 192.0.2.9/24 dev lo");
        back(&mut network).await;
        assert_eq!(network.known, self::network(&[(1, &["192.0.2.9"])]));
    }
}
