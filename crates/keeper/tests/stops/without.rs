//! Taken away.
