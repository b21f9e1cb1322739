//! One scenario's world: the app's own keeper, vault and client over a folder of their own, and a
//! demo server of its own (or the server of an account of one's own).

use super::files::Files;
use super::hand::Hand;
use super::time::{Hold, IN_VAIN};
use super::wire::{Connect, For, Wire};
use crate::report::Evidence;
use crate::scenario::{Own, Which};
use auth_client::{AccountSettings, Preset, presets};
use demo_server::{ALICE, Running, Switches};
use engine::{Boot, Policy, Trigger};
use keeper::activity::Nobody;
use keeper::ports::{Connector as _, Credentials};
use keeper::record::Keep;
use keeper::{Keeper, NotTold, Setup, SignIn};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use vault::keys::{FileKey, FixedKey, Key, Keys};
use vault::{FileVault, PlainFiles};

/// Telling a server of a sign-out has begun by then.
const BEGUN_BY: Duration = Duration::from_secs(3);

/// Why a step could not be done.
pub(crate) type Trouble = String;

pub(crate) struct Stage {
    pub(crate) hand: Hand,
    pub(crate) wire: Wire,
    pub(crate) demo: Option<Running>,
    pub(crate) began: Boot,
    pub(crate) sign_ins: u64,
    /// How far the wall clock is set wrong.
    pub(crate) clock_ms: i64,
    /// The server's switches as they are now, and as the head of the file has set them.
    pub(crate) switches: Switches,
    pub(crate) at_the_head: Switches,
    /// What the server holds back.
    pub(crate) hold: Option<Hold>,
    /// So long it may take until everything has come to rest.
    pub(crate) patience: Duration,
    own: Option<Own>,
    copies: [Option<App>; 2],
    /// Seals the files, among them the tokens of an account of one's own: it is nowhere but here, so
    /// that what may be left of them is worth nothing.
    key: Key,
    files: Files,
}

struct App {
    keeper: Keeper,
    task: JoinHandle<()>,
}

impl Stage {
    pub(crate) async fn set(hand: Hand, own: Option<Own>) -> Result<Self, Trouble> {
        let switches = Switches::default();
        let demo = match own {
            Some(_) => None,
            None => {
                let started = Running::in_memory(switches.clone(), hand.of_the_server()).await;
                Some(
                    started
                        .map_err(|why| format!("the demo server could not be started: {why}"))?,
                )
            }
        };
        let key = Key::random().map_err(|why| format!("no key could be made: {why}"))?;
        let files = Files::new()
            .map_err(|why| format!("no folder could be made for the scenario's files: {why}"))?;
        let wire = Wire::new(hand.clock(), hand.at_speed());
        let began = hand.now().boot;
        let mut stage = Self {
            hand,
            wire,
            demo,
            began,
            sign_ins: 0,
            clock_ms: 0,
            at_the_head: switches.clone(),
            switches,
            hold: None,
            patience: IN_VAIN,
            own,
            copies: [None, None],
            key,
            files,
        };
        stage.turned();
        stage.start(Which::First)?;
        stage.quiet().await?;
        Ok(stage)
    }

    /// Starts the app over whatever is in the folder.
    pub(crate) fn start(&mut self, which: Which) -> Result<(), Trouble> {
        let folder = self.files.kept();
        let slots = PlainFiles::new(folder, "main").map_err(|why| why.to_string())?;
        let keys = Keys::new(FixedKey(self.key.clone()), FileKey::new(folder));
        let (keeper, task) = Keeper::new(Setup {
            clock: self.hand.clock(),
            vault: Arc::new(FileVault::new(slots, keys)),
            connector: Arc::new(Connect(self.wire.clone(), which)),
            policy: Policy::default(),
            seed: 7,
            recorder: Arc::new(Nobody),
        });
        let app = App { keeper, task: tokio::spawn(task) };
        *self.place(which) = Some(app);
        Ok(())
    }

    /// The process is gone, from one moment to the next: its tasks end, and its locks with them.
    pub(crate) async fn kill(&mut self, which: Which) -> Result<(), Trouble> {
        let app = self.place(which).take().ok_or("the app is not running")?;
        app.task.abort();
        let _cancelled = app.task.await;
        self.wire.change(|state| {
            state.keep_answer = false;
            state.kept_answer = false;
        });
        self.quiet().await
    }

    /// Has a refresh answered by the server, and ends the process before the answer is saved.
    pub(crate) async fn stop_in_mid_refresh(&mut self, which: Which) -> Result<(), Trouble> {
        let keeper = self.keeper(which)?;
        self.wire.change(|state| state.keep_answer = true);
        keeper.tell(Trigger::Asked).await;
        self.quiet().await?;
        if !self.wire.read(|state| state.kept_answer) {
            self.wire.change(|state| state.keep_answer = false);
            return Err("no refresh was answered in which the app could be stopped".to_owned());
        }
        self.kill(which).await
    }

    /// Both copies hear of it.
    pub(crate) async fn tell_all(&self, trigger: Trigger) {
        for keeper in self.keepers() {
            keeper.tell(trigger).await;
        }
    }

    pub(crate) fn keeper(&self, which: Which) -> Result<Keeper, Trouble> {
        let [first, second] = &self.copies;
        let app = match which {
            Which::First => first,
            Which::Second => second,
        };
        app.as_ref().map(|app| app.keeper.clone()).ok_or_else(|| "the app is not running".into())
    }

    fn place(&mut self, which: Which) -> &mut Option<App> {
        let [first, second] = &mut self.copies;
        match which {
            Which::First => first,
            Which::Second => second,
        }
    }

    pub(crate) fn keepers(&self) -> Vec<Keeper> {
        self.copies.iter().flatten().map(|app| app.keeper.clone()).collect()
    }

    pub(crate) fn runs(&self, which: Which) -> bool {
        self.keeper(which).is_ok()
    }

    /// Signs in by the account's name and password.
    pub(crate) async fn sign_in(&mut self, which: Which) -> Result<(), Trouble> {
        let keeper = self.keeper(which)?;
        let (settings, password) = self.account();
        let user = settings.user.clone();
        let account = serde_json::to_value(settings).map_err(|why| why.to_string())?;
        let server = Connect(self.wire.clone(), which).connect(&account)?;
        let credentials = Credentials { user, password };
        let request = SignIn { server, account, credentials, keep: Keep::Disk };
        self.sign_ins += 1;
        let signed_in = self.drive(keeper.sign_in(request)).await?;
        signed_in.map_err(|why| why.to_string())
    }

    fn account(&self) -> (AccountSettings, SecretString) {
        if let Some(own) = &self.own {
            return (own.account(), own.password.clone());
        }
        let preset = if self.switches.cookie_form { Preset::Cookie } else { Preset::Tutorial };
        let settings = presets().into_iter().find(|known| known.preset == preset);
        let settings = AccountSettings {
            base_url: self.demo.as_ref().map(Running::base_url).unwrap_or_default(),
            user: ALICE.username.to_owned(),
            ..settings.map(|known| known.settings).unwrap_or_default()
        };
        (settings, ALICE.password.into())
    }

    /// What the wire has to know of the switches.
    pub(crate) fn turned(&self) {
        let ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        let lifetime_ms = self.demo.is_some().then(|| ms(self.switches.access_lifetime_ms));
        let latency_ms = ms(self.switches.latency_ms);
        self.wire.change(|state| {
            state.true_lifetime_ms = lifetime_ms;
            state.latency_ms = latency_ms;
        });
    }

    /// What has been counted since the scenario began: by the demo server; for an account of one's
    /// own, on the way out.
    pub(crate) async fn counts(&self) -> Result<Evidence, Trouble> {
        if let Some(demo) = &self.demo {
            let counted = demo.control().counters().await;
            let counted = counted.map_err(|why| format!("the demo server does not tell: {why}"))?;
            return Ok(Evidence {
                logins: counted.logins,
                refreshes: counted.refreshes,
                refreshes_granted: counted.refreshes_granted,
                refreshes_refused: counted.refreshes_refused,
                refresh_tokens_seen_twice: counted.refresh_tokens_seen_twice,
                reuse_detected: counted.reuse_detected,
                logouts: counted.logouts,
                api_status: None,
                counted_by_server: true,
            });
        }
        Ok(self.wire.read(|state| Evidence {
            logins: state.left.of(For::SignIn),
            refreshes: state.left.of(For::Refresh),
            refreshes_granted: state.granted,
            refreshes_refused: state.refused,
            refresh_tokens_seen_twice: state.seen_twice,
            reuse_detected: 0,
            logouts: state.left.of(For::SignOut),
            api_status: None,
            counted_by_server: false,
        }))
    }

    /// Ends everything. At a server of one's own the session is signed out; answers what hinders it.
    pub(crate) async fn strike(mut self) -> Option<Trouble> {
        let hindrance = match &self.own {
            Some(_) => self.leave().await.err(),
            None => None,
        };
        for app in std::mem::take(&mut self.copies).into_iter().flatten() {
            app.task.abort();
            let _cancelled = app.task.await;
        }
        if let Some(demo) = self.demo.take() {
            demo.shutdown().await;
        }
        hindrance
    }

    async fn leave(&mut self) -> Result<(), Trouble> {
        if self.sign_ins == 0 {
            return Ok(());
        }
        self.wire.change(|state| state.offline = false);
        if !self.runs(Which::First) {
            self.start(Which::First)?;
            self.quiet().await?;
        }
        let keeper = self.keeper(Which::First)?;
        let left_before = keeper.shown().borrow().left_to_expire.clone();
        let sent_before = self.wire.read(|state| state.left.of(For::SignOut));
        keeper.sign_out().await;
        let on_its_way = self.wire.until(|state| state.left.of(For::SignOut) > sent_before);
        // Where the session had ended already there is nothing to tell.
        let _elapsed = tokio::time::timeout(BEGUN_BY, on_its_way).await;
        self.quiet().await?;
        let shown = keeper.shown().borrow().clone();
        if !shown.outbox.is_empty() {
            return Err("the server could not be told of the sign-out".to_owned());
        }
        let left = shown.left_to_expire.filter(|left| Some(left) != left_before.as_ref());
        match left.map(|left| left.why) {
            None => Ok(()),
            Some(NotTold::NotOffered) => {
                Err("this account knows no way to sign out at its server".to_owned())
            }
            Some(NotTold::NotAccepted | NotTold::SignedInAgain | NotTold::GaveUp) => {
                Err("the server did not take note of the sign-out".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Pace;
    use keeper::ports::Vault as _;

    #[tokio::test]
    async fn what_a_run_keeps_opens_with_its_own_key_only_and_goes_with_it() {
        let mut stage = Stage::set(Hand::new(Pace::AtSpeed), None).await.unwrap();
        stage.sign_in(Which::First).await.unwrap();
        let folder = stage.files.kept().to_owned();
        let opens = |key: Key| {
            let slots = PlainFiles::new(&folder, "main").unwrap();
            let vault = FileVault::new(slots, Keys::new(FixedKey(key), FileKey::new(&folder)));
            vault.read().is_ok_and(|reading| reading.record.is_some_and(|it| it.session.is_some()))
        };
        assert!(opens(stage.key.clone()));
        assert!(!opens(Key::new([7; 32])), "a key that everybody knows");
        assert!(!opens(Stage::set(Hand::new(Pace::AtSpeed), None).await.unwrap().key));
        stage.strike().await;
        assert!(!folder.exists());
    }
}
