//! What must hold of scenario files, whoever wrote them. For the fuzz targets.

use crate::format::{self, LARGEST, MOST_MISTAKES};
use crate::scenario::Scenario;

/// What is wrong, in a sentence.
pub type Held = Result<(), String>;

fn holds(it: bool, sentence: impl FnOnce() -> String) -> Held {
    if it { Ok(()) } else { Err(sentence()) }
}

/// A scenario's file: it is read, and then means the same when its steps are written anew; or it is
/// told what is wrong, and where.
///
/// # Errors
/// The first thing that does not hold.
pub fn scenario(input: &[u8]) -> Held {
    let source = String::from_utf8_lossy(input);
    let source = source.as_ref();
    match format::read("a", "a.kdl", source) {
        Ok(scenario) => {
            holds(source.len() <= LARGEST, || format!("{} bytes are read", source.len()))?;
            means_the_same(&scenario)
        }
        Err(mistakes) => {
            holds(!mistakes.is_empty(), || "something is wrong, and nothing is told".to_owned())?;
            let count = mistakes.len();
            holds(count <= MOST_MISTAKES, || format!("{count} mistakes are told"))?;
            let lines: Vec<&str> = source.split('\n').collect();
            let mut before = (0, 0);
            for mistake in &mistakes {
                let (line, column) = (mistake.line, mistake.column);
                let at = usize::try_from(line).unwrap_or(usize::MAX).checked_sub(1);
                let text = at.and_then(|at| lines.get(at));
                let text = text.ok_or_else(|| format!("line {line} of {}", lines.len()))?;
                let columns = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                holds((1..=columns.saturating_add(1)).contains(&column), || {
                    format!("column {column} of {columns} in line {line}")
                })?;
                holds(before <= (line, column), || format!("line {line} after {before:?}"))?;
                before = (line, column);
                holds(!mistake.message.is_empty(), || "a mistake has no words".to_owned())?;
                // That a panic of the parser's is caught is for people; here it is a find.
                holds(mistake.message != "this cannot be read", || {
                    "the parser panicked".to_owned()
                })?;
            }
            Ok(())
        }
    }
}

/// Its steps as they are kept, word for word, are the same steps when they are read again.
fn means_the_same(scenario: &Scenario) -> Held {
    let mut source = "title \"again\"\n".to_owned();
    for line in &scenario.lines {
        source.push_str(&line.text);
        source.push('\n');
    }
    if source.len() > LARGEST {
        return Ok(());
    }
    let again = format::read("a", "a.kdl", &source)
        .map_err(|mistakes| format!("{source} has mistakes: {mistakes:?}"))?;
    let acts = |scenario: &Scenario| {
        scenario.lines.iter().map(|line| (line.act.clone(), line.copy)).collect::<Vec<_>>()
    };
    holds(acts(&again) == acts(scenario), || format!("{source} means something else"))?;
    let view = scenario.view();
    holds(view.lasts_ms >= 0, || format!("it lasts {} ms", view.lasts_ms))
}
