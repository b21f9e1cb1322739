//! Between the app and its server: everything that leaves is counted here, and can be kept from
//! leaving, or from coming back.

use crate::scenario::{Own, Which, due_before_end};
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

    fn one_more(&mut self, purpose: For) {
        let [sign_in, refresh, api, sign_out] = &mut self.0;
        let count = match purpose {
            For::SignIn => sign_in,
            For::Refresh => refresh,
            For::Api => api,
            For::SignOut => sign_out,
        };
        *count += 1;
    }
}

/// What came of the last refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Granted,
    Failed(Class),
}

/// The refreshes of one copy of the app.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Refreshes {
    /// Those that were tried, whether or not they left.
    pub(crate) tries: u64,
    /// Those of which nobody knows yet what came.
    pub(crate) under_way: u64,
    pub(crate) last: Option<Last>,
}

/// A request that has left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) purpose: For,
    /// It is on its way, and does not wait for the clock.
    pub(crate) on_its_way: bool,
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
    /// Every request that has left, in that order.
    pub(crate) requests: Vec<Request>,
    /// So many have left.
    pub(crate) left: Each,
    pub(crate) granted: u64,
    pub(crate) refused: u64,
    pub(crate) seen_twice: u64,
    pub(crate) last_grant: Option<Granted>,
    copies: [Refreshes; 2],
    seen: HashSet<Name>,
    /// What the server has refused, and not granted since.
    pub(crate) refused_names: HashSet<Name>,
}

impl State {
    pub(crate) fn refreshes(&self, of: Which) -> Refreshes {
        let [first, second] = self.copies;
        match of {
            Which::First => first,
            Which::Second => second,
        }
    }

    fn refreshes_mut(&mut self, of: Which) -> &mut Refreshes {
        let [first, second] = &mut self.copies;
        match of {
            Which::First => first,
            Which::Second => second,
        }
    }
}

/// Names what a session is renewed with, and does not tell it.
pub(crate) type Name = [u8; 32];

/// The name of what these are renewed with; `None` where there is nothing.
pub(crate) fn name(tokens: &Tokens) -> Option<Name> {
    let secret = match &tokens.renewal {
        RenewalSecret::RefreshToken(secret) | RenewalSecret::Cookies(secret) => secret,
        RenewalSecret::AccessToken => &tokens.access,
        RenewalSecret::Nothing => return None,
    };
    Some(Sha256::digest(secret.expose_secret()).into())
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

    fn note_sent(&self, name: Option<Name>) {
        let Some(name) = name else { return };
        self.change(|state| {
            if !state.seen.insert(name) {
                state.seen_twice += 1;
            }
        });
    }

    fn note_refresh(&self, copy: Which, name: Option<Name>, last: Last) {
        self.change(|state| {
            match last {
                Last::Granted => {
                    state.granted += 1;
                    name.map(|name| state.refused_names.remove(&name));
                }
                Last::Failed(Class::Refused) => {
                    state.refused += 1;
                    state.refused_names.extend(name);
                }
                Last::Failed(_) => {}
            }
            state.refreshes_mut(copy).last = Some(last);
        });
    }
}

/// A request on its way; counted off again whatever becomes of it.
struct Travelling<'a> {
    wire: &'a Wire,
    number: usize,
}

impl<'a> Travelling<'a> {
    fn begin(wire: &'a Wire, purpose: For) -> Self {
        let mut number = 0;
        wire.change(|state| {
            number = state.requests.len();
            state.requests.push(Request { purpose, on_its_way: true });
            state.left.one_more(purpose);
        });
        Self { wire, number }
    }
}

impl Drop for Travelling<'_> {
    fn drop(&mut self) {
        self.wire.change(|state| {
            if let Some(request) = state.requests.get_mut(self.number) {
                request.on_its_way = false;
            }
        });
    }
}

/// A refresh of which nobody knows yet what came; counted off again whatever becomes of it.
struct Trying<'a> {
    wire: &'a Wire,
    copy: Which,
}

impl<'a> Trying<'a> {
    fn begin(wire: &'a Wire, copy: Which) -> Self {
        wire.change(|state| {
            let refreshes = state.refreshes_mut(copy);
            refreshes.tries += 1;
            refreshes.under_way += 1;
        });
        Self { wire, copy }
    }
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        self.wire.change(|state| state.refreshes_mut(self.copy).under_way -= 1);
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

/// Makes token APIs whose requests go over the wire, for one copy of the app.
pub(crate) struct Connect(pub(crate) Wire, pub(crate) Which);

impl Connector for Connect {
    fn connect(&self, account: &serde_json::Value) -> Result<Arc<dyn AuthServer>, String> {
        let settings: AccountSettings =
            serde_json::from_value(account.clone()).map_err(|why| why.to_string())?;
        let clock = Arc::clone(&self.0.clock);
        let api = TokenApi::new(settings, clock).map_err(|why| why.to_string())?;
        Ok(Arc::new(OverTheWire { api, wire: self.0.clone(), copy: self.1 }))
    }

    fn issuer(&self, account: &serde_json::Value) -> String {
        account.get("baseUrl").map(ToString::to_string).unwrap_or_default()
    }
}

struct OverTheWire {
    api: TokenApi,
    wire: Wire,
    copy: Which,
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
        let _trying = Trying::begin(&self.wire, self.copy);
        let name = name(tokens);
        if self.is_offline() {
            self.wire.note_refresh(self.copy, name, Last::Failed(Class::NotSent));
            return Err(offline(&self.wire));
        }
        self.wire.note_sent(name);
        let answer = self.wire.carry(For::Refresh, self.api.refresh(tokens, call, marks)).await;
        if self.wire.read(|state| state.keep_answer) {
            self.wire.change(|state| state.kept_answer = true);
            std::future::pending::<()>().await;
        }
        let answer = answer.unwrap_or_else(|| Err(lost(&self.wire)));
        let last = match &answer {
            Ok(_) => Last::Granted,
            Err(failure) => Last::Failed(failure.class),
        };
        self.wire.note_refresh(self.copy, name, last);
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
