//! Between the app and its server: everything that leaves is counted here, and can be kept from
//! leaving, or from coming back.

use crate::scenario::{Own, due_before_end};
use async_trait::async_trait;
use auth_client::{AccountSettings, TokenApi};
use engine::{Boot, Class, Exchange, Failure, Lifetime};
use keeper::ports::{
    Answer, ApiAnswer, ApiVerdict, AuthServer, Call, Clock, Connector, Credentials, Marks,
};
use keeper::record::{RenewalSecret, Tokens};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::watch;

/// An answer is waited for no longer than this, in milliseconds: the client's own patience, by the
/// clocks of the scenario.
const PATIENCE_MS: i64 = 30 * engine::SECOND;

/// What a request is for; also where it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    SignIn,
    Refresh,
    Api,
    SignOut,
}

/// So many requests for each purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Each([u64; 4]);

impl Each {
    pub(crate) fn of(self, purpose: For) -> u64 {
        let [sign_in, refresh, api, sign_out] = self.0;
        match purpose {
            For::SignIn => sign_in,
            For::Refresh => refresh,
            For::Api => api,
            For::SignOut => sign_out,
        }
    }

    fn add(&mut self, purpose: For, by: i64) {
        let [sign_in, refresh, api, sign_out] = &mut self.0;
        let count = match purpose {
            For::SignIn => sign_in,
            For::Refresh => refresh,
            For::Api => api,
            For::SignOut => sign_out,
        };
        *count = count.saturating_add_signed(by);
    }
}

/// What came of the last refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Granted,
    Failed(Class),
}

/// The last token that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) asked: Boot,
    pub(crate) lifetime_ms: i64,
}

impl Granted {
    pub(crate) fn due(self) -> Boot {
        self.expired() + -due_before_end(self.lifetime_ms)
    }

    pub(crate) fn expired(self) -> Boot {
        self.asked + self.lifetime_ms
    }
}

/// Everything there is to know of the wire.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) offline: bool,
    /// The next answer to a refresh never gets back.
    pub(crate) keep_answer: bool,
    /// One has been kept.
    pub(crate) kept_answer: bool,
    /// So long every answer takes, in milliseconds of the scenario.
    pub(crate) latency_ms: i64,
    /// The lifetime that the server gives, where that is known better than by its answers.
    pub(crate) true_lifetime_ms: Option<i64>,
    /// Requests on their way, those that wait for the clock left out.
    pub(crate) on_their_way: Each,
    /// Requests that have left.
    pub(crate) left: Each,
    pub(crate) granted: u64,
    pub(crate) refused: u64,
    pub(crate) seen_twice: u64,
    /// Refreshes that were tried, whether or not they left.
    pub(crate) tries: u64,
    pub(crate) last: Option<Last>,
    pub(crate) last_grant: Option<Granted>,
    seen: HashSet<[u8; 32]>,
}

/// The wire of one scenario. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Wire {
    state: Arc<watch::Sender<State>>,
    clock: Arc<dyn Clock>,
    /// Waits are the scenario's, not this computer's.
    by_hand: bool,
}

impl Wire {
    pub(crate) fn new(clock: Arc<dyn Clock>, by_hand: bool) -> Self {
        Self { state: Arc::new(watch::Sender::default()), clock, by_hand }
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.borrow())
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(change);
    }

    /// Waits until it is so. Nothing of what is watched stays borrowed: the wire could not move on.
    pub(crate) async fn until(&self, so: impl FnMut(&State) -> bool) {
        let mut state = self.state.subscribe();
        // The sender lives as long as this wire.
        drop(state.wait_for(so).await);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    fn not_sent(&self) -> Exchange {
        let detail = "the scenario has turned the network off".to_owned();
        Exchange { at_ms: self.clock.now().wall.0, detail, ..Exchange::default() }
    }

    /// Lets one request leave, and its answer come back when it may. `None`: it never came.
    async fn carry<T>(&self, purpose: For, request: impl Future<Output = T> + Send) -> Option<T> {
        let asked = self.clock.now().boot;
        let travelling = Travelling::begin(self, purpose);
        let there_and_back = async {
            let answer = request.await;
            let latency_ms = self.read(|state| state.latency_ms);
            if self.by_hand && latency_ms > 0 {
                drop(travelling);
                self.clock.sleep_until(asked + latency_ms).await;
            }
            answer
        };
        if !self.by_hand {
            return Some(there_and_back.await);
        }
        tokio::select! {
            biased;
            answer = there_and_back => Some(answer),
            () = self.clock.sleep_until(asked + PATIENCE_MS) => None,
        }
    }

    fn note_grant(&self, answer: &Answer) {
        self.change(|state| {
            let told = match answer.lifetime {
                Lifetime::Told(ms) => ms,
                Lifetime::Unknown(_) => engine::HOUR,
            };
            let lifetime_ms = state.true_lifetime_ms.unwrap_or(told);
            state.last_grant = Some(Granted { asked: answer.asked.boot, lifetime_ms });
        });
    }

    fn note_sent(&self, tokens: &Tokens) {
        let secret = match &tokens.renewal {
            RenewalSecret::RefreshToken(secret) | RenewalSecret::Cookies(secret) => secret,
            RenewalSecret::AccessToken => &tokens.access,
            RenewalSecret::Nothing => return,
        };
        let seen: [u8; 32] = Sha256::digest(secret.expose_secret()).into();
        self.change(|state| {
            if !state.seen.insert(seen) {
                state.seen_twice += 1;
            }
        });
    }

    fn note_refresh(&self, last: Last) {
        self.change(|state| {
            match last {
                Last::Granted => state.granted += 1,
                Last::Failed(Class::Refused) => state.refused += 1,
                Last::Failed(_) => {}
            }
            state.last = Some(last);
        });
    }
}

/// A request on its way; counted off again whatever becomes of it.
struct Travelling<'a> {
    wire: &'a Wire,
    purpose: For,
}

impl<'a> Travelling<'a> {
    fn begin(wire: &'a Wire, purpose: For) -> Self {
        wire.change(|state| {
            state.on_their_way.add(purpose, 1);
            state.left.add(purpose, 1);
        });
        Self { wire, purpose }
    }
}

impl Drop for Travelling<'_> {
    fn drop(&mut self) {
        self.wire.change(|state| state.on_their_way.add(self.purpose, -1));
    }
}

fn lost(wire: &Wire) -> Box<Failure> {
    let detail = "no answer came within 30 s".to_owned();
    let exchange = Exchange { at_ms: wire.clock.now().wall.0, detail, ..Exchange::default() };
    Box::new(Failure { class: Class::UnknownOutcome, retry_after_ms: None, exchange })
}

fn offline(wire: &Wire) -> Box<Failure> {
    Box::new(Failure { class: Class::NotSent, retry_after_ms: None, exchange: wire.not_sent() })
}

/// Makes token APIs whose requests go over the wire.
pub(crate) struct Connect(pub(crate) Wire);

impl Connector for Connect {
    fn connect(&self, account: &serde_json::Value) -> Result<Arc<dyn AuthServer>, String> {
        let settings: AccountSettings =
            serde_json::from_value(account.clone()).map_err(|why| why.to_string())?;
        let clock = Arc::clone(&self.0.clock);
        let api = TokenApi::new(settings, clock).map_err(|why| why.to_string())?;
        Ok(Arc::new(OverTheWire { api, wire: self.0.clone() }))
    }

    fn issuer(&self, account: &serde_json::Value) -> String {
        account.get("baseUrl").map(ToString::to_string).unwrap_or_default()
    }
}

struct OverTheWire {
    api: TokenApi,
    wire: Wire,
}

impl OverTheWire {
    fn is_offline(&self) -> bool {
        self.wire.read(|state| state.offline)
    }
}

#[async_trait]
impl AuthServer for OverTheWire {
    async fn sign_in(
        &self,
        credentials: &Credentials,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        if self.is_offline() {
            return Err(offline(&self.wire));
        }
        let answer = self.wire.carry(For::SignIn, self.api.sign_in(credentials, marks)).await;
        let answer = answer.unwrap_or_else(|| Err(lost(&self.wire)))?;
        self.wire.note_grant(&answer);
        Ok(answer)
    }

    async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        self.wire.change(|state| state.tries += 1);
        if self.is_offline() {
            self.wire.note_refresh(Last::Failed(Class::NotSent));
            return Err(offline(&self.wire));
        }
        self.wire.note_sent(tokens);
        let answer = self.wire.carry(For::Refresh, self.api.refresh(tokens, call, marks)).await;
        if self.wire.read(|state| state.keep_answer) {
            self.wire.change(|state| state.kept_answer = true);
            std::future::pending::<()>().await;
        }
        let answer = answer.unwrap_or_else(|| Err(lost(&self.wire)));
        self.wire.note_refresh(match &answer {
            Ok(_) => Last::Granted,
            Err(failure) => Last::Failed(failure.class),
        });
        let answer = answer?;
        self.wire.note_grant(&answer);
        Ok(answer)
    }

    async fn sign_out(
        &self,
        tokens: &Tokens,
        marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>> {
        if self.is_offline() {
            return Err(offline(&self.wire));
        }
        let told = self.wire.carry(For::SignOut, self.api.sign_out(tokens, marks)).await;
        told.unwrap_or_else(|| Err(lost(&self.wire)))
    }

    async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer> {
        let nothing =
            |exchange| ApiAnswer { verdict: ApiVerdict::SaysNothing, exchange, clock: None };
        if self.is_offline() {
            return Some(nothing(self.wire.not_sent()));
        }
        let answer = self.wire.carry(For::Api, self.api.call_api(access, marks)).await;
        answer.unwrap_or_else(|| Some(nothing(lost(&self.wire).exchange)))
    }
}

impl Own {
    pub(crate) fn account(&self) -> AccountSettings {
        self.settings.clone()
    }
}
