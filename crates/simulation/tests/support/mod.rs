//! A small policy with bad habits, and lives made by hand.

use async_trait::async_trait;
use simulation::Computer;
use simulation::life::often::{HOUR, MINUTE, SECOND};
use simulation::life::{Event, Life, Options};
use simulation::policies::{App, Policy};
use simulation::reply::{Answer, Body, Reply, Request, Token};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// What the small policy does wrong. Nothing of it: it keeps a session as well as can be, by a clock
/// that no real app has, the true time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Habits {
    pub(crate) signs_out_on_failure: bool,
    pub(crate) hands_out_dead: bool,
    pub(crate) goes_silent: bool,
    pub(crate) never_answers: bool,
    pub(crate) takes_no_lock: bool,
    pub(crate) never_refreshes: bool,
    pub(crate) hurries: bool,
    pub(crate) forgets_when_stopped: bool,
    pub(crate) serves_when_signed_out: bool,
    pub(crate) saves_after_ms: i64,
    pub(crate) gives_up_after_ms: Option<u64>,
    pub(crate) waits_after_failure_ms: i64,
}

pub(crate) struct Small {
    habits: Habits,
    lock: Arc<Mutex<()>>,
}

impl Small {
    pub(crate) fn new(habits: Habits) -> Self {
        Self { habits, lock: Arc::default() }
    }
}

impl Policy for Small {
    fn name(&self) -> &'static str {
        "small"
    }

    fn start(&self, computer: &Computer) -> Arc<dyn App> {
        if self.habits.forgets_when_stopped && computer.stored("refresh").is_some() {
            computer.store("refresh", None);
            computer.store("asks", Some("yes".to_owned()));
        }
        let keeper = Arc::new(Keeper {
            habits: self.habits,
            lock: Arc::clone(&self.lock),
            computer: computer.clone(),
        });
        let behind = Arc::clone(&keeper);
        let task = tokio::spawn(async move {
            loop {
                if behind.remaining_ms().is_some_and(|left| left < 5 * MINUTE) {
                    behind.refresh().await;
                }
                // Looks more often when it is nearly due: most of a year is waiting.
                let left_ms = behind.remaining_ms().unwrap_or(HOUR) - 5 * MINUTE;
                behind.computer.sleep(left_ms.clamp(5 * SECOND, 20 * SECOND)).await;
            }
        });
        Arc::new(Running { keeper, task })
    }
}

struct Running {
    keeper: Arc<Keeper>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Keeper {
    habits: Habits,
    lock: Arc<Mutex<()>>,
    computer: Computer,
}

impl Keeper {
    fn access(&self) -> Option<Token> {
        self.computer.stored("access")
    }

    fn remaining_ms(&self) -> Option<i64> {
        let ends_ms: i64 = self.computer.stored("ends")?.parse().unwrap();
        Some(ends_ms - self.computer.true_ms())
    }

    fn is_over(&self) {
        self.computer.store("refresh", None);
        self.computer.store("ends", None);
        self.computer.store("asks", Some("yes".to_owned()));
    }

    async fn refresh(&self) {
        let shared = Arc::clone(&self.lock);
        let held = if self.habits.takes_no_lock { None } else { Some(shared.lock().await) };
        let Some(refresh) = self.computer.stored("refresh") else { return };
        if self.habits.never_refreshes && self.computer.true_ms() < 4 * HOUR {
            return;
        }
        // Another copy was faster.
        if self.remaining_ms().is_some_and(|left| left >= 5 * MINUTE) {
            return;
        }
        let asked_ms = self.computer.true_ms();
        let asked = self.computer.ask(Request::Refresh { refresh: Some(refresh.clone()) });
        let patience = Duration::from_millis(self.habits.gives_up_after_ms.unwrap_or(60_000));
        let reply = tokio::time::timeout(patience, asked).await.unwrap_or(Reply::Lost);
        let same = self.computer.stored("refresh").as_ref() == Some(&refresh);
        if let Some(granted) = reply.granted() {
            self.computer.sleep(self.habits.saves_after_ms).await;
            if same {
                self.keep(
                    &granted.access,
                    granted.refresh.clone().unwrap_or(refresh),
                    asked_ms,
                    granted.expires_in_s,
                );
            }
            return;
        }
        let refused =
            matches!(&reply, Reply::Answer(Answer { body: Body::Error("invalid_grant"), .. }));
        if same && (refused || self.habits.signs_out_on_failure) {
            self.is_over();
            return;
        }
        drop(held);
        let wait_ms = match &reply {
            Reply::Answer(_) if self.habits.hurries => 0,
            Reply::Answer(answer) => answer.retry_after_ms.unwrap_or(0),
            Reply::NotSent | Reply::Lost => 0,
        };
        self.computer.sleep(wait_ms.max(self.habits.waits_after_failure_ms)).await;
    }

    fn keep(&self, access: &Token, refresh: Token, asked_ms: i64, expires_in_s: i64) {
        let ends_ms = asked_ms + expires_in_s * SECOND;
        self.computer.store("access", Some(access.clone()));
        self.computer.store("refresh", Some(refresh));
        self.computer.store("ends", Some(ends_ms.to_string()));
        self.computer.store("asks", None);
    }
}

#[async_trait]
impl App for Running {
    async fn sign_in(&self) -> bool {
        let asked_ms = self.keeper.computer.true_ms();
        let reply = self.keeper.computer.ask(Request::SignIn).await;
        let Some(granted) = reply.granted() else { return false };
        let refresh = granted.refresh.clone().unwrap();
        self.keeper.keep(&granted.access, refresh, asked_ms, granted.expires_in_s);
        true
    }

    async fn sign_out(&self) {
        self.keeper.computer.store("refresh", None);
        if self.keeper.habits.serves_when_signed_out {
            return;
        }
        for name in ["access", "ends", "asks"] {
            self.keeper.computer.store(name, None);
        }
    }

    async fn focus(&self) {}

    async fn network_back(&self) {}

    async fn access_token(&self) -> Option<Token> {
        let habits = self.keeper.habits;
        if habits.never_answers {
            std::future::pending::<()>().await;
        }
        let left_ms = self.keeper.remaining_ms()?;
        if habits.goes_silent && self.keeper.computer.true_ms() > 2 * HOUR {
            return None;
        }
        if left_ms > 0 || habits.hands_out_dead {
            return self.keeper.access();
        }
        for _ in 0..30 {
            if self.keeper.remaining_ms()? > 0 {
                return self.keeper.access();
            }
            self.keeper.computer.sleep(SECOND).await;
        }
        None
    }

    async fn api_refused(&self, access: &Token) {
        if self.keeper.access().as_ref() == Some(access) && !self.keeper.habits.hands_out_dead {
            self.keeper.computer.store("ends", Some("0".to_owned()));
        }
    }

    fn asks_for_sign_in(&self) -> bool {
        self.keeper.computer.stored("asks").is_some()
    }

    async fn quit(&self) {}
}

/// A computer that is awake, with one copy and its person, for so many hours; the API is called every
/// minute. The session begins within two minutes.
pub(crate) fn hours(hours: i64, more: &[(i64, Event)]) -> Life {
    let mut events = vec![(0, Event::SignIn(0)), (0, Event::Open(0))];
    events.extend((3..hours * 60).map(|minute| (minute * MINUTE, Event::CallApi(0))));
    events.extend(more);
    events.sort_by_key(|(at_ms, _)| *at_ms);
    Life { seed: 7, ends_ms: hours * HOUR, events }
}

pub(crate) fn play(habits: Habits, life: &Life) -> simulation::report::Tally {
    simulation::director::play(&Small::new(habits), life, &Options::default())
}
