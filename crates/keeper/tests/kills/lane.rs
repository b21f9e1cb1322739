//! One folder, its server, and one process after the other over it, each killed. Several lanes run
//! beside each other: a retry waits a second, in which the others go on.

use crate::copy::{Copy, Errand, Said, TokenApis, Without, launch, vault};
use crate::moments::{Dice, Moment};
use crate::number;
use crate::relay::Relay;
use crate::tally::{Stock, Tally};
use auth_client::AccountSettings;
use demo_server::{ALICE, Clock, Counters, Rotation, Running, Switches};
use keeper::SignIn;
use keeper::ports::{Connector as _, Credentials, Vault as _};
use keeper::record::{Keep, Record};
use std::io::Write as _;
use std::path::Path;
use tempfile::TempDir;
use tokio::task::JoinSet;

/// So many lanes beside each other.
const LANES: u32 = 20;

/// Kills so many processes, and says what came of it.
pub(crate) async fn killed(
    policy: &str,
    rotation: Rotation,
    kills: u32,
    without: Without,
) -> Tally {
    let seed = u64::from(number("KEEPER_KILLS_SEED", 1));
    let mut lanes = JoinSet::new();
    for nth in 0..LANES.min(kills) {
        // What does not divide evenly falls to the first ones.
        let share = kills / LANES + u32::from(nth < kills % LANES);
        let dice = Dice(seed << 32 | u64::from(nth));
        lanes.spawn(async move {
            let mut lane = Lane::begin(rotation, without, dice).await;
            for _ in 0..share {
                lane.one_more(None).await;
            }
            lane.end().await
        });
    }
    let mut tally = Tally::default();
    while let Some(lane) = lanes.join_next().await {
        tally += lane.unwrap();
    }
    std::io::stdout().write_all(tally.in_words(policy).as_bytes()).unwrap();
    tally
}

pub(crate) struct Lane {
    folder: TempDir,
    server: Running,
    relay: Relay,
    rotation: Rotation,
    without: Without,
    dice: Dice,
    stock: Stock,
    /// Refreshes that the server had granted when somebody signed in last.
    granted_before: u64,
    tally: Tally,
}

impl Lane {
    /// Alice has signed in, and the app is closed.
    pub(crate) async fn begin(rotation: Rotation, without: Without, dice: Dice) -> Self {
        let switches = Switches { access_lifetime_ms: 3_600_000, rotation, ..Switches::default() };
        let server = Running::in_memory(switches, Clock::system()).await.unwrap();
        let relay = Relay::to(server.port()).await;
        let folder = tempfile::tempdir().unwrap();
        let (stock, tally) = (Stock::at_sign_in(&Counters::default()), Tally::default());
        let granted_before = stock.granted;
        let mut lane =
            Self { folder, server, relay, rotation, without, dice, stock, granted_before, tally };
        lane.sign_in().await;
        lane
    }

    async fn sign_in(&mut self) {
        let keeper = launch(self.folder.path(), Without::Nothing);
        let settings = AccountSettings {
            base_url: self.relay.base_url(),
            user: ALICE.username.into(),
            ..AccountSettings::default()
        };
        let account = serde_json::to_value(settings).unwrap();
        let server = TokenApis.connect(&account).unwrap();
        let credentials =
            Credentials { user: ALICE.username.into(), password: ALICE.password.into() };
        keeper.sign_in(SignIn { server, account, credentials, keep: Keep::Disk }).await.unwrap();
        keeper.quit().await;
        self.stock = Stock::at_sign_in(&self.counters().await);
        self.granted_before = self.stock.granted;
    }

    /// Starts a process, and kills it: at this moment, or at one that is drawn.
    pub(crate) async fn one_more(&mut self, moment: Option<Moment>) {
        let moment = moment.unwrap_or_else(|| Moment::drawn(&mut self.dice));
        let mut copy = self.start(matches!(moment, Moment::Used));
        if !moment.is_of_the_start()
            && let Some(sentence) = self.ends(&mut copy).await
        {
            self.is_lost(copy, &sentence).await;
            copy = self.begin_anew().await;
        }
        moment.comes(&self.relay, &mut copy).await;
        self.kill(copy).await;
    }

    fn start(&mut self, rests_then: bool) -> Copy {
        let asks_at_once = self.dice.below(2) == 0;
        let without = self.without;
        Copy::start(self.folder.path(), Errand { asks_at_once, rests_then, without })
    }

    /// The sentence of the window where the session does not go on.
    async fn ends(&self, copy: &mut Copy) -> Option<String> {
        match copy.hears().await {
            Said::GoesOn => None,
            Said::Refused => panic!("the API refused what was handed out: {:?}", self.stock),
            Said::SignedOut(sentence) => Some(sentence),
        }
    }

    /// Judges the loss of a session, once nothing is under way any more.
    async fn is_lost(&mut self, copy: Copy, sentence: &str) {
        copy.kill().await;
        self.relay.settled().await;
        self.tally.lost += 1;
        if self.without != Without::Nothing {
            return;
        }
        let living = self.server.control().snapshot().await.unwrap().living_sessions;
        let granted = self.counters().await.refreshes_granted - self.granted_before;
        let saved = self.stored().session.map(|held| u64::from(held.refreshes));
        let said = format!(
            "{:?}: {sentence}, {living} living, {granted} granted, {saved:?} saved, {:?}",
            self.rotation, self.stock
        );
        assert_eq!(self.rotation, Rotation::Strict, "{said}");
        assert_eq!(saved.map(|saved| saved + 1), Some(granted), "one answer was lost: {said}");
        assert_eq!((sentence, living), ("answer_lost", 0), "{said}");
    }

    /// Somebody signs in again, and it goes on.
    async fn begin_anew(&mut self) -> Copy {
        let before = self.counters().await.refreshes;
        self.sign_in().await;
        // A refusal is shown before it is on the disk: the next start may ask once more.
        self.tally.again += self.stock.asked - before;
        let mut copy = self.start(false);
        assert_eq!(self.ends(&mut copy).await, None);
        copy
    }

    async fn kill(&mut self, copy: Copy) {
        copy.kill().await;
        self.relay.settled().await;
        self.relay.withhold(false);
        let (before, counters) = (self.stock, self.counters().await);
        let now = before.after(&counters, &self.stored());
        self.tally.kills += 1;
        self.tally.intents += u64::from(now.intent);
        self.tally.inside += u64::from(now.inside(&before));
        self.tally.rotated += u64::from(now.rotated(&before));
        self.tally.unmarked += u64::from(now.is_unmarked(&before));
        self.tally.saved += now.saved - before.saved;
        self.stock = now;
    }

    /// The last kill has to be survived, too.
    pub(crate) async fn end(mut self) -> Tally {
        let mut copy = self.start(true);
        match self.ends(&mut copy).await {
            Some(sentence) => self.is_lost(copy, &sentence).await,
            None => {
                copy.kill().await;
                self.relay.settled().await;
            }
        }
        let counters = self.counters().await;
        self.tally.detected = counters.reuse_detected;
        self.tally.refused = counters.refreshes_refused;
        self.tally.shown_twice = counters.refresh_tokens_seen_twice;
        self.tally
    }

    async fn counters(&self) -> Counters {
        self.server.control().counters().await.unwrap()
    }

    /// What is on the disk. Reading mends things, so this is done on a copy.
    fn stored(&self) -> Record {
        let apart = tempfile::tempdir().unwrap();
        for name in ["main-a.json", "main-b.json"] {
            copied(&self.folder.path().join(name), &apart.path().join(name));
        }
        let record = vault(apart.path()).read().unwrap().record;
        record.expect("there is nothing on the disk any more")
    }
}

fn copied(from: &Path, to: &Path) {
    match std::fs::copy(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
}
