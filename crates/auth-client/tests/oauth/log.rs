//! Keeps everything that is logged, at every level.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    /// Hears this thread until it is dropped.
    ///
    /// Two of them, of which one hears nothing: where there is a single one, `tracing` asks whichever
    /// thread comes first whether a line is wanted at all, and keeps its answer for every other. The
    /// tests beside this one do not want any.
    pub(crate) fn listening(&self) -> Listening {
        let first = tracing::Dispatch::new(Self::default());
        let second = tracing::Dispatch::new(self.clone());
        Listening { _first: first, _default: tracing::dispatcher::set_default(&second) }
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

pub(crate) struct Listening {
    _first: tracing::Dispatch,
    _default: tracing::dispatcher::DefaultGuard,
}

/// Writes fields down one after another.
struct Pen<'a>(&'a mut String);

impl Visit for Pen<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Pen(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Pen(&mut self.0.lock().unwrap()));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Pen(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
