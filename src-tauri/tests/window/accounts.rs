//! Several accounts, each with a session of its own.
