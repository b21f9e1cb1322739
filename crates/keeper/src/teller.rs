//! Tells a recorder what is done, while it is done.

use crate::activity::{DiskStep, Ending, Event, Life, Living, Purpose, Recorder, What};
use crate::ports::{Answer, ApiAnswer, ApiVerdict, Clock, IdVerdict, Marks, VaultFailure};
use crate::record::{Keep, RenewalSecret, Tokens};
use engine::{Exchange, Failure, Fingerprint, Now, StoreTrouble, Trigger};
use secrecy::SecretString;
use std::sync::Arc;

/// Tells of one session: everything of one that is kept in memory only is told as such.
#[derive(Clone)]
pub(crate) struct Teller {
    recorder: Arc<dyn Recorder>,
    clock: Arc<dyn Clock>,
    keep: Keep,
}

impl Teller {
    pub(crate) fn new(recorder: Arc<dyn Recorder>, clock: Arc<dyn Clock>) -> Self {
        Self { recorder, clock, keep: Keep::Disk }
    }

    /// The same, for a session that is kept so.
    pub(crate) fn about(&self, keep: Keep) -> Self {
        Self { keep, ..self.clone() }
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    pub(crate) fn record(&self, at_ms: i64, what: What) {
        self.recorder.record(Event { at_ms, memory_only: self.keep == Keep::Memory, what });
    }

    pub(crate) fn life(&self, what: Living) {
        self.recorder.life(Life { memory_only: self.keep == Keep::Memory, what });
    }

    /// A step on disk that began then and is over now.
    pub(crate) fn disk(&self, step: DiskStep, began: Now, trouble: Option<StoreTrouble>) {
        self.disk_about(step, began, trouble, None);
    }

    /// The intent to send this refresh token was written down, or could not be.
    pub(crate) fn intent<T>(
        &self,
        to_send: Fingerprint,
        began: Now,
        came: &Result<T, VaultFailure>,
    ) {
        let trouble = came.as_ref().err().map(VaultFailure::trouble);
        self.disk_about(DiskStep::IntentWritten, began, trouble, Some(to_send.to_string()));
    }

    fn disk_about(
        &self,
        step: DiskStep,
        began: Now,
        trouble: Option<StoreTrouble>,
        token: Option<String>,
    ) {
        let took_ms = self.clock.now().boot - began.boot;
        self.record(began.wall.0, What::Disk { step, took_ms, trouble, token });
    }

    /// The same, by what came of it.
    pub(crate) fn disk_done<T>(&self, step: DiskStep, began: Now, came: &Result<T, VaultFailure>) {
        self.disk(step, began, came.as_ref().err().map(VaultFailure::trouble));
    }

    /// A sign-in was asked for.
    pub(crate) fn sign_in(&self, marks: &Marks, came: &Result<Answer, Box<Failure>>) {
        self.granted(Purpose::SignIn, None, None, marks, came);
    }

    /// The same, of one that was granted already.
    pub(crate) fn granted_sign_in(&self, marks: &Marks, answer: &Answer) {
        self.sign_in(marks, &Ok(answer.clone()));
    }

    /// An ID token was checked, and these requests were made for it.
    pub(crate) fn id_check(&self, verdict: &IdVerdict, exchanges: &[Exchange]) {
        let purpose = Purpose::Keys;
        let told = |outcome| Told {
            purpose,
            reason: None,
            outcome,
            sent: None,
            access: None,
            refresh: None,
        };
        let last = match verdict {
            IdVerdict::Good => None,
            IdVerdict::Bad(exchange) => Some((exchange.as_ref(), Ending::IdTokenBad)),
            IdVerdict::NoKeys(failure) => Some((&failure.exchange, Ending::Failed(failure.class))),
        };
        for exchange in exchanges {
            if last.is_some_and(|(last, _)| last == exchange) {
                continue;
            }
            let good = exchange.status.is_some_and(|status| (200..300).contains(&status));
            self.exchange(exchange, told(if good { Ending::Good } else { Ending::SaysNothing }));
        }
        if let Some((exchange, outcome)) = last {
            self.exchange(exchange, told(outcome));
        }
    }

    /// A refresh was asked for, with these tokens.
    pub(crate) fn refresh(
        &self,
        reason: Trigger,
        with: &Tokens,
        marks: &Marks,
        came: &Result<Answer, Box<Failure>>,
    ) {
        self.granted(Purpose::Refresh, Some(reason), Some(with), marks, came);
    }

    fn granted(
        &self,
        purpose: Purpose,
        reason: Option<Trigger>,
        with: Option<&Tokens>,
        marks: &Marks,
        came: &Result<Answer, Box<Failure>>,
    ) {
        let exchange = match came {
            Ok(answer) => &answer.exchange,
            Err(failure) => &failure.exchange,
        };
        let got = came.as_ref().ok().map(|answer| &answer.tokens);
        self.exchange(
            exchange,
            Told {
                purpose,
                reason,
                outcome: came.as_ref().err().map_or(Ending::Good, |it| Ending::Failed(it.class)),
                sent: with.and_then(|with| marks.renewal(with)).filter(|_| left(came)),
                access: got.map(|got| marks.of(&got.access).to_string()),
                refresh: got.and_then(|got| refresh_mark(marks, got)),
            },
        );
    }

    /// A server was told that these tokens are not needed any more, or has no request for that.
    pub(crate) fn sign_out(
        &self,
        with: &Tokens,
        marks: &Marks,
        came: &Result<Option<Exchange>, Box<Failure>>,
    ) {
        let (exchange, outcome) = match came {
            Ok(Some(exchange)) => (exchange, Ending::Good),
            Ok(None) => return,
            Err(failure) => (&failure.exchange, Ending::Failed(failure.class)),
        };
        let sent = marks.renewal(with).filter(|_| left(came));
        let purpose = Purpose::SignOut;
        let told = Told { purpose, reason: None, outcome, sent, access: None, refresh: None };
        self.exchange(exchange, told);
    }

    /// The access token was carried to the API, or to where the server confirms a session.
    pub(crate) fn api(
        &self,
        purpose: Purpose,
        access: &SecretString,
        marks: &Marks,
        came: &ApiAnswer,
    ) {
        let outcome = match came.verdict {
            ApiVerdict::Accepted => Ending::Good,
            ApiVerdict::TokenRefused => Ending::TokenRefused,
            ApiVerdict::NotAllowed => Ending::NotAllowed,
            ApiVerdict::SaysNothing => Ending::SaysNothing,
        };
        let sent = Some(marks.of(access).to_string());
        let told = Told { purpose, reason: None, outcome, sent, access: None, refresh: None };
        self.exchange(&came.exchange, told);
    }

    fn exchange(&self, exchange: &Exchange, told: Told) {
        let Told { purpose, reason, outcome, sent, access, refresh } = told;
        let (at_ms, exchange) = (exchange.at_ms, exchange.clone());
        self.record(
            at_ms,
            What::Exchange { purpose, reason, outcome, sent, access, refresh, exchange },
        );
    }
}

/// What is told of a request beside the request.
struct Told {
    purpose: Purpose,
    reason: Option<Trigger>,
    outcome: Ending,
    sent: Option<String>,
    access: Option<String>,
    refresh: Option<String>,
}

/// Whether the request left: what did not has sent no token.
fn left<T>(came: &Result<T, Box<Failure>>) -> bool {
    came.as_ref().err().is_none_or(|failure| failure.has_left())
}

fn refresh_mark(marks: &Marks, tokens: &Tokens) -> Option<String> {
    match &tokens.renewal {
        RenewalSecret::RefreshToken(_) | RenewalSecret::Cookies(_) => marks.renewal(tokens),
        RenewalSecret::AccessToken | RenewalSecret::Nothing => None,
    }
}
