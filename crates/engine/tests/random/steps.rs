//! What can happen in a schedule, and how often.

use crate::stage::{DAY, by_refresh_token, disk_full, ending_refresh_token};
use engine::{
    Class, ClockSample, HOUR, Holdup, Input, Lifetime, MINUTE, Policy, Renewal, SECOND, Trigger,
};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

#[derive(Clone, Debug)]
pub(crate) enum Start {
    Empty,
    SignIn(Token),
    Record { token: Token, ago_ms: i64, same_boot: bool, refused: bool, intent: bool, bad: bool },
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) renewal: Renewal,
    pub(crate) lifetime: Lifetime,
    pub(crate) refresh_in_ms: Option<i64>,
}

impl Default for Token {
    fn default() -> Self {
        Self { renewal: by_refresh_token(1), lifetime: Lifetime::Told(HOUR), refresh_in_ms: None }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Pass(i64),
    /// To the next deadline, to the millisecond.
    ToDeadline,
    Sleep(i64),
    SetWall(i64),
    Came(Trigger),
    Wanted(i64),
    ApiRefuses {
        present: bool,
    },
    SignIn(Token),
    SignOut,
    Answer(Lifetime),
    /// An answer with a bad ID token.
    AnswerBadly(Lifetime),
    /// The ID token of the present token turns out to be bad, or that of an older one.
    Withdraw {
        present: bool,
    },
    Fail(Class, Option<i64>),
    HeldElsewhere,
    PutOff,
    /// An answer, or a refusal, of the attempt so many before the last one.
    Late {
        back: u64,
        refused: bool,
    },
    Adopt {
        newer: bool,
        next_epoch: bool,
        refused: bool,
        bad: bool,
    },
    Fact(Input),
}

pub(crate) fn start() -> impl Strategy<Value = Start> {
    let ago = prop_oneof![Just(0), 0..2 * HOUR, -DAY..30 * DAY];
    let record = (a_token(), ago, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    prop_oneof![
        1 => Just(Start::Empty),
        4 => a_token().prop_map(Start::SignIn),
        4 => record.prop_map(|(token, ago_ms, same_boot, refused, intent, bad)| {
            Start::Record { token, ago_ms, same_boot, refused, intent, bad }
        }),
    ]
}

pub(crate) fn a_token() -> impl Strategy<Value = Token> {
    let ending = (1..2 * HOUR).prop_map(|ms| ending_refresh_token(1, ms));
    let renewal = prop_oneof![
        3 => Just(by_refresh_token(1)),
        1 => ending,
        1 => Just(Renewal::Itself),
        1 => Just(Renewal::No),
    ];
    (renewal, a_lifetime(), proptest::option::of(-1..2 * HOUR))
        .prop_map(|(renewal, lifetime, refresh_in_ms)| Token { renewal, lifetime, refresh_in_ms })
}

pub(crate) fn a_lifetime() -> impl Strategy<Value = Lifetime> {
    prop_oneof![
        Just(Lifetime::Told(HOUR)),
        (1..10 * SECOND).prop_map(Lifetime::Told),
        (1..Lifetime::LONGEST_MS).prop_map(Lifetime::Told),
        Just(Lifetime::Unknown(None)),
    ]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let fact = prop_oneof![
        (-DAY..DAY).prop_map(|ms| Input::ServerClock(ClockSample { offset_ms: ms, bound_ms: 9 })),
        Just(Input::Confirmed),
        Just(Input::Unsaved(disk_full())),
        Just(Input::Saved),
        Just(Input::RestoreHeldUp(Holdup::KeychainLocked)),
        (proptest::option::of(-HOUR..HOUR), 1..2 * HOUR).prop_map(|(lead_ms, assumed)| {
            Input::PolicyChanged(Policy { lead_ms, assumed_lifetime_ms: assumed })
        }),
    ];
    let adopt = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    prop_oneof![
        12 => trouble(),
        1 => a_token().prop_map(Step::SignIn),
        1 => Just(Step::SignOut),
        1 => adopt.prop_map(|(newer, next_epoch, refused, bad)| {
            Step::Adopt { newer, next_epoch, refused, bad }
        }),
        2 => fact.prop_map(Step::Fact),
    ]
}

/// What happens to a session that nobody ends.
pub(crate) fn trouble() -> impl Strategy<Value = Step> {
    let triggers = [Trigger::Focus, Trigger::Wake, Trigger::NetworkBack, Trigger::Asked];
    let passing: Vec<Class> =
        Class::ALL.into_iter().filter(|class| *class != Class::Refused).collect();
    let retry_after = proptest::option::of(-HOUR..3 * HOUR);
    prop_oneof![
        3 => (1..5 * SECOND).prop_map(Step::Pass),
        2 => (1..20 * MINUTE).prop_map(Step::Pass),
        4 => Just(Step::ToDeadline),
        1 => (15 * SECOND..40 * DAY).prop_map(Step::Sleep),
        1 => (-400 * DAY..400 * DAY).prop_map(Step::SetWall),
        3 => select(triggers.to_vec()).prop_map(Step::Came),
        2 => (0..2 * HOUR).prop_map(Step::Wanted),
        2 => any::<bool>().prop_map(|present| Step::ApiRefuses { present }),
        4 => a_lifetime().prop_map(Step::Answer),
        2 => a_lifetime().prop_map(Step::AnswerBadly),
        1 => any::<bool>().prop_map(|present| Step::Withdraw { present }),
        4 => (select(passing), retry_after).prop_map(|(class, ms)| Step::Fail(class, ms)),
        1 => Just(Step::Fail(Class::Refused, None)),
        1 => Just(Step::HeldElsewhere),
        1 => Just(Step::PutOff),
        1 => (1..3_u64, any::<bool>()).prop_map(|(back, refused)| Step::Late { back, refused }),
    ]
}
