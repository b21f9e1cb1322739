//! Hears what the keeper tells of its doings.

use activity::{Activity, Entry, Limits};
use keeper::activity::{Event, Life, Living, Recorder, What};
use std::sync::Mutex;

/// Everything that was told, in order.
#[derive(Default)]
pub(crate) struct Heard {
    events: Mutex<Vec<Event>>,
    lives: Mutex<Vec<Life>>,
}

impl Recorder for Heard {
    fn record(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }

    fn life(&self, life: Life) {
        self.lives.lock().unwrap().push(life);
    }
}

impl Heard {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// What was told until now is of no interest.
    pub(crate) fn forget(&self) {
        self.events.lock().unwrap().clear();
    }

    /// What of it is said to be about a session in memory only, and what is not.
    pub(crate) fn in_memory_and_not(&self) -> (usize, usize) {
        let events = self.events();
        let lives = self.lives.lock().unwrap();
        let flags = events.iter().map(|it| it.memory_only);
        let flags: Vec<bool> = flags.chain(lives.iter().map(|it| it.memory_only)).collect();
        let in_memory = flags.iter().filter(|flag| **flag).count();
        (in_memory, flags.len() - in_memory)
    }

    /// The tokens that the lifeline was told of, by name: the last word on each.
    pub(crate) fn bars(&self) -> Vec<engine::Bar> {
        let mut bars: Vec<engine::Bar> = Vec::new();
        for life in self.lives.lock().unwrap().iter() {
            if let Living::Token(bar) = &life.what {
                bars.retain(|known| known.fingerprint != bar.fingerprint);
                bars.push(bar.clone());
            }
        }
        bars
    }

    /// What was marked on the lifeline, of sessions in memory only or of the others.
    pub(crate) fn marks(&self, in_memory: bool) -> Vec<engine::MarkKind> {
        let lives = self.lives.lock().unwrap();
        let marks = lives.iter().filter(|life| life.memory_only == in_memory);
        marks
            .filter_map(|life| match life.what {
                Living::Mark(mark) => Some(mark.kind),
                Living::Token(_) => None,
            })
            .collect()
    }

    /// What the activity makes of it.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let activity = Activity::in_memory(Limits::default());
        for event in self.events() {
            activity.record(event);
        }
        activity.entries()
    }

    /// The exchanges among them.
    pub(crate) fn exchanges(&self) -> Vec<Entry> {
        let mut entries = self.entries();
        entries.retain(|entry| matches!(entry.what, What::Exchange { .. }));
        entries
    }

    /// A line for each, short enough to compare.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.events().iter().map(|event| line(&event.what)).collect()
    }
}

fn line(what: &What) -> String {
    let word = |value: serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let json = serde_json::to_value(what).unwrap();
    let field = |name: &str| word(json[name].clone());
    match what {
        What::Decision { effects, .. } => {
            let set_off = match field("trigger").as_str() {
                "-" => String::new(),
                trigger => format!(" ({trigger})"),
            };
            let (input, from, to) = (field("input"), field("from"), field("to"));
            let effects: Vec<String> =
                effects.iter().map(|it| word(serde_json::to_value(it).unwrap())).collect();
            format!("{input}{set_off}: {from} → {to} [{}]", effects.join(", "))
        }
        What::Exchange { outcome, .. } => {
            let outcome = serde_json::to_value(outcome).unwrap();
            let class =
                outcome["class"].as_str().map_or(String::new(), |class| format!(" {class}"));
            let outcome = format!("{}{class}", outcome["kind"].as_str().unwrap());
            format!("{} ({}): {outcome}", field("purpose"), field("reason"))
        }
        What::Disk { trouble, .. } => {
            let trouble = if trouble.is_some() { ", in vain" } else { "" };
            format!("disk: {}{trouble}", field("step"))
        }
        What::Switch { .. } | What::App { .. } => panic!("the keeper tells nothing like it"),
    }
}
