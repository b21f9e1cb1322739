//! What the judge knows of the exchanges: who asked, what the server did, what arrived.

use crate::reply::{Granted, Request, Token};
use crate::server::Fact;
use crate::wire::{End, Note, Noted};
use demo_server::Rotation;
use demo_server::policy::Refusal;
use std::collections::{HashMap, VecDeque};

/// A session is decided by its last few exchanges; older ones are forgotten.
const REMEMBERED: usize = 2_000;

/// A sign-in or a refresh.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) id: u64,
    pub(super) run: u64,
    pub(super) asked_ms: i64,
    /// The refresh token that was shown.
    pub(super) shown: Option<Token>,
    /// What the server did, and when.
    pub(super) reached: Option<(i64, Done)>,
    /// How it ended for the app, and when.
    pub(super) end: Option<(i64, End)>,
}

/// What the server did.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) rotation: Rotation,
    pub(super) given: Option<Granted>,
    pub(super) grant: Option<u64>,
    pub(super) refused: Option<Refusal>,
}

impl Exchange {
    pub(super) fn given(&self) -> Option<&Granted> {
        self.reached.as_ref()?.1.given.as_ref()
    }

    pub(super) fn grant(&self) -> Option<u64> {
        self.reached.as_ref()?.1.grant
    }

    /// When the answer arrived.
    pub(super) fn arrived_ms(&self) -> Option<i64> {
        match self.end {
            Some((at_ms, End::Arrived { .. })) => Some(at_ms),
            Some((_, End::NotSent | End::Lost | End::GivenUp | End::Stopped)) | None => None,
        }
    }

    /// The refresh token that it brought to this computer.
    pub(super) fn brought(&self) -> Option<&Token> {
        self.arrived_ms()?;
        self.given()?.refresh.as_ref()
    }

    /// Whether the server put another refresh token in the place of the one that was shown.
    pub(super) fn replaced(&self, token: &Token) -> bool {
        self.shown.as_ref() == Some(token) && self.given().is_some_and(|it| it.refresh.is_some())
    }
}

/// What an app hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// Until when the server asked it to wait, and which run of it.
    pub(super) told_until: Option<(u64, i64)>,
    /// When it had asked for the access token that it was given.
    pub(super) given_ms: Option<i64>,
}

/// What was counted on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) refreshes: u64,
    pub(super) in_vain: u64,
}

/// The exchanges.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    latest: VecDeque<Exchange>,
    grant_of: HashMap<Token, u64>,
    grants: u64,
    pub(super) counts: Counts,
}

impl Exchanges {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.latest.iter()
    }

    /// Takes a note, and says what the app hears by it.
    pub(super) fn note(&mut self, note: &Note) -> Heard {
        match &note.what {
            Noted::Left { id, run, request } => {
                let shown = match request {
                    Request::Refresh { refresh } => refresh.clone(),
                    Request::SignIn => None,
                    Request::SignOut { .. } | Request::Api { .. } => return Heard::default(),
                };
                let (id, run, asked_ms) = (*id, *run, note.at_ms);
                self.latest.push_back(Exchange {
                    id,
                    run,
                    asked_ms,
                    shown,
                    reached: None,
                    end: None,
                });
                if self.latest.len() > REMEMBERED {
                    self.latest.pop_front();
                }
                Heard::default()
            }
            Noted::Reached { id, facts, rotation, .. } => {
                for fact in facts {
                    let done = self.done(fact, *rotation);
                    if let Some(exchange) = self.find(*id) {
                        exchange.reached = done.map(|done| (note.at_ms, done));
                    }
                }
                Heard::default()
            }
            Noted::Ended { id, end } => {
                let Some(exchange) = self.find(*id) else { return Heard::default() };
                exchange.end = Some((note.at_ms, *end));
                match end {
                    End::Arrived { retry_after_ms } => Heard {
                        told_until: retry_after_ms.map(|ms| (exchange.run, note.at_ms + ms)),
                        given_ms: exchange.given().map(|_| exchange.asked_ms),
                    },
                    End::NotSent | End::Lost | End::GivenUp | End::Stopped => Heard::default(),
                }
            }
        }
    }

    fn done(&mut self, fact: &Fact, rotation: Rotation) -> Option<Done> {
        match fact {
            Fact::SignedIn(given) => {
                self.grants += 1;
                let grant = Some(self.grants);
                self.belongs(given, grant);
                Some(Done { rotation, given: Some(given.clone()), grant, refused: None })
            }
            Fact::Renewed { shown, given } => {
                self.counts.refreshes += 1;
                let grant = self.grant_of.get(shown).copied();
                self.belongs(given, grant);
                Some(Done { rotation, given: Some(given.clone()), grant, refused: None })
            }
            Fact::Refused { shown, why } => {
                self.counts.refreshes += 1;
                let grant = shown.as_ref().and_then(|shown| self.grant_of.get(shown).copied());
                Some(Done { rotation, given: None, grant, refused: *why })
            }
            Fact::Unheeded => {
                self.counts.in_vain += 1;
                None
            }
            Fact::ApiRefused(_) | Fact::SignedOut(_) => None,
        }
    }

    /// The grant that a token of either kind belongs to.
    pub(super) fn grant_of(&self, token: &Token) -> Option<u64> {
        self.grant_of.get(token).copied()
    }

    fn belongs(&mut self, given: &Granted, grant: Option<u64>) {
        let Some(grant) = grant else { return };
        let tokens = given.refresh.iter().chain([&given.access]);
        self.grant_of.extend(tokens.map(|token| (token.clone(), grant)));
    }

    fn find(&mut self, id: u64) -> Option<&mut Exchange> {
        self.latest.iter_mut().rev().find(|exchange| exchange.id == id)
    }
}
