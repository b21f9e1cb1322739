//! The page that the browser shows in the end.
//!
//! It runs no script, loads nothing, and says nothing that a stranger has sent.

use super::browser::PageWords;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// How the page looks: one calm card, in the colours that the system asks for.
const STYLE: &str = "\
:root{color-scheme:light dark;--back:#f4f5f7;--card:#fff;--text:#1d2430;--quiet:#5b6573;--mark:#1c7c54;--tint:#e3f4ec;--edge:#e3e6eb}
.failed{--mark:#a8431f;--tint:#fbeae3}
@media(prefers-color-scheme:dark){:root{--back:#14171c;--card:#1d2128;--text:#eef1f5;--quiet:#a3adba;--mark:#63cf9f;--tint:#1d3a2e;--edge:#2c323b}.failed{--mark:#f0a080;--tint:#43271c}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--back);color:var(--text);font:16px/1.6 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}
main{width:100%;max-width:440px;padding:40px 32px;text-align:center;background:var(--card);border:1px solid var(--edge);border-radius:16px}
svg{width:56px;height:56px;padding:14px;border-radius:50%;background:var(--tint);color:var(--mark);fill:none;stroke:currentColor;stroke-width:2.5;stroke-linecap:round;stroke-linejoin:round}
h1{margin:20px 0 8px;font-size:22px;line-height:1.3;font-weight:600}
p{margin:0;color:var(--quiet)}
";

/// Where it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Signed in.
    Done,
    /// Not signed in.
    Failed,
}

/// The page, in the person's language.
pub(super) fn page(words: &PageWords, shown: Shown) -> String {
    let (class, heading, hint, path) = match shown {
        Shown::Done => ("done", &words.done, &words.done_hint, "M5 13l4 4L19 7"),
        Shown::Failed => ("failed", &words.failed, &words.failed_hint, "M12 6v7M12 17.5v.5"),
    };
    let (lang, heading, hint) = (escaped(&words.lang), escaped(heading), escaped(hint));
    format!(
        "<!doctype html>\n<html lang=\"{lang}\" class=\"{class}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{heading}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>\n\
         <h1>{heading}</h1>\n<p>{hint}</p>\n</main>\n</body>\n</html>\n"
    )
}

/// What the page may do: look like this, and nothing else.
pub(super) fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// Text that stays text, in an element as well as in an attribute.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        let evil = "\"><script>alert('&')</script>";
        let words = PageWords {
            lang: evil.into(),
            done: evil.into(),
            done_hint: evil.into(),
            failed: evil.into(),
            failed_hint: evil.into(),
        };
        for shown in [Shown::Done, Shown::Failed] {
            let page = page(&words, shown);
            assert!(!page.contains("<script"), "{page}");
            assert_eq!(page.matches("&lt;script&gt;alert(&#39;&amp;&#39;)").count(), 4, "{page}");
        }
    }

    #[test]
    fn the_policy_allows_exactly_the_style_that_is_in_the_page() {
        let words = PageWords {
            lang: "en".into(),
            done: "Signed in".into(),
            done_hint: "Close this tab.".into(),
            failed: "Not signed in".into(),
            failed_hint: "Try again.".into(),
        };
        let page = page(&words, Shown::Done);
        let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        let hash = STANDARD.encode(Sha256::digest(style));
        assert!(policy().contains(&format!("style-src 'sha256-{hash}'")));
        assert!(!page.contains("style=") && !page.contains("<script") && !page.contains("http"));
    }
}
