//! The check of an ID token: after the answer that it came with is saved, and before the access token
//! of that answer is handed out.

use crate::ports::{AuthServer, Before, Clock, IdAnswer, IdVerdict, Marks};
use crate::record::{IdCheck, Session, Tokens};
use crate::store::{Store, Write};
use crate::teller::Teller;
use crate::unsaved::Over;
use engine::{Class, Exchange, Failure, SECOND};

/// Keys that have not come after so long, in milliseconds, do not come in time: callers wait.
const CHECK_MS: i64 = 10 * SECOND;

/// What a check came to.
pub(crate) enum Checked {
    /// There is nothing to check, or it is good.
    Passed,
    /// It could not be checked.
    NoKeys,
    /// It is not what it should be.
    Bad(Box<Exchange>),
}

/// Has the ID token of `tokens` checked, which a refresh of what was `before` has brought, and tells of it.
pub(crate) async fn ask(
    server: &dyn AuthServer,
    clock: &dyn Clock,
    teller: &Teller,
    tokens: &Tokens,
    before: Before<'_>,
    marks: &Marks,
) -> Checked {
    let began = clock.now();
    let IdAnswer { verdict, exchanges } = tokio::select! {
        biased;
        answer = server.check_id(tokens, before, marks) => answer,
        () = clock.sleep_until(began.boot + CHECK_MS) => too_late(began.wall.0),
    };
    teller.id_check(&verdict, &exchanges);
    match verdict {
        IdVerdict::Good => Checked::Passed,
        IdVerdict::Bad(exchange) => Checked::Bad(exchange),
        IdVerdict::NoKeys(_) => Checked::NoKeys,
    }
}

fn too_late(at_ms: i64) -> IdAnswer {
    let exchange = Exchange {
        at_ms,
        took_ms: CHECK_MS,
        detail: "the keys to check the ID token with did not come in time".to_owned(),
        ..Exchange::default()
    };
    let failure = Failure { class: Class::UnknownOutcome, retry_after_ms: None, exchange };
    IdAnswer { verdict: IdVerdict::NoKeys(Box::new(failure)), exchanges: Vec::new() }
}

impl Session {
    /// Takes note of what came of the check of its ID token. `known`: the last one that was good; a
    /// bad one is not kept, for it says nothing of whose session this is.
    pub(crate) fn is_checked(&mut self, checked: &Checked, known: Option<&secrecy::SecretString>) {
        match checked {
            Checked::Passed => self.id_check = IdCheck::Passed,
            Checked::NoKeys => {}
            Checked::Bad(_) => {
                self.id_check = IdCheck::Failed;
                self.tokens.id = known.cloned();
            }
        }
    }
}

/// Writes down what came of the check, where the store holds this very session still. Should that
/// fail, it is checked once more at the next start.
pub(crate) fn write(store: &Store, epoch: u64, session: &Session) -> Write<()> {
    let stand = Over::of_session(epoch, session);
    let (id_check, id) = (session.id_check, session.tokens.id.clone());
    store.write(move |vault| {
        vault.change(&mut |stored| {
            let mut next = stored.filter(|stored| Over::of(Some(stored)) == stand)?.clone();
            let session = next.session.as_mut().filter(|held| held.id_check != id_check)?;
            session.id_check = id_check;
            session.tokens.id.clone_from(&id);
            Some(next)
        })?;
        Ok(())
    })
}
