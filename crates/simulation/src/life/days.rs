//! When the computer is awake, and what the person does then.

use super::often::{self, DAY, HOUR, MINUTE, SECOND};
use super::{Dice, Event};

/// Where the computer is in a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At work.
    Office,
    /// At work, behind a VPN.
    Vpn,
    /// On a train.
    Train,
    /// At home, or somewhere.
    Evening,
}

/// How a stretch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// With the lid.
    Suspended,
    /// With the app, then the lid.
    AppClosed,
    /// With the power.
    Off,
}

/// A time in which the computer is awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// From.
    pub(super) from_ms: i64,
    /// Until.
    pub(super) until_ms: i64,
    /// When the person leaves it.
    pub(super) left_ms: i64,
    /// Where.
    pub(super) place: Place,
    /// How it ends.
    pub(super) ends: Ends,
}

impl Stretch {
    pub(super) fn lasts_ms(&self) -> i64 {
        self.until_ms - self.from_ms
    }
}

/// Draws the stretches of so many days, in order. The first day is a Monday.
pub(super) fn drawn(dice: &mut Dice, days: u32) -> Vec<Stretch> {
    let summer = 170 + dice.of((0, 60));
    let summer = summer..summer + dice.of(often::VACATION_DAYS);
    let winter = 80 + dice.of((0, 30));
    let winter = winter..winter + dice.of(often::WINTER_DAYS);
    let mut stretches = Vec::new();
    for day in 0..i64::from(days) {
        if summer.contains(&day) || winter.contains(&day) {
            continue;
        }
        let weekend = day % 7 >= 5;
        if !weekend {
            working_day(dice, day * DAY, &mut stretches);
        } else if dice.in_hundred(often::WEEKEND_DAYS) {
            let from_ms = day * DAY + dice.of((9 * HOUR, 19 * HOUR));
            let until_ms = from_ms + dice.of((20 * MINUTE, 3 * HOUR));
            stretches.push(stretch(dice, from_ms, until_ms, Place::Evening));
        }
    }
    stretches
}

fn working_day(dice: &mut Dice, day_ms: i64, stretches: &mut Vec<Stretch>) {
    if dice.in_hundred(often::TRAIN_DAYS) {
        let from_ms = day_ms + 7 * HOUR + dice.of((0, 40 * MINUTE));
        let until_ms = from_ms + dice.of((15 * MINUTE, 45 * MINUTE));
        stretches.push(stretch(dice, from_ms, until_ms, Place::Train));
    }
    let place = if dice.in_hundred(often::VPN_DAYS) { Place::Vpn } else { Place::Office };
    let came_ms = day_ms + 8 * HOUR + 30 * MINUTE + dice.of((0, HOUR));
    let lunch_ms = day_ms + 12 * HOUR + dice.of((0, 40 * MINUTE));
    let back_ms = lunch_ms + dice.of((25 * MINUTE, 75 * MINUTE));
    let left_ms = day_ms + 16 * HOUR + 30 * MINUTE + dice.of((0, 2 * HOUR));
    let mut from_ms = came_ms;
    if dice.in_hundred(often::MEETING_DAYS) {
        let meeting_ms = came_ms + dice.of((10 * MINUTE, 100 * MINUTE));
        let lasts_ms = dice.of(often::MEETING_LASTS);
        stretches.push(with_lid(from_ms, meeting_ms, place));
        from_ms = meeting_ms + lasts_ms;
    }
    stretches.push(with_lid(from_ms, lunch_ms, place));
    let mut last = stretch(dice, back_ms, left_ms, place);
    if dice.in_hundred(often::LEFT_RUNNING) {
        last.until_ms = day_ms + 30 * HOUR;
        stretches.push(last);
        return;
    }
    stretches.push(last);
    if dice.in_hundred(often::HOME_EVENINGS) {
        let from_ms = day_ms + 19 * HOUR + 30 * MINUTE + dice.of((0, 90 * MINUTE));
        let until_ms = from_ms + dice.of((20 * MINUTE, 2 * HOUR));
        stretches.push(stretch(dice, from_ms, until_ms, Place::Evening));
    }
}

fn with_lid(from_ms: i64, until_ms: i64, place: Place) -> Stretch {
    Stretch { from_ms, until_ms, left_ms: until_ms, place, ends: Ends::Suspended }
}

fn stretch(dice: &mut Dice, from_ms: i64, until_ms: i64, place: Place) -> Stretch {
    let ends = if dice.in_hundred(often::POWER_OFF) {
        Ends::Off
    } else if dice.in_hundred(often::APP_CLOSED) {
        Ends::AppClosed
    } else {
        Ends::Suspended
    };
    Stretch { ends, ..with_lid(from_ms, until_ms, place) }
}

/// Tells the stretches: suspends, boots, copies, looks at the window and calls of the API.
pub(super) fn tell(
    dice: &mut Dice,
    stretches: &[Stretch],
    ends_ms: i64,
    events: &mut Vec<(i64, Event)>,
) {
    let mut ended = (0, Ends::Off);
    for stretch in stretches {
        let &Stretch { from_ms, until_ms, left_ms, .. } = stretch;
        let opened_ms = match ended.1 {
            Ends::Suspended => {
                events.push((ended.0, Event::Suspend { until_ms: from_ms }));
                from_ms
            }
            Ends::AppClosed => {
                events.push((ended.0 - 10 * SECOND, Event::Quit(0)));
                events.push((ended.0 - 8 * SECOND, Event::Quit(1)));
                events.push((ended.0, Event::Suspend { until_ms: from_ms }));
                from_ms + dice.of(often::OPENED_AFTER)
            }
            Ends::Off => {
                events.push((ended.0, Event::Off { until_ms: from_ms }));
                from_ms + dice.of(often::OPENED_AFTER)
            }
        };
        ended = (until_ms, stretch.ends);
        events.push((from_ms, Event::Comes));
        // Whatever had closed it: a person at the computer has the app open. No news where it is.
        events.push((opened_ms, Event::Open(0)));
        events.push((opened_ms + SECOND, Event::Focus(0)));
        if left_ms < until_ms {
            events.push((left_ms, Event::Leaves));
        }
        work(dice, 0, (opened_ms + 2 * SECOND, until_ms), left_ms, events);
        if dice.in_hundred(often::SECOND_COPY_DAYS) {
            let from_ms = opened_ms + dice.of((0, (left_ms - opened_ms).max(1)));
            let until_ms = (from_ms + dice.of(often::SECOND_COPY_LASTS)).min(until_ms - SECOND);
            events.push((from_ms, Event::Open(1)));
            work(dice, 1, (from_ms, until_ms), left_ms, events);
            // Half of them stay open over the suspend.
            if dice.in_hundred(50) {
                events.push((until_ms, Event::Quit(1)));
            }
        }
    }
    events.push((ended.0, Event::Suspend { until_ms: ends_ms.max(ended.0) }));
}

fn work(
    dice: &mut Dice,
    copy: u8,
    (from_ms, until_ms): (i64, i64),
    left_ms: i64,
    events: &mut Vec<(i64, Event)>,
) {
    let mut at_ms = from_ms;
    while at_ms < left_ms.min(until_ms) {
        events.push((at_ms, Event::Focus(copy)));
        at_ms += dice.of(often::FOCUS_EVERY);
    }
    // What calls the API goes on while nobody looks.
    let mut at_ms = from_ms;
    while at_ms < until_ms {
        events.push((at_ms, Event::CallApi(copy)));
        at_ms += dice.of(often::CALLS_EVERY);
    }
}
