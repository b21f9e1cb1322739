//! What stands between the keeper and every auth server.

use super::{Held, Lab, OFFLINE};
use async_trait::async_trait;
use engine::{Class, Exchange, Failure};
use keeper::ports::{Answer, ApiAnswer, ApiVerdict, AuthServer, Call, Clock, Credentials, Marks};
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
        let held = || Held {
            exchange: match &answer {
                Ok(Ok(answer)) => answer.exchange.clone(),
                Ok(Err(failure)) | Err(failure) => failure.exchange.clone(),
            },
            sent: marks.renewal(tokens),
        };
        self.lab.hold(held).await;
        answer?
    }

    async fn sign_out(
        &self,
        tokens: &Tokens,
        marks: &Marks,
    ) -> Result<Option<Exchange>, Box<Failure>> {
        self.through(self.server.sign_out(tokens, marks)).await?
    }

    async fn call_api(&self, access: &SecretString, marks: &Marks) -> Option<ApiAnswer> {
        match self.through(self.server.call_api(access, marks)).await {
            Ok(answer) => answer,
            Err(failure) => Some(ApiAnswer {
                verdict: ApiVerdict::SaysNothing,
                exchange: failure.exchange,
                clock: None,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeper::clock::ManualClock;
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
            unreachable!("nobody renews here")
        }

        async fn sign_out(&self, _: &Tokens, _: &Marks) -> Result<Option<Exchange>, Box<Failure>> {
            unreachable!("nobody signs out here")
        }

        async fn call_api(&self, _: &SecretString, _: &Marks) -> Option<ApiAnswer> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.answer.notified().await;
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
