//! An OAuth 2.0 and OpenID provider beside the tutorial's API: the same users, the same rules
//! for tokens, the same faults.

mod switches;

pub use switches::{
    ClientAuth, Documents, Lie, OpenIdSwitches, SignIn, SigningAlg, TokenTypeShape,
};
