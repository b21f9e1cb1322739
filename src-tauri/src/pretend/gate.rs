//! What stands between the keeper and every auth server.

use super::{Held, Lab, OFFLINE};
use async_trait::async_trait;
use engine::{Class, Exchange, Failure};
use keeper::ports::{
    Answer, ApiAnswer, ApiVerdict, AuthServer, Before, Call, Clock, Credentials, IdAnswer,
    IdVerdict, Marks,
};
use keeper::record::Tokens;
use secrecy::SecretString;
use std::sync::Arc;

/// An auth server behind the Lab's switches: offline, nothing reaches it, and nothing of its answers
/// comes back.
pub(crate) struct Gate {
    server: Arc<dyn AuthServer>,
    clock: Arc<dyn Clock>,
    lab: Lab,
}

impl Gate {
    /// The gate before `server`.
    pub(crate) fn new(server: Arc<dyn AuthServer>, clock: Arc<dyn Clock>, lab: Lab) -> Self {
        Self { server, clock, lab }
    }

    /// Lets a request through while there is a network, for as long as there is one.
    async fn through<T>(&self, request: impl Future<Output = T> + Send) -> Result<T, Box<Failure>> {
        let at_ms = self.clock.now().wall.0;
        let failed = |class, detail: String| {
            let exchange = Exchange { at_ms, detail, ..Exchange::default() };
            Box::new(Failure { class, retry_after_ms: None, exchange })
        };
        if self.lab.state().offline {
            return Err(failed(Class::NotSent, OFFLINE.to_owned()));
        }
        tokio::select! {
            biased;
            answer = request => Ok(answer),
            // A request that is out may have arrived: only its answer is certain not to.
            () = self.lab.goes_offline() => {
                let detail = format!("{OFFLINE}, while the answer was waited for");
                Err(failed(Class::UnknownOutcome, detail))
            }
        }
    }
}

#[async_trait]
impl AuthServer for Gate {
    async fn sign_in(
        &self,
        credentials: &Credentials,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        self.through(self.server.sign_in(credentials, marks)).await?
    }

    async fn refresh(
        &self,
        tokens: &Tokens,
        call: Call,
        marks: &Marks,
    ) -> Result<Answer, Box<Failure>> {
        let answer = self.through(self.server.refresh(tokens, call, marks)).await;
        let answer = answer.unwrap_or_else(Err);
        let held = match &answer {
            Ok(answer) => Held {
                exchange: answer.exchange.clone(),
                // Whoever does not hear it does not know.
                class: Class::UnknownOutcome,
                sent: marks.renewal(tokens),
            },
            Err(failure) if failure.has_left() => Held {
                exchange: failure.exchange.clone(),
                class: failure.class,
                sent: marks.renewal(tokens),
            },
            // No refresh was begun, so it cannot be stopped in the middle of one.
            Err(_) => return answer,
        };
        self.lab.hold(held).await;
        answer
    }

    async fn sign_out(
        &self,
        tokens: &Tokens,
        marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>> {
        self.through(self.server.sign_out(tokens, marks)).await?
    }

    async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer> {
        let answer = self.through(self.server.call_api(access, marks)).await;
        answer.unwrap_or_else(|failure| Some(says_nothing(*failure)))
    }

    async fn check_id(&self, tokens: &Tokens, before: Before<'_>, marks: &Marks) -> IdAnswer {
        let answer = self.through(self.server.check_id(tokens, before, marks)).await;
        answer.unwrap_or_else(|failure| {
            // The keys may be known already, and nothing have to leave: but nobody knows that here.
            IdAnswer {
                exchanges: vec![failure.exchange.clone()],
                verdict: IdVerdict::NoKeys(failure),
            }
        })
    }

    async fn confirm(&self, tokens: &Tokens, marks: &Marks) -> Option<ApiAnswer> {
        let answer = self.through(self.server.confirm(tokens, marks)).await;
        answer.unwrap_or_else(|failure| Some(says_nothing(*failure)))
    }
}

/// What an API said that was not reached.
fn says_nothing(failure: Failure) -> ApiAnswer {
    ApiAnswer { verdict: ApiVerdict::SaysNothing, exchange: failure.exchange, clock: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeper::clock::ManualClock;
    use keeper::record::RenewalSecret;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Notify;

    /// A server that counts, and answers when it is told to.
    #[derive(Default)]
    struct Slow {
        asked: AtomicU32,
        answer: Notify,
    }

    #[async_trait]
    impl AuthServer for Slow {
        async fn sign_in(&self, _: &Credentials, _: &Marks) -> Result<Answer, Box<Failure>> {
            unreachable!("nobody signs in here")
        }

        async fn refresh(&self, _: &Tokens, _: Call, _: &Marks) -> Result<Answer, Box<Failure>> {
            let exchange = Exchange { status: Some(500), ..Exchange::default() };
            Err(Box::new(Failure { class: Class::ServerTrouble, retry_after_ms: None, exchange }))
        }

        async fn sign_out(&self, _: &Tokens, _: &Marks) -> Result<Option<Exchange>, Box<Failure>> {
            unreachable!("nobody signs out here")
        }

        async fn call_api(&self, _: &SecretString, _: &Marks) -> Option<ApiAnswer> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.answer.notified().await;
            None
        }

        async fn check_id(&self, _: &Tokens, _: Before<'_>, _: &Marks) -> IdAnswer {
            self.asked.fetch_add(1, Ordering::SeqCst);
            IdAnswer { verdict: IdVerdict::Bad(Box::default()), exchanges: Vec::new() }
        }

        async fn confirm(&self, _: &Tokens, _: &Marks) -> Option<ApiAnswer> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            None
        }
    }

    fn gate() -> (Arc<Gate>, Arc<Slow>, Lab) {
        let (server, lab) = (Arc::new(Slow::default()), Lab::default());
        let clock = Arc::new(ManualClock::new(0));
        let gate = Gate::new(Arc::clone(&server) as Arc<dyn AuthServer>, clock, lab.clone());
        (Arc::new(gate), server, lab)
    }

    async fn call(gate: &Gate) -> Option<ApiAnswer> {
        gate.call_api(&SecretString::from("token"), &Marks::fresh()).await
    }

    fn refresh(gate: &Arc<Gate>) -> tokio::task::JoinHandle<Class> {
        let gate = Arc::clone(gate);
        tokio::spawn(async move {
            let renewal = RenewalSecret::RefreshToken("refresh".into());
            let tokens = Tokens::new("access".into(), renewal);
            let call = Call { connect_quickly: false, clock_offset_ms: None };
            let came = gate.refresh(&tokens, call, &Marks::fresh()).await;
            let Err(failure) = came else { panic!("this server grants nothing") };
            failure.class
        })
    }

    #[tokio::test]
    async fn what_never_left_is_not_held() {
        let (gate, _server, lab) = gate();
        lab.turn(|lab| (lab.stopping, lab.offline) = (true, true));
        assert_eq!(refresh(&gate).await.unwrap(), Class::NotSent);
        assert!(lab.take_held().is_none());
    }

    #[tokio::test]
    async fn what_was_held_is_told_by_one_whether_it_was_called_off_or_not() {
        let (gate, _server, lab) = gate();
        lab.turn(|lab| lab.stopping = true);
        let held = async || lab.held().wait_for(Option::is_some).await.is_ok();
        let refreshing = refresh(&gate);
        assert!(held().await);
        lab.turn(|lab| lab.stopping = false);
        assert_eq!(refreshing.await.unwrap(), Class::ServerTrouble);
        assert!(lab.take_held().is_none(), "the keeper has heard it, and tells");

        lab.turn(|lab| lab.stopping = true);
        let refreshing = refresh(&gate);
        assert!(held().await);
        refreshing.abort();
        assert!(refreshing.await.is_err());
        let unheard = lab.take_held().expect("nobody else tells of it");
        assert_eq!((unheard.class, unheard.sent.is_some()), (Class::ServerTrouble, true));
    }

    #[tokio::test]
    async fn offline_nothing_leaves_and_it_says_why() {
        let (gate, server, lab) = gate();
        lab.turn(|lab| lab.offline = true);
        let answer = call(&gate).await.unwrap();
        assert_eq!((answer.verdict, answer.exchange.status), (ApiVerdict::SaysNothing, None));
        assert_eq!(answer.exchange.detail, OFFLINE);
        assert_eq!(server.asked.load(Ordering::SeqCst), 0);

        lab.turn(|lab| lab.offline = false);
        server.answer.notify_one();
        assert!(call(&gate).await.is_none(), "the server's own answer");
        assert_eq!(server.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_id_token_is_judged_by_the_server_behind_it_and_not_at_all_offline() {
        let (gate, server, lab) = gate();
        let tokens = Tokens::new("access".into(), RenewalSecret::Nothing);
        let verdict =
            async || gate.check_id(&tokens, Before::default(), &Marks::fresh()).await.verdict;
        assert!(matches!(verdict().await, IdVerdict::Bad(_)), "the server's own word");
        lab.turn(|lab| lab.offline = true);
        // Without its keys a check has not failed.
        assert!(matches!(verdict().await, IdVerdict::NoKeys(_)));
        assert_eq!(server.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn the_server_behind_it_is_asked_whether_it_knows_the_session() {
        let (gate, server, lab) = gate();
        let tokens = Tokens::new("access".into(), RenewalSecret::Nothing);
        let confirm = async || gate.confirm(&tokens, &Marks::fresh()).await;
        assert!(confirm().await.is_none(), "not by calling the API: that would still wait");
        lab.turn(|lab| lab.offline = true);
        let answer = confirm().await.unwrap();
        assert_eq!((answer.verdict, &*answer.exchange.detail), (ApiVerdict::SaysNothing, OFFLINE));
        assert_eq!(server.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_network_that_goes_away_takes_the_answer_along() {
        let (gate, server, lab) = gate();
        let asking = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.through(gate.server.call_api(&"t".into(), &Marks::fresh())).await }
        });
        while server.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        lab.turn(|lab| lab.offline = true);
        let failure = asking.await.unwrap().err().unwrap();
        assert_eq!(failure.class, Class::UnknownOutcome, "it may have arrived");
        assert!(failure.exchange.detail.starts_with(OFFLINE));
    }
}
