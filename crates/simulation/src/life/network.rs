//! What the computer is connected to.

use super::days::{Place, Stretch};
use super::often::{self, MINUTE};
use super::{Dice, Event};
use crate::computer::Link;

/// Tells the network of every stretch.
pub(super) fn tell(dice: &mut Dice, stretches: &[Stretch], events: &mut Vec<(i64, Event)>) {
    for stretch in stretches {
        let mut script = Script { dice: &mut *dice, events: &mut *events, stretch };
        let at_ms = script.comes_up();
        match stretch.place {
            Place::Office => script.ordinary(at_ms, Link::Up),
            Place::Vpn => script.vpn(at_ms),
            Place::Train => script.train(at_ms),
            Place::Evening => script.evening(at_ms),
        }
    }
}

struct Script<'a> {
    dice: &'a mut Dice,
    events: &'a mut Vec<(i64, Event)>,
    stretch: &'a Stretch,
}

impl Script<'_> {
    fn connect(&mut self, at_ms: i64, link: Link) {
        if at_ms < self.stretch.until_ms {
            self.events.push((at_ms, Event::Connect(link)));
        }
    }

    /// The network is gone at the wake, and says when it comes.
    fn comes_up(&mut self) -> i64 {
        let from_ms = self.stretch.from_ms;
        if self.dice.in_hundred(often::WIRED) {
            return from_ms;
        }
        self.connect(from_ms, Link::Down);
        from_ms + self.dice.of(often::WIFI_AFTER_WAKE)
    }

    fn ordinary(&mut self, at_ms: i64, link: Link) {
        self.connect(at_ms, link);
        let most_ms = self.stretch.lasts_ms() - 2 * MINUTE;
        if most_ms > MINUTE && self.dice.in_hundred(often::OUTAGES) {
            let gone_ms = at_ms + self.dice.of((MINUTE, most_ms));
            self.connect(gone_ms, Link::Down);
            let back_ms = gone_ms + self.dice.of(often::OUTAGE_LASTS);
            self.connect(back_ms, link);
        }
    }

    fn vpn(&mut self, mut at_ms: i64) {
        while at_ms < self.stretch.until_ms {
            self.connect(at_ms, Link::Slow);
            at_ms += self.dice.of(often::VPN_RUNS);
            self.connect(at_ms, Link::Down);
            at_ms += self.dice.of(often::VPN_DROP);
        }
    }

    fn train(&mut self, mut at_ms: i64) {
        while at_ms < self.stretch.until_ms {
            let (from, below) = often::TRAIN_LOSES;
            let lost = self.dice.0.u8(from..below);
            self.connect(at_ms, Link::Lossy { lost });
            at_ms += self.dice.of(often::TRAIN_RUNS);
            self.connect(at_ms, Link::Down);
            at_ms += self.dice.of(often::TRAIN_GAP);
        }
    }

    fn evening(&mut self, at_ms: i64) {
        let mut at_ms = at_ms;
        if self.dice.in_hundred(often::PORTAL_EVENINGS) {
            self.connect(at_ms, Link::Portal);
            at_ms += self.dice.of(often::PORTAL_LASTS);
        }
        self.ordinary(at_ms, Link::Up);
    }
}
