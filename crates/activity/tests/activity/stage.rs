//! Events as the keeper tells them.

use activity::{Activity, Limits};
use engine::{Class, Exchange, StateKind, Trigger};
use keeper::activity::{AppDid, DiskStep, EffectKind, Ending, Event, Purpose, Recorder as _, What};
use keeper::clock::ManualClock;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// 2025-11-23T12:00:00Z.
pub(crate) const NOON: i64 = 1_763_899_200_000;

/// A folder that is not there yet.
pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("activity");
    (around, folder)
}

pub(crate) fn open(folder: &Path) -> Arc<Activity> {
    open_within(folder, Limits::default())
}

pub(crate) fn open_within(folder: &Path, limits: Limits) -> Arc<Activity> {
    Activity::open(folder, limits, Arc::new(ManualClock::new(NOON)))
}

pub(crate) fn app(did: AppDid) -> What {
    What::App { did }
}

pub(crate) fn switch(to: &str) -> What {
    What::Switch { name: "offline".to_owned(), to: to.to_owned() }
}

pub(crate) fn tell(activity: &Activity, what: What) {
    activity.record(Event { at_ms: NOON, memory_only: false, what });
}

pub(crate) fn tell_in_memory(activity: &Activity, what: What) {
    activity.record(Event { at_ms: NOON, memory_only: true, what });
}

/// A decision.
pub(crate) fn decision() -> What {
    What::Decision {
        input: engine::InputKind::Tick,
        trigger: Some(Trigger::Deadline),
        left_ms: Some(4_000),
        from: StateKind::Resting,
        to: StateKind::Refreshing,
        why: "renews what is due".to_owned(),
        effects: vec![EffectKind::Refresh],
        next: Some(engine::Next { at_ms: NOON, why: "tries again".to_owned() }),
    }
}

/// The keeper was started and has read its record.
pub(crate) fn restored() -> What {
    let What::Decision { trigger, left_ms, from, to, why, effects, next, .. } = decision() else {
        panic!()
    };
    let input = engine::InputKind::Restored;
    What::Decision { input, trigger, left_ms, from, to, why, effects, next }
}

/// The intent to send this.
pub(crate) fn intent(token: &str) -> What {
    let token = Some(token.to_owned());
    What::Disk { step: DiskStep::IntentWritten, took_ms: 2, trouble: None, token }
}

/// A refresh that sent `sent` and got `came`, or no answer.
pub(crate) fn refresh(sent: &str, came: Option<&str>) -> What {
    let outcome = match came {
        Some(_) => Ending::Good,
        None => Ending::Failed(Class::UnknownOutcome),
    };
    What::Exchange {
        purpose: Purpose::Refresh,
        reason: Some(Trigger::Deadline),
        outcome,
        sent: Some(sent.to_owned()),
        access: came.map(|_| "ace55a".to_owned()),
        refresh: came.map(str::to_owned),
        exchange: exchange(),
    }
}

/// As the auth client shows it.
pub(crate) fn exchange() -> Exchange {
    Exchange {
        at_ms: NOON,
        took_ms: 120,
        method: "POST".to_owned(),
        url: "https://auth.example.com/api/refresh_token".to_owned(),
        request: [
            "accept: application/json",
            "content-type: application/json",
            "",
            "{",
            "  \"refreshToken\": \"‹token a1b2c3›\",",
            "  \"who's\": \"it's \\\"me\\\" $HOME `id`\"",
            "}",
        ]
        .map(str::to_owned)
        .to_vec(),
        status: Some(200),
        response: ["content-type: application/json", "", "{\"token\": \"‹token ace55a›\"}"]
            .map(str::to_owned)
            .to_vec(),
        code: None,
        detail: "200: a token for 1 h".to_owned(),
    }
}

/// What this token was sent before, as the last entry says.
pub(crate) fn last_sent_before(activity: &Activity) -> Option<u64> {
    activity.entries().last().unwrap().sent_before
}
