//! A desk, a person's folder, and the real app between them.
//!
//! [`Desk`] is a screen of its own (Xvfb with openbox), [`AppFolder`] is what the app finds on
//! disk and leaves there over several starts, [`Bus`] is a session bus of its own, with or
//! without a keychain, and [`App`] is the running app, driven through WebKitWebDriver.
//!
//! Nothing here touches the session it is run from: no display, bus, keychain or folder of it.
//! Every process is ended by its id, on a panic too. What goes wrong in here ends the test, with
//! the tail of the app's own output in the message.
#![allow(dead_code, unused_imports, reason = "it offers more than the tests of one day use")]

mod app;
mod browser;
mod bus;
mod demo;
mod desk;
mod folder;
mod form;
mod jwt_server;
mod languages;
mod logind;
mod oauth;
mod own_server;
mod page;
mod process;
mod prompter;
mod provider;
mod session;
mod small_disk;
mod wait;

pub(crate) use app::{App, BINARY, Options, environment};
pub(crate) use bus::Bus;
pub(crate) use demo::{Demo, prepare_demo, while_closed};
pub(crate) use desk::{Desk, Other, Window};
pub(crate) use folder::AppFolder;
pub(crate) use jwt_server::JwtServer;
pub(crate) use languages::{LANGUAGES, Said};
pub(crate) use logind::Logind;
pub(crate) use oauth::{GONE_THROUGH, told};
pub(crate) use own_server::OwnServer;
pub(crate) use process::{Process, answer, children, signal};
pub(crate) use prompter::Prompter;
pub(crate) use provider::Provider;
pub(crate) use session::id;
pub(crate) use small_disk::SmallDisk;
pub(crate) use wait::{SOON, until, until_past};
