//! `Set-Cookie`.

use super::Held;
use super::told::{NOON, Told, holds};
use crate::cookies::{Jar, set_by};
use engine::Wall;
use url::Url;

/// The cookies that an answer sets, taken in, kept, and sent again.
///
/// # Errors
/// The first thing that does not hold.
pub fn cookies(input: &[u8]) -> Held {
    let headers = Told::of(input).came.headers;
    let from = Url::parse("https://auth.example.com/api/refresh").map_err(|it| it.to_string())?;
    let mut jar = Jar::open(&r#"["rt=before; Path=/api","sid=1; Path=/api"]"#.into());
    jar.take_in(&headers, &from, Wall(NOON));
    let count = jar.values().count();
    let set = set_by(&headers).count();
    holds(count <= set + 2, || format!("{count} cookies of {set} and 2 are kept"))?;
    let Some(kept) = jar.close() else {
        return holds(count == 0, || "cookies are lost".to_owned());
    };
    let again = Jar::open(&kept);
    holds(again.values().eq(jar.values()), || "a jar is kept otherwise than it was".to_owned())?;
    holds(again.header() == jar.header(), || "a kept jar sends something else".to_owned())?;
    // Setting the same again changes nothing.
    let mut twice = Jar::open(&kept);
    twice.take_in(&headers, &from, Wall(NOON));
    let counted = twice.values().count();
    holds(counted == count, || format!("{count} cookies became {counted}"))?;
    let header = jar.header().ok_or("cookies are kept that cannot be sent")?;
    let line = header.as_bytes();
    holds(!line.contains(&b'\n') && !line.contains(&b'\r'), || "a header has two lines".to_owned())
}
