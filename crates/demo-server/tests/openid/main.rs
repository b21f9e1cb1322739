//! The OpenID provider, as a client and a browser see it.

#[cfg(test)]
mod client;
#[cfg(test)]
mod code;
#[cfg(test)]
mod device;
#[cfg(test)]
mod lies;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod published;
#[cfg(test)]
mod refresh;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
