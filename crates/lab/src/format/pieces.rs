//! A file in pieces, each of them a step: so the parser, which calls itself with every error and every
//! opening brace or comment, never has more before it than a line, whoever wrote the file.

/// A piece is no longer than this, in bytes.
pub(super) const LONGEST: usize = 1_000;
/// The stack on which the worst piece can be parsed, in bytes; a test tries it.
pub(super) const STACK: usize = 32 * 1_024 * 1_024;

/// Whether the parser may not have this piece, because it could take seconds or for ever. With each brace
/// behind a `/-` that stands in another's braces it takes twice as long, and no step has any braces. A
/// row of `/-` takes long as well; who comments out more than two things writes `//`.
pub(super) fn is_slow(piece: &str) -> bool {
    let mut left_out = piece.matches("/-");
    left_out.next().is_some() && (piece.matches('{').nth(1).is_some() || left_out.nth(1).is_some())
}

/// The pieces of a file, each with where it begins, in bytes: a line, with those that it goes on in (a
/// backslash at its end).
pub(super) fn pieces(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut begins = 0;
    std::iter::from_fn(move || {
        let rest = source.get(begins..).filter(|rest| !rest.is_empty())?;
        let mut length = 0;
        for line in rest.split_inclusive('\n') {
            length += line.len();
            let code = line.split_once("//").map_or(line, |(code, _)| code);
            if !code.trim_end().ends_with('\\') {
                break;
            }
        }
        let piece = (begins, rest.get(..length)?);
        begins += length;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_goes_on_behind_a_backslash() {
        let source = "a\nb \\\r\n  c=1 \\ // why\n  d=2\n\ne \"\\n\"";
        let all: Vec<&str> = pieces(source).map(|(_, piece)| piece).collect();
        assert_eq!(all, ["a\n", "b \\\r\n  c=1 \\ // why\n  d=2\n", "\n", "e \"\\n\""]);
        assert!(pieces(source).all(|(begins, piece)| source[begins..].starts_with(piece)));
    }

    #[test]
    fn whatever_stands_in_a_file_can_be_said_to_be_wrong() {
        let worst = [
            "}", "{", "a {", "a }", "/*", "*a", "\"", "a\"", "#\"", "a #\"", "a =", "=", "/-",
            "/-a {", "(", ";", "(a", "\\", "\\u{", "\"\"\"", "a=", "#", "a;", "[", "a/*", "*", "/",
            "\"\\", "{}", "a{}", "/-{", "a /-{ ", "{ a /-{", "a /-{a{", "/- ", "a /- ",
        ];
        for end in ["", "\n", " \\\n"] {
            for start in ["", "/*", "a \"\"\"", "a {", "a #\"", "a { b; "] {
                for what in worst {
                    let line = format!("{start}{}{end}", what.repeat((LONGEST - 9) / what.len()));
                    let source = format!("title \"A\"\n{line}{line}");
                    let began = std::time::Instant::now();
                    let read = crate::format::read("a", "a.kdl", &source);
                    assert!(read.is_err(), "{start} {what}");
                    let took = began.elapsed();
                    assert!(took.as_secs() < 5, "{start} {what} {end:?}: {took:?}");
                }
            }
        }
    }
}
