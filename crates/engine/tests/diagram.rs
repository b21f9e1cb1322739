//! The README's picture of the states is the table's.

use std::path::Path;

#[test]
fn the_readme_shows_the_states_as_the_table_has_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    let shown = readme
        .split_once("<!-- states -->\n")
        .and_then(|(_, rest)| rest.split_once("\n<!-- /states -->"))
        .map(|(between, _)| between);

    let drawn = format!("```mermaid\n{}```", engine::diagram());

    assert!(
        shown == Some(drawn.as_str()),
        "README.md must say this:\n\n<!-- states -->\n{drawn}\n<!-- /states -->\n"
    );
}
