//! The activity for others: one object a line for programs, a report for people.

use crate::markdown::Report;
use crate::wire::{Entry, ExportFormat};
use std::io;
use std::sync::Arc;

/// Writes every entry.
pub(crate) fn write(
    entries: &[Arc<Entry>],
    format: ExportFormat,
    at_ms: i64,
    to: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        ExportFormat::JsonLines => {
            for entry in entries {
                serde_json::to_writer(&mut *to, entry.as_ref())?;
                to.write_all(b"\n")?;
            }
        }
        ExportFormat::Markdown => to.write_all(Report::of(entries, at_ms).text().as_bytes())?,
    }
    to.flush()
}
