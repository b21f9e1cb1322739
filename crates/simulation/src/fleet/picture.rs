//! The picture of a fleet's day.
use super::Report;

/// no
#[derive(Debug, thiserror::Error)]
#[error("the picture cannot be drawn: {0}")]
pub struct Undrawable(String);

/// no
pub fn picture(_report: &Report) -> Result<String, Undrawable> {
    Err(Undrawable(String::new()))
}
