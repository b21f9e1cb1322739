//! The two people this server knows.

use subtle::ConstantTimeEq as _;

/// Someone who can sign in here. The password is no secret: it is printed, shown and published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// What is typed to sign in.
    pub username: &'static str,
    /// The published password.
    pub password: &'static str,
    /// The name to show.
    pub name: &'static str,
}

/// The user of the one-click sign-in.
pub const ALICE: User = User { username: "alice", password: "wonderland", name: "Alice" };

/// A second user, for trying what happens when somebody else comes back.
pub const BOB: User = User { username: "bob", password: "builder", name: "Bob" };

/// Everybody who can sign in.
pub const USERS: [User; 2] = [ALICE, BOB];

pub(crate) fn with_password(username: &str, password: &str) -> Option<User> {
    known(username).filter(|user| bool::from(user.password.as_bytes().ct_eq(password.as_bytes())))
}

pub(crate) fn known(username: &str) -> Option<User> {
    USERS.into_iter().find(|user| user.username == username)
}
