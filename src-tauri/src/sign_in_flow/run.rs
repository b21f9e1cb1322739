//! One sign-in, from asking the server what it offers to the session that is kept.

use super::{qr, words};
use crate::account::Account;
use crate::desk::Desk;
use crate::seats::Seat;
use crate::wire::{AppError, ErrorCode, OtherPerson, SignInPhase, SignInView};
use auth_client::oauth::{
    BrowserSignIn, DeviceSignIn, Flow, Granted, OAuthAccount, Tell, discover,
};
use engine::MINUTE;
use keeper::GrantedSignIn;
use keeper::ports::{Clock, Connector as _};
use keeper::record::Keep;
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// So long the browser is waited for, in milliseconds.
const BROWSER_MS: i64 = 5 * MINUTE;

/// One sign-in.
pub(super) struct Attempt {
    pub(super) number: u64,
    pub(super) cancel: CancellationToken,
    pub(super) desk: Arc<Desk>,
    pub(super) seat: Arc<Seat>,
    pub(super) keep: Keep,
}

/// Why one did not come to its end.
enum Stopped {
    /// Somebody wanted it so.
    Cancelled,
    /// Something is wrong.
    Trouble(AppError),
}

impl<E: Into<AppError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Trouble(error.into())
    }
}

impl Attempt {
    /// Runs it to its end.
    pub(super) async fn run(self, account: OAuthAccount, secret: Option<SecretString>) {
        let view = match self.signed_in(account, secret).await {
            Ok(()) | Err(Stopped::Cancelled) => None,
            Err(Stopped::Trouble(error)) => Some(self.view(SignInPhase::Failed { error })),
        };
        self.desk.sign_ins.show(self.number, view);
    }

    /// How far it is, as it is shown.
    pub(super) fn view(&self, phase: SignInPhase) -> SignInView {
        let settings = self.desk.seats.state().settings(&self.seat);
        let server = settings.map(|account| self.desk.server_of(&account)).unwrap_or_default();
        SignInView { account: self.seat.id.clone(), server, phase }
    }

    fn shows(&self, phase: SignInPhase) {
        self.desk.sign_ins.show(self.number, Some(self.view(phase)));
    }

    async fn unless_cancelled<T>(&self, step: impl Future<Output = T>) -> Result<T, Stopped> {
        tokio::select! {
            // What is there already is not thrown away.
            biased;
            done = step => Ok(done),
            () = self.cancel.cancelled() => Err(Stopped::Cancelled),
        }
    }

    async fn signed_in(
        &self,
        mut account: OAuthAccount,
        secret: Option<SecretString>,
    ) -> Result<(), Stopped> {
        let clock = Arc::clone(&self.desk.clock) as Arc<dyn Clock>;
        let tell = self.tell();
        // Afresh: endpoints move, and what a server says of itself was not sealed before this.
        let discovered = discover(&account.settings, clock, &tell);
        account.discovered = self.unless_cancelled(discovered).await??;
        let granted = match account.settings.flow {
            Flow::Browser => self.by_browser(account.clone(), secret, tell).await?,
            Flow::Device => self.by_device(account.clone(), secret, tell).await?,
        };
        self.keeps(&Account::OAuth { account: Box::new(account) }, granted).await
    }

    async fn by_browser(
        &self,
        account: OAuthAccount,
        secret: Option<SecretString>,
        tell: Tell,
    ) -> Result<Granted, Stopped> {
        let clock = Arc::clone(&self.desk.clock) as Arc<dyn Clock>;
        let until_ms = clock.now().wall.0 + BROWSER_MS;
        let words = words::page(self.desk.preferences().language);
        let begun = BrowserSignIn::begin(account, secret, words, clock, tell);
        let waiting = self.unless_cancelled(begun).await??;
        let link = waiting.link().to_string();
        self.shows(SignInPhase::Browser { link: link.clone(), not_opened: None, until_ms });
        // Beside the waiting: it may come back before whatever opens it has ended.
        let (desk, number) = (Arc::clone(&self.desk), self.number);
        self.desk.runtime.spawn(async move { desk.open_for(number, link).await });
        let came_back = || self.shows(SignInPhase::Finishing);
        Ok(self.unless_cancelled(waiting.finish(came_back)).await??)
    }

    async fn by_device(
        &self,
        account: OAuthAccount,
        secret: Option<SecretString>,
        tell: Tell,
    ) -> Result<Granted, Stopped> {
        let clock = Arc::clone(&self.desk.clock) as Arc<dyn Clock>;
        let begun = DeviceSignIn::begin(account, secret, Arc::clone(&clock), tell);
        let waiting = self.unless_cancelled(begun).await??;
        let complete_link = waiting.complete_link().map(ToString::to_string);
        let link = waiting.link().to_string();
        let now = clock.now();
        self.shows(SignInPhase::Device {
            user_code: waiting.user_code().to_owned(),
            qr: qr::of(complete_link.as_deref().unwrap_or(&link)),
            link,
            complete_link,
            until_ms: now.wall.0 + (waiting.ends() - now.boot),
        });
        let granted = self.unless_cancelled(waiting.finish()).await??;
        self.shows(SignInPhase::Finishing);
        Ok(granted)
    }

    /// Keeps what was granted; where somebody else came than was here, the person is asked.
    async fn keeps(&self, account: &Account, granted: Granted) -> Result<(), Stopped> {
        if self.cancel.is_cancelled() {
            self.gives_back(account, granted).await;
            return Err(Stopped::Cancelled);
        }
        let seat = match self.other_person(&granted) {
            None => Arc::clone(&self.seat),
            Some((came, was)) => match self.asked(came, was).await {
                OtherPerson::Replace => Arc::clone(&self.seat),
                OtherPerson::Add => match self.desk.seats.spare().await {
                    Ok(spare) => spare,
                    Err(error) => {
                        self.gives_back(account, granted).await;
                        return Err(Stopped::Trouble(error));
                    }
                },
                OtherPerson::Cancel => {
                    self.gives_back(account, granted).await;
                    return Err(Stopped::Cancelled);
                }
            },
        };
        let request = self.request(&seat, account, granted)?;
        let settled = seat.keepers.settled().await;
        // That can take a while: somebody may have cancelled, or the account may be gone.
        if self.cancel.is_cancelled() || self.desk.seats.of(&seat.id).is_err() {
            settled.keeper.give_back(request).await;
            return Err(Stopped::Cancelled);
        }
        let began = settled.keeper.sign_in_granted(request).await;
        drop(settled);
        began.map_err(|error| AppError::from(&error))?;
        self.desk.has_signed_in(&seat, account).await;
        Ok(())
    }

    /// Who came and who was here, where these are two people.
    fn other_person(&self, granted: &Granted) -> Option<(String, String)> {
        let (came, was) = (granted.answer.identity.clone()?, self.seat.known()?);
        let same = came.user == was.user || was.user.is_empty() || came.user.is_empty();
        let called = |it: engine::Identity| if it.name.is_empty() { it.user } else { it.name };
        (!same).then(|| (called(came), called(was)))
    }

    async fn asked(&self, came: String, was: String) -> OtherPerson {
        let (reply, answer) = oneshot::channel();
        {
            let mut present = self.desk.sign_ins.present();
            if present.number != self.number {
                return OtherPerson::Cancel;
            }
            present.answer = Some(reply);
        }
        self.shows(SignInPhase::OtherPerson { came, was });
        let answer = self.unless_cancelled(answer).await;
        self.shows_finishing_unless_cancelled();
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_gone)) => OtherPerson::Cancel,
            Err(_cancelled) => OtherPerson::Cancel,
        }
    }

    fn shows_finishing_unless_cancelled(&self) {
        if !self.cancel.is_cancelled() {
            self.shows(SignInPhase::Finishing);
        }
    }

    async fn gives_back(&self, account: &Account, granted: Granted) {
        match self.request(&self.seat, account, granted) {
            Ok(unused) => self.seat.keepers.settled().await.keeper.give_back(unused).await,
            Err(error) => {
                tracing::warn!(error = error.message, "what was granted cannot be given back");
            }
        }
    }

    fn request(
        &self,
        seat: &Seat,
        account: &Account,
        granted: Granted,
    ) -> Result<GrantedSignIn, AppError> {
        let account = account.write();
        let server = self
            .desk
            .accounts(seat)
            .connect(&account)
            .map_err(|message| AppError::new(ErrorCode::BadSettings, message))?;
        let Granted { answer, marks } = granted;
        Ok(GrantedSignIn { server, account, answer, marks, keep: self.keep })
    }

    /// What it asks on its way is told in its account's activity.
    fn tell(&self) -> Tell {
        let (desk, seat) = (Arc::clone(&self.desk), Arc::clone(&self.seat));
        let memory_only = self.keep == Keep::Memory;
        Arc::new(move |what| desk.tell(&seat, what, memory_only))
    }
}
