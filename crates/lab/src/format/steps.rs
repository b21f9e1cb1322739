//! The steps, and in which order they make sense.

use super::nodes::{LONGEST_MS, Node};
use super::reader::instead;
use super::{HEADINGS, expectations, server};
use crate::scenario::{Act, Expectation, Moment, Which};
use expectations::EXPECTATIONS;

/// Every step, as it is written.
pub(crate) const STEPS: [&str; 22] = [
    "sign-in",
    "sign-out",
    "call-api",
    "renew",
    "focus",
    "network-off",
    "network-on",
    "sleep",
    "wait",
    "wait-until",
    "clock",
    "clock-right",
    "server",
    "fault",
    "all-well",
    "revoke",
    "expire",
    "stop",
    "stop-in-mid-refresh",
    "start",
    "second-copy",
    "expect",
];

/// A wall clock is set wrong by a day at most.
const LONGEST_SET_MS: i64 = keeper::clock::LONGEST_SET_MS;

/// What the steps so far have led to.
#[derive(Debug)]
pub(crate) struct Flow {
    first_runs: bool,
    second_runs: bool,
    slept_ms: i64,
    clock_ms: i64,
}

impl Default for Flow {
    fn default() -> Self {
        Self { first_runs: true, second_runs: false, slept_ms: 0, clock_ms: 0 }
    }
}

/// Reads one step, and which copy of the app it speaks of.
pub(crate) fn read(node: &mut Node<'_, '_>, flow: &mut Flow) -> Option<(Act, Which)> {
    let name = node.name();
    if !STEPS.contains(&name) {
        let all: Vec<&str> = HEADINGS.iter().chain(&STEPS).copied().collect();
        node.say(format!("there is no step {name}; {}", instead(name, &all)));
        return None;
    }
    let takes_copy = ["sign-in", "sign-out", "call-api", "renew", "focus", "stop", "start"];
    let with_copy = takes_copy.contains(&name) || matches!(name, "stop-in-mid-refresh" | "expect");
    let copy = match with_copy.then(|| node.property_number("copy", 1, 2)).flatten() {
        Some(2) => Which::Second,
        _ => Which::First,
    };
    let properties: &[&str] = if with_copy { &["copy"] } else { &[] };
    let act = match name {
        "sign-in" => plain(node, properties, Act::SignIn),
        "sign-out" => plain(node, properties, Act::SignOut),
        "call-api" => plain(node, properties, Act::CallApi),
        "renew" => plain(node, properties, Act::Renew),
        "focus" => plain(node, properties, Act::Focus),
        "stop" => plain(node, properties, Act::Stop),
        "stop-in-mid-refresh" => plain(node, properties, Act::StopInMidRefresh),
        "start" => plain(node, properties, Act::Start),
        "network-off" => plain(node, properties, Act::NetworkOff),
        "network-on" => plain(node, properties, Act::NetworkOn),
        "clock-right" => plain(node, properties, Act::ClockRight),
        "all-well" => plain(node, properties, Act::AllWell),
        "revoke" => plain(node, properties, Act::Revoke),
        "expire" => plain(node, properties, Act::Expire),
        "second-copy" => plain(node, properties, Act::SecondCopy),
        "sleep" => lasting(node, Act::Sleep),
        "wait" => lasting(node, Act::Wait),
        "clock" => clock(node),
        "wait-until" => {
            let word = node.argument_of(&["due", "expired"], "moment");
            node.nothing_more(&[]);
            word.map(|word| {
                Act::WaitUntil(if word == "due" { Moment::Due } else { Moment::Expired })
            })
        }
        "server" => Some(Act::Server(server::server(node))),
        "fault" => Some(Act::Server(server::fault(node))),
        _ => {
            let properties: Vec<&str> = EXPECTATIONS.iter().chain(&["copy"]).copied().collect();
            Some(Act::Expect(expectations::read(node, &properties)))
        }
    }?;
    flow.follow(node, &act, copy);
    Some((act, copy))
}

fn plain(node: &mut Node<'_, '_>, properties: &[&str], act: Act) -> Option<Act> {
    node.nothing_more(properties);
    Some(act)
}

fn lasting(node: &mut Node<'_, '_>, act: fn(i64) -> Act) -> Option<Act> {
    let ms = node.argument_duration();
    node.nothing_more(&[]);
    ms.map(act)
}

fn clock(node: &mut Node<'_, '_>) -> Option<Act> {
    let ms = node.argument_duration();
    let way = node.argument_of(&["forward", "back"], "direction");
    node.nothing_more(&[]);
    let ms = ms?;
    way.map(|way| Act::SetClock(if way == "back" { -ms } else { ms }))
}

impl Flow {
    /// Notes what cannot be done after the steps before it, and goes on from this one.
    fn follow(&mut self, node: &mut Node<'_, '_>, act: &Act, copy: Which) {
        let runs = match copy {
            Which::First => &mut self.first_runs,
            Which::Second => &mut self.second_runs,
        };
        let needs_app = match act {
            Act::SignIn
            | Act::SignOut
            | Act::CallApi
            | Act::Renew
            | Act::Focus
            | Act::Stop
            | Act::StopInMidRefresh => true,
            Act::Expect(Expectation { session, api, says, .. }) => {
                session.is_some() || api.is_some() || says.is_some()
            }
            Act::NetworkOff
            | Act::NetworkOn
            | Act::Sleep(_)
            | Act::Wait(_)
            | Act::WaitUntil(_)
            | Act::SetClock(_)
            | Act::ClockRight
            | Act::Server(_)
            | Act::AllWell
            | Act::Revoke
            | Act::Expire
            | Act::Start
            | Act::SecondCopy => false,
        };
        if needs_app && !*runs {
            let cure = match copy {
                Which::First => "put start before it",
                Which::Second => "put second-copy, or start copy=2, before it",
            };
            node.say(format!("the app is not running here: {cure}"));
        }
        match act {
            Act::Stop | Act::StopInMidRefresh => *runs = false,
            Act::Start if *runs => node.say("the app is running already: put stop before it"),
            Act::Start => *runs = true,
            Act::SecondCopy if self.second_runs => node.say("the second copy is running already"),
            Act::SecondCopy => self.second_runs = true,
            Act::Sleep(ms) => {
                self.slept_ms = self.slept_ms.saturating_add(*ms);
                if self.slept_ms > LONGEST_MS {
                    node.say("all sleeps together last 30 days at most");
                }
            }
            Act::SetClock(ms) => {
                self.clock_ms = self.clock_ms.saturating_add(*ms);
                if self.clock_ms.abs() > LONGEST_SET_MS {
                    node.say("the clock is set wrong by a day at most, either way");
                }
            }
            Act::ClockRight => self.clock_ms = 0,
            Act::SignIn
            | Act::SignOut
            | Act::CallApi
            | Act::Renew
            | Act::Focus
            | Act::NetworkOff
            | Act::NetworkOn
            | Act::Wait(_)
            | Act::WaitUntil(_)
            | Act::Server(_)
            | Act::AllWell
            | Act::Revoke
            | Act::Expire
            | Act::Expect(_) => {}
        }
    }
}
