//! What the owner is told, by others and by its own tasks.

use crate::access::AccessToken;
use crate::handle::{GrantedSignIn, SignInError, Unavailable};
use crate::outbox::Told;
use crate::ports::{Label, Marks, Reading, VaultFailure};
use crate::record::Tokens;
use crate::refresh::check::Checked;
use crate::refresh::{Outcome, Saved};
use crate::sign::{NotSignedIn, SignedIn, Turn, Wish};
use crate::unsaved::Over;
use engine::{ClockSample, Fingerprint, Now, Policy, Trigger};
use secrecy::SecretString;
use tokio::sync::oneshot;

/// Looks at the tokens in use.
pub(crate) type Inspection = Box<dyn FnOnce(Option<&Tokens>, Option<&Marks>) + Send>;

/// What the owner is told.
pub(crate) enum Message {
    Came(Trigger),
    Look(oneshot::Sender<()>),
    SignIn(Box<Wish>, oneshot::Sender<Result<(), SignInError>>),
    /// What was granted and nobody will use.
    GiveBack(Box<GrantedSignIn>, oneshot::Sender<()>),
    SignOut(oneshot::Sender<()>),
    Forget(oneshot::Sender<Result<(), VaultFailure>>),
    Token {
        min_validity_ms: i64,
        reply: oneshot::Sender<Result<AccessToken, Unavailable>>,
    },
    ApiRefused(Fingerprint, oneshot::Sender<()>),
    ApiAnswered {
        confirmed: bool,
        clock: Option<ClockSample>,
    },
    IsSignedIn(oneshot::Sender<bool>),
    Inspect(Inspection),
    /// What it takes to ask the server about the session of this access token.
    ToConfirm(Fingerprint, oneshot::Sender<Option<Tokens>>),
    ClientSecret(oneshot::Sender<Option<SecretString>>),
    IdToken(oneshot::Sender<Option<SecretString>>),
    Policy(Policy),
    Quit(oneshot::Sender<()>),
    // From the owner's own tasks:
    Read(Box<Result<Reading, VaultFailure>>),
    /// What stands on a record that cannot be opened.
    Labelled(Option<Label>),
    /// What another process has written; `None` where there is no news.
    Looked(Box<Option<Result<Reading, VaultFailure>>>),
    Refreshed {
        attempt: u64,
        outcome: Outcome,
    },
    SignedIn {
        result: Result<Box<SignedIn>, NotSignedIn>,
        turn: Turn,
        reply: oneshot::Sender<Result<(), SignInError>>,
    },
    SignOutWritten {
        ended: u64,
        /// When the write was begun.
        began: Now,
        /// Which ended sessions are on disk; `None`: a later sign-in is waited for.
        result: Result<Option<Vec<u64>>, VaultFailure>,
        reply: Option<oneshot::Sender<()>>,
    },
    /// The same, where everything was to be removed; it is told once that is known here.
    Forgotten {
        ended: u64,
        /// When the removal was begun.
        began: Now,
        /// Whether it was removed; not where a later sign-in is waited for.
        result: Result<bool, VaultFailure>,
        reply: oneshot::Sender<Result<(), VaultFailure>>,
    },
    /// What came of checking the ID token that came with this access token.
    IdChecked {
        access: Fingerprint,
        checked: Checked,
    },
    /// What came of telling a server that a session has ended.
    Told {
        id: u64,
        told: Told,
    },
    /// What ended sessions are on disk; `None` where nothing could be written.
    OutboxStored(Option<Vec<u64>>),
    SavedLate {
        /// What was to be saved.
        stand: Over,
        /// When the write was begun.
        began: Now,
        result: Result<Saved, VaultFailure>,
    },
    /// Something was done that nobody waits for.
    Done,
}
