//! A server that says what it is told to say.

use super::Diary;
use async_trait::async_trait;
use engine::{Class, Exchange, Failure, HOUR, Lifetime};
use keeper::clock::ManualClock;
use keeper::ports::{
    Answer, ApiAnswer, ApiVerdict, AuthServer, Before, Call, Clock as _, Credentials, IdAnswer,
    IdVerdict, Marks,
};
use keeper::record::{IdCheck, RenewalSecret, Tokens};
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// What comes of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// The next tokens, for so many milliseconds.
    Grant(i64),
    /// The same, with the refresh token that it was asked with: this server does not rotate.
    GrantOnly(i64),
    /// The same as [`Step::Grant`], but not before [`Scripted::answers_at_last`].
    GrantLate(i64),
    /// A failure of this class.
    Fail(Class),
    /// The server asks to wait for so many milliseconds.
    Wait(i64),
    /// The client's code panics.
    Panic,
}

/// What the server says to a sign-out that it does not simply take.
#[derive(Clone, Copy)]
pub(crate) enum Farewell {
    /// It fails with this status, or without any.
    Status(Option<u16>),
    /// There is no such request.
    NotOffered,
}

/// What the check of an ID token comes to.
#[derive(Clone, Copy)]
pub(crate) enum Id {
    Good,
    Bad,
    /// The keys cannot be had.
    NoKeys,
}

pub(crate) struct Scripted {
    called: String,
    /// Comes before its tokens: `access-2` of the first server.
    name: String,
    clock: Arc<ManualClock>,
    diary: Diary,
    steps: Mutex<VecDeque<Step>>,
    verdicts: Mutex<VecDeque<ApiVerdict>>,
    sign_outs: Mutex<VecDeque<Farewell>>,
    told: AtomicU64,
    open: watch::Sender<bool>,
    sign_out_open: watch::Sender<bool>,
    late: watch::Sender<bool>,
    /// `Some`: it gives ID tokens, and this comes of their checks; after that they are good.
    ids: Mutex<Option<VecDeque<Id>>>,
    checks_open: watch::Sender<bool>,
}

impl Scripted {
    pub(crate) fn new(name: &str, clock: Arc<ManualClock>, diary: Diary) -> Arc<Self> {
        Arc::new(Self {
            called: name.to_owned(),
            name: if name == "scripted" { String::new() } else { format!("{name}-") },
            clock,
            diary,
            steps: Mutex::default(),
            verdicts: Mutex::default(),
            sign_outs: Mutex::default(),
            told: AtomicU64::new(0),
            open: watch::Sender::new(true),
            sign_out_open: watch::Sender::new(true),
            late: watch::Sender::new(false),
            ids: Mutex::default(),
            checks_open: watch::Sender::new(true),
        })
    }

    /// What comes of the next requests; after that it grants an hour each time.
    pub(crate) fn called(&self) -> &str {
        &self.called
    }

    pub(crate) fn then(&self, steps: impl IntoIterator<Item = Step>) {
        self.steps.lock().unwrap().extend(steps);
    }

    /// What the API says next; after that it accepts.
    pub(crate) fn api_says(&self, verdicts: impl IntoIterator<Item = ApiVerdict>) {
        self.verdicts.lock().unwrap().extend(verdicts);
    }

    /// Answers nothing until it is let go.
    pub(crate) fn hold(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn let_go(&self) {
        self.open.send_replace(true);
    }

    /// Never answers a sign-out.
    pub(crate) fn says_farewell(&self, farewells: impl IntoIterator<Item = Farewell>) {
        self.sign_outs.lock().unwrap().extend(farewells);
    }

    /// It gives ID tokens: this comes of their checks, one after the other, and after that they are
    /// good.
    pub(crate) fn gives_id_tokens(&self, ids: impl IntoIterator<Item = Id>) {
        self.ids.lock().unwrap().get_or_insert_default().extend(ids);
    }

    /// No check comes to an end until it is let go.
    pub(crate) fn hold_checks(&self) {
        self.checks_open.send_replace(false);
    }

    pub(crate) fn let_go_checks(&self) {
        self.checks_open.send_replace(true);
    }

    pub(crate) fn answers_at_last(&self) {
        self.late.send_replace(true);
    }

    pub(crate) fn let_go_sign_outs(&self) {
        self.sign_out_open.send_replace(true);
    }

    pub(crate) fn hold_sign_outs(&self) {
        self.sign_out_open.send_replace(false);
    }

    async fn answer(&self, before: Option<&Tokens>) -> Result<Answer, Box<Failure>> {
        let asked = self.clock.now();
        let step = self.steps.lock().unwrap().pop_front().unwrap_or(Step::Grant(HOUR));
        opened(&self.open).await;
        let rotates = !matches!(step, Step::GrantOnly(_));
        let lifetime = match step {
            Step::Grant(ms) | Step::GrantOnly(ms) => ms,
            Step::GrantLate(ms) => {
                opened(&self.late).await;
                ms
            }
            Step::Fail(class) => return Err(failure(class)),
            Step::Wait(ms) => {
                return Err(Box::new(Failure {
                    retry_after_ms: Some(ms),
                    ..*failure(Class::Throttled)
                }));
            }
            Step::Panic => panic!("as the script says"),
        };
        let number = self.told.fetch_add(1, Ordering::SeqCst) + 1;
        let renewal = match before.map(|before| &before.renewal) {
            Some(RenewalSecret::Nothing) => RenewalSecret::Nothing,
            Some(same) if !rotates => same.clone(),
            _ => RenewalSecret::RefreshToken(format!("{}refresh-{number}", self.name).into()),
        };
        let mut tokens = Tokens::new(format!("{}access-{number}", self.name).into(), renewal);
        let mut id_check = IdCheck::Passed;
        if self.ids.lock().unwrap().is_some() {
            tokens.id = Some(format!("{}id-{number}", self.name).into());
            // What a sign-in brings is checked before it is one.
            id_check = before.map_or(IdCheck::Passed, |_| IdCheck::Pending);
        }
        Ok(Answer {
            tokens,
            asked,
            lifetime: Lifetime::Told(lifetime),
            refresh_in_ms: None,
            refresh_lifetime_ms: None,
            identity: None,
            id_check,
            exchange: Exchange::default(),
            clock: None,
        })
    }
}

#[async_trait]
impl AuthServer for Scripted {
    async fn sign_in(&self, _: &Credentials, _: &Marks) -> Result<Answer, Box<Failure>> {
        self.diary.note(format!("{}sign-in", self.name));
        self.answer(None).await
    }

    async fn refresh(&self, tokens: &Tokens, _: Call, _: &Marks) -> Result<Answer, Box<Failure>> {
        self.diary.note(format!("asked with {}", renewal(tokens)));
        self.answer(Some(tokens)).await
    }

    async fn sign_out(&self, tokens: &Tokens, _: &Marks) -> Result<Option<Exchange>, Box<Failure>> {
        self.diary.note(format!("{}gave back {}", self.name, renewal(tokens)));
        opened(&self.sign_out_open).await;
        match self.sign_outs.lock().unwrap().pop_front() {
            None => Ok(Some(Exchange::default())),
            Some(Farewell::NotOffered) => Ok(None),
            Some(Farewell::Status(status)) => {
                let exchange = Exchange { status, ..Exchange::default() };
                Err(Box::new(Failure { exchange, ..*failure(Class::NotSent) }))
            }
        }
    }

    async fn call_api(&self, access: &SecretString, _: &Marks) -> Option<ApiAnswer> {
        self.diary.note(format!("{}called with {}", self.name, access.expose_secret()));
        let verdict = self.verdicts.lock().unwrap().pop_front().unwrap_or(ApiVerdict::Accepted);
        opened(&self.open).await;
        Some(ApiAnswer { verdict, exchange: Exchange::default(), clock: None })
    }

    async fn check_id(&self, tokens: &Tokens, before: Before<'_>, _: &Marks) -> IdAnswer {
        let against = match before.id {
            Some(id) => format!(" against {}", id.expose_secret()),
            None => format!(" of {}", before.user),
        };
        self.diary.note(format!("checked {}{against}", id(tokens)));
        let said = self.ids.lock().unwrap().as_mut().and_then(VecDeque::pop_front);
        opened(&self.checks_open).await;
        let verdict = match said.unwrap_or(Id::Good) {
            Id::Good => IdVerdict::Good,
            Id::Bad => IdVerdict::Bad(Box::new(Exchange {
                detail: "the ID token is somebody else's".to_owned(),
                ..Exchange::default()
            })),
            Id::NoKeys => IdVerdict::NoKeys(failure(Class::NotSent)),
        };
        IdAnswer { verdict, exchanges: Vec::new() }
    }

    async fn confirm(&self, tokens: &Tokens, _: &Marks) -> Option<ApiAnswer> {
        let line = format!("asked about {} {}", tokens.access.expose_secret(), id(tokens));
        self.diary.note(line);
        assert!(tokens.client_secret.is_none() && renewal(tokens) == "nothing");
        let verdict = self.verdicts.lock().unwrap().pop_front().unwrap_or(ApiVerdict::Accepted);
        Some(ApiAnswer { verdict, exchange: Exchange::default(), clock: None })
    }
}

fn id(tokens: &Tokens) -> &str {
    tokens.id.as_ref().map_or("nothing", |id| id.expose_secret())
}

async fn opened(door: &watch::Sender<bool>) {
    let mut door = door.subscribe();
    let _closed = door.wait_for(|open| *open).await;
}

fn failure(class: Class) -> Box<Failure> {
    Box::new(Failure { class, retry_after_ms: None, exchange: Exchange::default() })
}

pub(super) fn renewal(tokens: &Tokens) -> String {
    match &tokens.renewal {
        RenewalSecret::RefreshToken(token) => token.expose_secret().to_owned(),
        RenewalSecret::Cookies(_) => "cookies".into(),
        RenewalSecret::AccessToken => "itself".into(),
        RenewalSecret::Nothing => "nothing".into(),
    }
}
