//! What a verdict rests on: the server's counts, and what its API says to the token that callers
//! get. The engine's word is never asked.

use super::play::Came;
use super::stage::{Stage, Trouble};
use super::wire::{self, Last, Refreshes};
use crate::report::Evidence;
use crate::scenario::{Api, Compared, Count, Expectation, Session, Which};
use engine::{Class, Trigger};
use keeper::ports::Marks;
use keeper::record::Tokens;
use serde::Serialize;

/// How often something that is to happen by itself is looked for, in milliseconds.
const LOOK_MS: i64 = 500;

/// A call of the API, as any caller makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// What the API said in the end.
    pub(crate) status: Option<u16>,
    judged: Judged,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Judged {
    Survived,
    Ended,
    /// It can neither be shown that it goes on nor that it has ended, and why.
    Open(String),
}

impl Sample {
    pub(crate) fn in_words(&self) -> String {
        match &self.judged {
            Judged::Survived => "session survived".to_owned(),
            Judged::Ended => "session ended".to_owned(),
            Judged::Open(why) => format!("session undecided: {why}"),
        }
    }

    fn is(&self, wanted: Session) -> bool {
        match wanted {
            Session::Survived => self.judged == Judged::Survived,
            Session::Ended => self.judged == Judged::Ended,
        }
    }
}

/// Calls the API with the token that callers get.
///
/// The session has survived where the API accepts that token and the app has signed in no more
/// often than the scenario has. It has ended where no call is accepted and, asked to renew, the app
/// has nothing to renew with, or only what the server has refused, while no renewal is on its way.
/// Whoever merely does not try (another copy is at it, the disk is in the way) has not lost a session.
pub(crate) async fn sample(stage: &Stage, which: Which) -> Result<Sample, Trouble> {
    let first = call(stage, which).await?;
    let status = first.status();
    if accepted(status) {
        return survived(stage, status).await;
    }
    let keeper = stage.keeper(which)?;
    let before = refreshes(stage, which);
    keeper.tell(Trigger::Asked).await;
    stage.quiet().await?;
    let after = refreshes(stage, which);
    let others = [Which::First, Which::Second];
    let judged = if others.into_iter().any(|copy| refreshes(stage, copy).under_way > 0) {
        open("a renewal is under way, and its answer is not here")
    } else {
        match after.last.filter(|_| after.tries > before.tries) {
            Some(Last::Failed(class)) if class != Class::Refused => open(waits_for(class)),
            Some(Last::Granted) => {
                let again = call(stage, which).await?.status();
                if accepted(again) {
                    return survived(stage, again).await;
                }
                Judged::Open(format!("the API does not accept a renewed token ({})", said(again)))
            }
            None | Some(Last::Failed(_)) => match (held(stage, which).await?, first) {
                (Held::Good, _) => {
                    let again = call(stage, which).await?.status();
                    if accepted(again) {
                        return survived(stage, again).await;
                    }
                    open("the app holds what it could renew with, and has not done so")
                }
                // A token that has not ended may go on being good.
                (Held::Nothing | Held::Refused, Call::Unanswered) => {
                    open("the API does not answer")
                }
                (Held::Nothing | Held::Refused, Call::NoToken | Call::Answered(_)) => Judged::Ended,
            },
        }
    };
    Ok(Sample { status, judged })
}

fn open(why: &str) -> Judged {
    Judged::Open(why.to_owned())
}

fn refreshes(stage: &Stage, which: Which) -> Refreshes {
    stage.wire.read(|state| state.refreshes(which))
}

fn waits_for(class: Class) -> &'static str {
    match class {
        Class::NotSent => "the server cannot be reached",
        Class::UnknownOutcome => "the server's answers get lost",
        Class::Throttled => "the server asks to wait",
        Class::ServerTrouble => "the server has trouble",
        Class::NotTheAuthServer => "something else answers",
        Class::SetUp => "the server does not accept the settings",
        Class::UnclearRefusal | Class::Refused => "the server says no without saying why",
    }
}

/// What the app could renew with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Held {
    Nothing,
    /// The server has refused it.
    Refused,
    Good,
}

async fn held(stage: &Stage, which: Which) -> Result<Held, Trouble> {
    let refused = stage.wire.read(|state| state.refused_names.clone());
    let look = move |tokens: Option<&Tokens>, _: Option<&Marks>| match tokens.and_then(wire::name) {
        None => Held::Nothing,
        Some(name) if refused.contains(&name) => Held::Refused,
        Some(_) => Held::Good,
    };
    stage.keeper(which)?.inspect(look).await.ok_or_else(|| "the app is not running".to_owned())
}

async fn survived(stage: &Stage, status: Option<u16>) -> Result<Sample, Trouble> {
    let logins = stage.counts().await?.logins;
    let judged = if logins > stage.sign_ins {
        Judged::Open("it took a sign-in that nobody asked for".to_owned())
    } else {
        Judged::Survived
    };
    Ok(Sample { status, judged })
}

/// What a call of the API came to.
#[derive(Clone, Copy, Debug)]
enum Call {
    /// No token could be had.
    NoToken,
    Unanswered,
    Answered(u16),
}

impl Call {
    fn status(self) -> Option<u16> {
        match self {
            Self::NoToken | Self::Unanswered => None,
            Self::Answered(status) => Some(status),
        }
    }
}

async fn call(stage: &Stage, which: Which) -> Result<Call, Trouble> {
    let keeper = stage.keeper(which)?;
    let call = stage.drive(keeper.call_api()).await?;
    stage.quiet().await?;
    Ok(match call.as_ref().and_then(|call| call.exchanges.last()) {
        None => Call::NoToken,
        Some(exchange) => exchange.status.map_or(Call::Unanswered, Call::Answered),
    })
}

fn accepted(status: Option<u16>) -> bool {
    status.is_some_and(|status| (200..300).contains(&status))
}

fn said(status: Option<u16>) -> String {
    status.map_or_else(|| "no answer".to_owned(), |status| status.to_string())
}

/// Judges one expectation; where it comes to be met within a time, lets that pass.
pub(crate) async fn judge(
    stage: &Stage,
    which: Which,
    expected: &Expectation,
) -> Result<(Came, Option<Sample>), Trouble> {
    let until = stage.hand.now().boot + expected.within.unwrap_or(0);
    loop {
        let (found, sample) = look(stage, which, expected).await?;
        if found.is_empty() {
            return Ok((Came::Good, sample));
        }
        let left_ms = until - stage.hand.now().boot;
        if left_ms <= 0 {
            return Ok((Came::Unmet(found.join("; ")), sample));
        }
        stage.pass(left_ms.min(LOOK_MS)).await?;
    }
}

/// What is otherwise than expected. The counts come first: looking at the session is asking for a
/// token, and that may renew it.
async fn look(
    stage: &Stage,
    which: Which,
    expected: &Expectation,
) -> Result<(Vec<String>, Option<Sample>), Trouble> {
    let counted = stage.counts().await?;
    let mut found: Vec<String> = expected
        .counts
        .iter()
        .filter_map(|(count, compared)| differs(*count, *compared, &counted))
        .collect();
    if let Some(wanted) = &expected.says {
        let says = sentence(stage, which)?;
        if says != *wanted {
            found.push(format!("says: {says}, expected {wanted}"));
        }
    }
    let waits_for_counts = expected.within.is_some() && !found.is_empty();
    if waits_for_counts || (expected.session.is_none() && expected.api.is_none()) {
        return Ok((found, None));
    }
    let sample = sample(stage, which).await?;
    if let Some(wanted) = expected.session.filter(|wanted| !sample.is(*wanted)) {
        let wanted = match wanted {
            Session::Survived => "survived",
            Session::Ended => "ended",
        };
        let api = said(sample.status);
        found.push(format!("{} (API: {api}), expected {wanted}", sample.in_words()));
    }
    if let Some(wanted) = expected.api {
        let wanted = match wanted {
            Api::Status(status) => Some(status),
            Api::Nothing => None,
        };
        if wanted != sample.status {
            found.push(format!("api: {}, expected {}", said(sample.status), said(wanted)));
        }
    }
    Ok((found, Some(sample)))
}

fn differs(count: Count, compared: Compared, counted: &Evidence) -> Option<String> {
    let found = match count {
        Count::Logins => counted.logins,
        Count::Logouts => counted.logouts,
        Count::Refreshes => counted.refreshes,
        Count::RefreshesGranted => counted.refreshes_granted,
        Count::RefreshesRefused => counted.refreshes_refused,
        Count::Reuse => counted.reuse_detected,
        Count::SeenTwice => counted.refresh_tokens_seen_twice,
    };
    let Compared { least, most } = compared;
    if (least..=most).contains(&found) {
        return None;
    }
    let expected = match (least, most) {
        (least, most) if least == most => least.to_string(),
        (least, u64::MAX) => format!("at least {least}"),
        (0, most) => format!("at most {most}"),
        (least, most) => format!("{least} to {most}"),
    };
    Some(format!("{}: {found}, expected {expected}", count.name()))
}

/// The sentence that a person reads now, as it is written in a file.
fn sentence(stage: &Stage, which: Which) -> Result<String, Trouble> {
    let sentence = stage.keeper(which)?.shown().borrow().view.sentence;
    let told = serde_json::to_value(sentence).map_err(|why| why.to_string())?;
    let kind = told.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
    Ok(kind.replace('_', "-"))
}
