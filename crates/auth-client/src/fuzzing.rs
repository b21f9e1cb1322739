//! What must hold of everything that others write, whatever they write: for each kind of it one
//! function that takes any bytes, has them read as in earnest, and answers the first sentence that does
//! not hold. For the fuzz targets.

mod answers;
mod claims;
mod cookies;
mod dates;
mod settings;
mod told;

pub use crate::oauth::fuzzing::{discovery, id_token, jwks, oauth_answer, redirect};
pub use answers::token_answer;
pub use claims::claims;
pub use cookies::cookies;
pub use dates::{date, retry_after};
pub use settings::settings;

pub(crate) use answers::{is_named_rightly, is_within_a_lifetime};
pub(crate) use told::{
    ACCESS, CLIENT_SECRET, CODE, HEADER, ID_TOKEN, NOON, Planted, REFRESH, Told, holds, timing,
};

/// What is wrong, in a sentence.
pub type Held = Result<(), String>;
