//! A figure beside what it must reach (DESIGN section 12).

use std::fmt;

/// What a figure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    /// Not above this.
    AtMost(f64),
    /// Under this.
    Under(f64),
    /// This and nothing else.
    Exactly(f64),
    /// It is told, and not judged.
    None,
}

/// One figure, as people read it.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) what: &'static str,
    pub(super) measured: f64,
    pub(super) unit: &'static str,
    pub(super) goal: Goal,
    /// What else is to be known of it.
    pub(super) note: String,
}

impl Figure {
    /// A figure without a note.
    pub(super) fn new(what: &'static str, measured: f64, unit: &'static str, goal: Goal) -> Self {
        Self { what, measured, unit, goal, note: String::new() }
    }

    /// Whether the goal is reached.
    pub(super) fn met(&self) -> bool {
        match self.goal {
            Goal::AtMost(most) => self.measured <= most,
            Goal::Under(bound) => self.measured < bound,
            #[expect(clippy::float_cmp, reason = "counts are whole numbers")]
            Goal::Exactly(wanted) => self.measured == wanted,
            Goal::None => true,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measured = format!("{} {}", rounded(self.measured), self.unit);
        let unit = self.unit;
        let goal = match self.goal {
            Goal::AtMost(most) => format!("at most {} {unit}", rounded(most)),
            Goal::Under(bound) => format!("under {} {unit}", rounded(bound)),
            Goal::Exactly(wanted) => format!("{} {unit}", rounded(wanted)),
            Goal::None => "no goal".to_owned(),
        };
        let verdict = match (self.goal, self.met()) {
            (Goal::None, _) => "",
            (_, true) => "reached",
            (_, false) => "MISSED",
        };
        write!(f, "{:<44} {measured:>14}   {goal:<22} {verdict}", self.what)?;
        if !self.note.is_empty() {
            write!(f, "\n{:<44} ({})", "", self.note)?;
        }
        Ok(())
    }
}

/// As many digits as say something: three at least, and no part of a thousand or more.
fn rounded(figure: f64) -> String {
    let digits = match figure.abs() {
        small if small < 10.0 => 2,
        middle if middle < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{figure:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(measured: f64, goal: Goal) -> bool {
        Figure::new("it", measured, "ms", goal).met()
    }

    #[test]
    fn a_goal_is_reached_up_to_its_limit_and_no_further() {
        assert!(met(1.15, Goal::AtMost(1.15)) && !met(1.151, Goal::AtMost(1.15)));
        assert!(met(0.99, Goal::Under(1.0)) && !met(1.0, Goal::Under(1.0)));
        assert!(met(1.0, Goal::Exactly(1.0)) && !met(2.0, Goal::Exactly(1.0)));
        assert!(!met(f64::NAN, Goal::AtMost(1.0)), "what was not measured reaches nothing");
        assert!(met(7.0, Goal::None));
    }

    #[test]
    fn a_figure_stands_beside_its_goal_and_whether_it_is_reached() {
        let told = Figure::new("binary", 15.25, "MB", Goal::AtMost(15.0)).to_string();
        assert!(told.contains("15.2 MB") && told.contains("at most 15 MB"), "{told}");
        assert!(told.ends_with("MISSED"));
        let told = Figure::new("binary", 14.0, "MB", Goal::AtMost(15.0)).to_string();
        assert!(told.ends_with("reached"));
        assert_eq!([1_234.5, 100.0, 0.5, 1.149].map(rounded), ["1234", "100", "0.5", "1.15"]);
    }
}
