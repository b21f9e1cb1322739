//! Owns one engine, holds the tokens, and performs what the engine decides.

pub mod ports;
pub mod record;
