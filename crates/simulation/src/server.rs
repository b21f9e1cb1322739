//! The auth server and its API. What a token is good for, the demo server's own policy code decides;
//! here are its moods: down, in trouble, throttling, refusing the client, losing answers.

use crate::reply::{Answer, Body, Granted, Reply, Request, Token};
use demo_server::policy::{Grants, Pair, Refusal, Terms};
use demo_server::{Rotation, TokenHash};
use std::collections::HashMap;

/// The one user of this server.
const USER: &str = "alice";

/// How the server is at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It answers.
    #[default]
    Well,
    /// It restarts: nobody listens.
    Down,
    /// It answers 500, whatever is asked, and does nothing.
    Trouble,
    /// It answers 429, and asks to wait for so many milliseconds.
    Throttling {
        /// What its `Retry-After` says.
        retry_after_ms: i64,
    },
    /// It is set up wrong: it answers `invalid_client` (RFC 6749 section 5.2).
    SetUpWrong,
}

/// What the judge is told of, in the order in which it happens at the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Somebody signed in: these are the first tokens.
    SignedIn(Granted),
    /// A refresh token was shown and accepted; what was given for it.
    Renewed {
        /// What was shown.
        shown: Token,
        /// What was given.
        given: Granted,
    },
    /// A refresh token was shown and refused.
    Refused {
        /// What was shown, where anything was.
        shown: Option<Token>,
        /// Why, where the policy code was asked.
        why: Option<Refusal>,
    },
    /// A refresh was asked for, and the server was not well enough to look at it.
    Unheeded,
    /// The API refused an access token.
    ApiRefused(Token),
    /// A grant was ended by its person.
    SignedOut(Token),
}

/// A token's life as only the server knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The true time of its end, in milliseconds of the simulation.
    pub ends_ms: i64,
}

/// The server.
#[derive(Debug)]
pub struct Server {
    /// What every token is good for.
    pub grants: Grants,
    /// The rules in force.
    pub terms: Terms,
    /// How it is.
    pub mood: Mood,
    /// So many answers to refreshes are still to be lost after the server has done its part.
    pub answers_to_lose: u32,
    /// The server's clock minus true time, in milliseconds.
    pub clock_offset_ms: i64,
    /// What has happened and the judge has not been told.
    pub facts: Vec<Fact>,
    access: HashMap<Token, Known>,
    given: u64,
    sign_ins: u64,
}

impl Server {
    /// A server that nobody has signed in to.
    #[must_use]
    pub fn new(access_lifetime_ms: u64, refresh_lifetime_ms: u64) -> Self {
        let terms = Terms {
            rotation: Rotation::UntilSuccessorUsed,
            access_lifetime_ms,
            refresh_lifetime_ms,
            kill_old_access: false,
        };
        Self {
            grants: Grants::default(),
            terms,
            mood: Mood::Well,
            answers_to_lose: 0,
            clock_offset_ms: 0,
            facts: Vec::new(),
            access: HashMap::new(),
            given: 0,
            sign_ins: 0,
        }
    }

    /// What is known of an access token.
    #[must_use]
    pub fn known(&self, access: &Token) -> Option<Known> {
        self.access.get(access).copied()
    }

    /// Whether this refresh token would be accepted now. Asks a copy of the books, so that asking
    /// changes nothing.
    ///
    /// # Errors
    /// [`Refusal`] when it would not.
    pub fn would_accept(&self, refresh: &Token, now_ms: i64) -> Result<(), Refusal> {
        let fresh = Pair { access: TokenHash::of("?a"), refresh: TokenHash::of("?r") };
        let mut grants = self.grants.clone();
        let shown = TokenHash::of(refresh);
        grants.refresh(shown, &self.terms, fresh, unsigned(now_ms)).map(|_| ())
    }

    /// Ends every grant, as the server's owner may.
    pub fn revoke(&mut self) {
        self.grants.revoke(None);
    }

    /// Changes the keys: no access token of before is accepted any more. Refresh tokens are.
    pub fn change_keys(&mut self, now_ms: i64) {
        self.grants.expire_access(unsigned(now_ms));
    }

    /// Does what is asked, and answers. `now_ms`: the true time.
    pub fn answer(&mut self, request: &Request, now_ms: i64) -> Reply {
        let refresh = matches!(request, Request::Refresh { .. });
        if refresh && self.mood != Mood::Well {
            self.facts.push(Fact::Unheeded);
        }
        match self.mood {
            Mood::Well => {}
            Mood::Down => return Reply::NotSent,
            Mood::Trouble => return self.says(now_ms, 500, Body::Empty),
            Mood::Throttling { retry_after_ms } => {
                let mut answer = self.answered(now_ms, 429, Body::Empty);
                answer.retry_after_ms = Some(retry_after_ms);
                return Reply::Answer(answer);
            }
            Mood::SetUpWrong => return self.says(now_ms, 401, Body::Error("invalid_client")),
        }
        match request {
            Request::SignIn => self.sign_in(now_ms),
            Request::Refresh { refresh } => {
                let reply = self.refresh(refresh.as_ref(), now_ms);
                if self.answers_to_lose == 0 {
                    return reply;
                }
                self.answers_to_lose -= 1;
                Reply::Lost
            }
            Request::Api { access } => {
                let shown = TokenHash::of(access);
                match self.grants.use_access(shown, self.terms.rotation, unsigned(now_ms)) {
                    Ok(_) => self.says(now_ms, 200, Body::Json),
                    Err(_) => {
                        self.facts.push(Fact::ApiRefused(access.clone()));
                        self.says(now_ms, 401, Body::Error("invalid_token"))
                    }
                }
            }
            Request::SignOut { refresh } => {
                self.grants.sign_out(TokenHash::of(refresh));
                self.facts.push(Fact::SignedOut(refresh.clone()));
                self.says(now_ms, 200, Body::Empty)
            }
        }
    }

    fn sign_in(&mut self, now_ms: i64) -> Reply {
        self.sign_ins += 1;
        let (granted, pair) = self.fresh(now_ms);
        let refresh = Some(pair.refresh);
        self.grants.sign_in(USER, &self.terms, pair.access, refresh, unsigned(now_ms));
        self.facts.push(Fact::SignedIn(granted.clone()));
        self.says(now_ms, 200, Body::Tokens(granted))
    }

    fn refresh(&mut self, shown: Option<&Token>, now_ms: i64) -> Reply {
        let Some(shown) = shown else {
            self.facts.push(Fact::Refused { shown: None, why: None });
            return self.says(now_ms, 400, Body::Error("invalid_request"));
        };
        let (mut given, pair) = self.fresh(now_ms);
        let hash = TokenHash::of(shown);
        match self.grants.refresh(hash, &self.terms, pair, unsigned(now_ms)) {
            Ok(renewed) => {
                if !renewed.rotated {
                    given.refresh = None;
                }
                self.facts.push(Fact::Renewed { shown: shown.clone(), given: given.clone() });
                self.says(now_ms, 200, Body::Tokens(given))
            }
            Err(why) => {
                self.access.remove(&given.access);
                self.facts.push(Fact::Refused { shown: Some(shown.clone()), why: Some(why) });
                self.says(now_ms, 400, Body::Error("invalid_grant"))
            }
        }
    }

    fn fresh(&mut self, now_ms: i64) -> (Granted, Pair) {
        self.given += 1;
        let (grant, number) = (self.sign_ins, self.given);
        let granted = Granted {
            access: format!("a-{grant}-{number}"),
            refresh: Some(format!("r-{grant}-{number}")),
            expires_in_s: signed(self.terms.access_lifetime_ms) / 1_000,
        };
        let ends_ms = now_ms + signed(self.terms.access_lifetime_ms);
        self.access.insert(granted.access.clone(), Known { ends_ms });
        let refresh = TokenHash::of(granted.refresh.as_deref().unwrap_or_default());
        let pair = Pair { access: TokenHash::of(&granted.access), refresh };
        (granted, pair)
    }

    fn says(&self, now_ms: i64, status: u16, body: Body) -> Reply {
        Reply::Answer(self.answered(now_ms, status, body))
    }

    fn answered(&self, now_ms: i64, status: u16, body: Body) -> Answer {
        // A `Date` tells whole seconds (RFC 9110 section 5.6.7).
        let date_ms = (crate::computer::BEGAN_MS + now_ms + self.clock_offset_ms) / 1_000 * 1_000;
        Answer { status, retry_after_ms: None, date_ms, body }
    }
}

fn unsigned(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0)
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
