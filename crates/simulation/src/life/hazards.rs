//! What goes wrong: the server, the clock, the process, and what the person does on purpose.

use super::days::{Place, Stretch};
use super::often::{self, DAY, MINUTE, Range};
use super::{Dice, Event};
use crate::server::Mood;
use demo_server::Rotation;

/// Tells what goes wrong in so many days.
pub(super) fn tell(
    dice: &mut Dice,
    stretches: &[Stretch],
    days: u32,
    events: &mut Vec<(i64, Event)>,
) {
    let mut hazards = Hazards { dice, stretches, days, events };
    hazards.moods();
    hazards.rotations();
    hazards.server_clocks();
    hazards.clocks();
    hazards.kills();
    hazards.sign_outs();
    hazards.often(often::LOST_ANSWERS, |_| Event::LoseAnswer);
    hazards.often(often::REVOCATIONS, |_| Event::Revoke);
    hazards.key_changes();
}

struct Hazards<'a> {
    dice: &'a mut Dice,
    stretches: &'a [Stretch],
    days: u32,
    events: &'a mut Vec<(i64, Event)>,
}

impl Hazards<'_> {
    fn often(&mut self, a_year: i64, event: impl Fn(&mut Dice) -> Event) {
        for _ in 0..self.dice.times(a_year, self.days) {
            if let Some(at_ms) = self.dice.awake(self.stretches) {
                let event = event(self.dice);
                self.events.push((at_ms, event));
            }
        }
    }

    /// Draws times that do not overlap: from, until.
    fn apart(&mut self, kinds: &[(i64, Range)]) -> Vec<(usize, i64, i64)> {
        let mut times = Vec::new();
        for (kind, (a_year, lasts)) in kinds.iter().enumerate() {
            for _ in 0..self.dice.times(*a_year, self.days) {
                if let Some(from_ms) = self.dice.awake(self.stretches) {
                    times.push((kind, from_ms, from_ms + self.dice.of(*lasts)));
                }
            }
        }
        times.sort_by_key(|(_, from_ms, _)| *from_ms);
        let mut free_ms = 0;
        times.retain(|(_, from_ms, until_ms)| {
            let free = *from_ms > free_ms;
            if free {
                free_ms = *until_ms + MINUTE;
            }
            free
        });
        times
    }

    fn moods(&mut self) {
        let times = self.apart(&[
            (often::RESTARTS, often::RESTART_LASTS),
            (often::TROUBLES, often::TROUBLE_LASTS),
            (often::THROTTLES, often::THROTTLE_LASTS),
            (often::SET_UP_WRONG, often::SET_UP_WRONG_LASTS),
        ]);
        for (kind, from_ms, until_ms) in times {
            let mood = match kind {
                0 => Mood::Down,
                1 => Mood::Trouble,
                2 => Mood::Throttling { retry_after_ms: self.dice.of(often::RETRY_AFTER) },
                _ => Mood::SetUpWrong,
            };
            self.events.push((from_ms, Event::Server(mood)));
            self.events.push((until_ms, Event::Server(Mood::Well)));
        }
    }

    /// Every policy comes before one comes again.
    fn rotations(&mut self) {
        let mut at_ms = 0;
        while at_ms < i64::from(self.days) * DAY {
            let grace = Rotation::Grace { seconds: often::GRACE_S };
            let mut four = [Rotation::UntilSuccessorUsed, grace, Rotation::Strict, Rotation::None];
            self.dice.0.shuffle(&mut four);
            for rotation in four {
                self.events.push((at_ms, Event::Rotate(rotation)));
                at_ms += self.dice.of(often::ROTATION_DAYS) * DAY + self.dice.of((0, DAY));
            }
        }
    }

    fn server_clocks(&mut self) {
        let (from, below) = often::SERVER_CLOCK_DAYS;
        for (_, from_ms, until_ms) in
            self.apart(&[(often::SERVER_CLOCKS, (from * DAY, below * DAY))])
        {
            let off_ms = self.dice.signed(often::SERVER_CLOCK_OFF);
            self.events.push((from_ms, Event::ServerClock(off_ms)));
            self.events.push((until_ms, Event::ServerClock(0)));
        }
    }

    /// A third at work, a third while the computer sleeps, and a third while it is off.
    fn clocks(&mut self) {
        for (_, from_ms, until_ms) in self.apart(&[(often::WRONG_CLOCKS, often::WRONG_FOR)]) {
            let wrong_ms = self.dice.signed(often::WRONG_BY);
            let from_ms = if self.dice.in_hundred(50) {
                // At the next wake or boot, before anything runs.
                let next = self.stretches.iter().find(|stretch| stretch.from_ms >= from_ms);
                next.map_or(from_ms, |stretch| stretch.from_ms)
            } else {
                from_ms
            };
            self.events.push((from_ms, Event::SetClock(wrong_ms)));
            self.events.push((until_ms.max(from_ms + MINUTE), Event::SetClock(0)));
        }
    }

    fn kills(&mut self) {
        fn away(dice: &mut Dice) -> i64 {
            let at_once = dice.in_hundred(often::RESTARTED_AT_ONCE);
            dice.of(if at_once { often::AT_ONCE } else { often::NOT_AT_ONCE })
        }
        self.often(often::KILLS, |dice| Event::Kill {
            copy: u8::from(dice.in_hundred(25)),
            away_ms: away(dice),
        });
        self.often(often::KILLS_IN_MID_REFRESH, |dice| {
            let later = dice.in_hundred(often::KILLED_LATER);
            let after = if later { often::KILLED_LATER_BY } else { often::KILLED_AFTER };
            Event::KillInMidRefresh { after_ms: dice.of(after), away_ms: away(dice) }
        });
    }

    fn key_changes(&mut self) {
        for _ in 0..self.dice.times(often::KEY_CHANGES, self.days) {
            let Some(at_ms) = self.dice.awake(self.stretches) else { continue };
            if self.dice.in_hundred(often::KILLED_AT_KEY_CHANGE) {
                let after_ms = self.dice.of(often::KILLED_AFTER);
                let away_ms = self.dice.of(often::AT_ONCE);
                self.events.push((at_ms, Event::KillInMidRefresh { after_ms, away_ms }));
            }
            self.events.push((at_ms, Event::ChangeKeys));
        }
    }

    fn sign_outs(&mut self) {
        for _ in 0..self.dice.times(often::SIGN_OUTS, self.days) {
            if let Some(at_ms) = self.dice.awake(self.stretches) {
                let copy = u8::from(self.dice.in_hundred(30));
                let back_ms = at_ms + self.dice.of(often::SIGNED_OUT_FOR);
                self.events.push((at_ms, Event::SignOut(copy)));
                self.events.push((back_ms, Event::SignIn(copy)));
            }
        }
        let slow: Vec<Stretch> =
            self.stretches.iter().filter(|it| it.place == Place::Vpn).copied().collect();
        for _ in 0..self.dice.times(often::SIGN_OUTS_IN_MID_REFRESH, self.days) {
            if let Some(at_ms) = self.dice.awake(&slow) {
                let elsewhere = self.dice.in_hundred(50);
                if elsewhere {
                    self.events.push((at_ms, Event::Open(1)));
                }
                let event = Event::SignOutInMidRefresh {
                    elsewhere,
                    after_ms: self.dice.of(often::SIGNED_OUT_AFTER),
                    away_ms: self.dice.of(often::SIGNED_OUT_FOR),
                };
                self.events.push((at_ms, event));
            }
        }
    }
}
