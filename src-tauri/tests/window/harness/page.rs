//! What a person sees and does in the window, and what may not be in it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::Locator;
use fantoccini::elements::Element;
use serde_json::{Value, json};

use super::app::App;
use super::wait::{SOON, until};

const HOOKS: &str = include_str!("hooks.js");

/// The checker of accessibility, as `npm ci` installs it.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/node_modules/axe-core/axe.min.js");

impl App<'_> {
    /// The visible text of the first element that fits, which must be there.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.element(css).await.text().await.expect("an element has a text")
    }

    /// The visible text of the first element that fits, if there is one.
    pub(crate) async fn text_if_any(&self, css: &str) -> Option<String> {
        self.client().find(Locator::Css(css)).await.ok()?.text().await.ok()
    }

    /// Waits until the first element that fits has a text that `is_right`; the text.
    pub(crate) async fn wait_for(
        &self,
        css: &str,
        is_right: impl Fn(&str) -> bool,
        bound: Duration,
    ) -> String {
        let start = Instant::now();
        let mut last;
        loop {
            last = self.text_if_any(css).await;
            match &last {
                Some(text) if is_right(text) => return text.clone(),
                _ if start.elapsed() >= bound => break,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        let page = self.text_if_any("body").await.unwrap_or_default();
        panic!(
            "waited {bound:?} in vain for `{css}`; it last said {last:?}\nthe page:\n{page}\n\
             the app's output:\n{}",
            self.log()
        )
    }

    /// Waits until nothing fits any more.
    pub(crate) async fn wait_until_gone(&self, css: &str) {
        until(format!("`{css}` to go away"), SOON, async || {
            let found = self.client().find_all(Locator::Css(css)).await.ok()?;
            found.is_empty().then_some(())
        })
        .await;
    }

    /// Clicks the first element that fits, once it is there.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.in_sight(css).await;
        element.click().await.unwrap_or_else(|error| panic!("`{css}` takes no click: {error}"));
    }

    /// Replaces what is in a field by typing.
    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        let field = self.in_sight(css).await;
        field.clear().await.unwrap_or_else(|error| panic!("`{css}` is no field: {error:?}"));
        field.send_keys(text).await.unwrap_or_else(|error| panic!("`{css}`: {error:?}"));
    }

    /// An attribute of the first element that fits.
    pub(crate) async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.element(css).await.attr(name).await.expect("an element has attributes")
    }

    /// The first element that fits, once it is there.
    pub(crate) async fn element(&self, css: &str) -> Element {
        until(format!("an element `{css}`"), SOON, async || {
            self.client().find(Locator::Css(css)).await.ok()
        })
        .await
    }

    /// The first element that fits, scrolled to where it is seen.
    async fn in_sight(&self, css: &str) -> Element {
        let element = self.element(css).await;
        // The driver takes what a scrolled part hides for visible, and clicks on what hides it.
        let handle = serde_json::to_value(&element).expect("an element has a reference");
        self.run("arguments[0].scrollIntoView({ block: 'nearest' })", &[handle]).await;
        element
    }

    /// The whole page as it stands now: markup, and what is in its fields.
    pub(crate) async fn source(&self) -> String {
        let script = "return [document.documentElement.outerHTML,
            ...Array.from(document.querySelectorAll('input,textarea'), (it) => it.value),
            JSON.stringify(history.state), location.href,
            JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })].join('\\n')";
        self.run(script, &[]).await.as_str().unwrap_or_default().to_owned()
    }

    /// Writes a picture of the page (PNG).
    pub(crate) async fn screenshot(&self, file: &Path) {
        // The driver waits for the page to be drawn once more, and WebKitGTK may not draw what does not
        // change: so one pixel does, by less than can be seen.
        self.run(
            "const dot = document.createElement('i');
            dot.id = '__drawn';
            dot.style.cssText = 'position:fixed;right:0;bottom:0;width:1px;height:1px;opacity:.004';
            let on = false;
            const change = () => {
                if (!dot.isConnected) return;
                on = !on;
                dot.style.backgroundColor = on ? 'black' : 'white';
                setTimeout(change, 30);
            };
            document.body.append(dot);
            change();",
            &[],
        )
        .await;
        let picture = self.client().screenshot().await.expect("the driver takes a picture");
        self.run("document.getElementById('__drawn')?.remove()", &[]).await;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).expect("the folder of a screenshot can be made");
        }
        fs::write(file, picture).expect("a screenshot can be written");
    }

    /// Waits until nothing fades, grows or moves any more that is not to go on for ever.
    pub(crate) async fn still(&self) {
        let script = "return document.getAnimations()
            .filter((it) => it.effect.getTiming().iterations < Infinity).length";
        until("the page to be still", SOON, async || {
            (self.run(script, &[]).await == 0).then_some(())
        })
        .await;
    }

    /// Waits until what the page is now has been drawn. Where nothing is to be drawn WebKitGTK may serve
    /// no frame before something is, so that no frame for a while is an answer, too.
    pub(crate) async fn drawn(&self) {
        let script = "const done = arguments[arguments.length - 1];
            setTimeout(done, 400);
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));";
        self.run_async(script, Vec::new()).await;
    }

    /// Runs a script in the page; it is the body of a function with `arguments`.
    pub(crate) async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.client()
            .execute(script, arguments.to_vec())
            .await
            .unwrap_or_else(|error| panic!("the script does not run: {error}\n{script}"))
    }

    /// Calls a command as a script in the page could: its answer, or the refusal.
    pub(crate) async fn invoke(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        let script = "const [command, payload, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(command, payload)
              .then((ok) => done({ ok }), (refused) => done({ refused }));";
        let mut answer = self.run_async(script, vec![json!(command), arguments]).await;
        match answer.get_mut("refused") {
            Some(refusal) => Err(refusal.take()),
            None => Ok(answer.get_mut("ok").map_or(Value::Null, Value::take)),
        }
    }

    /// Calls a command that takes a channel in `argument`, as the page's own code does. What
    /// comes through it is among the [`messages`](Self::messages).
    pub(crate) async fn subscribe(
        &self,
        command: &str,
        argument: &str,
        mut arguments: Value,
    ) -> Result<Value, Value> {
        let id = self.run("return window.__TAURI_INTERNALS__.transformCallback(() => {})", &[]);
        arguments[argument] = json!(format!("__CHANNEL__:{}", id.await));
        self.invoke(command, arguments).await
    }

    /// Everything that came from Rust, oldest first: answers, refusals and the messages of
    /// channels. Complete only after [`reload_recorded`](Self::reload_recorded): at a start, the
    /// page is quicker than the driver.
    pub(crate) async fn messages(&self) -> Vec<Value> {
        self.recorded("messages").await
    }

    /// What the content security policy stopped; complete under the same condition.
    pub(crate) async fn csp_violations(&self) -> Vec<Value> {
        self.recorded("violations").await
    }

    /// Loads the page anew, with the recording in place before any script of it runs.
    pub(crate) async fn reload_recorded(&self) {
        // The driver cannot put a script into a page that is yet to come, so this is a race. It
        // takes a few milliseconds, and the page tells who won.
        until("the recording to be quicker than the page", SOON, async || {
            self.run("window.__leaving = true; location.reload()", &[]).await;
            self.record().await.then_some(())
        })
        .await;
    }

    /// What axe-core finds wrong: rule, weight, and the elements.
    pub(crate) async fn axe(&self) -> Vec<Value> {
        let axe = fs::read_to_string(AXE).expect("axe-core is there after `npm ci` in ui/");
        self.run(&axe, &[]).await;
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document).then(({ violations }) => done(violations.map((it) => ({
              rule: it.id, impact: it.impact, help: it.help,
              elements: it.nodes.map((node) => `${node.target}: ${node.failureSummary}`),
            }))), (error) => done([{ rule: 'axe', help: String(error) }]));";
        listed(self.run_async(script, Vec::new()).await)
    }

    /// Begins to record what crosses to the page; whether that was before the page ran.
    pub(crate) async fn record(&self) -> bool {
        let start = Instant::now();
        // Without a pause, unlike other waiting: see `reload_recorded`.
        while start.elapsed() < SOON {
            let answer = self.client().execute(HOOKS, Vec::new()).await;
            if let Some(complete) = answer.ok().and_then(|answer| answer.as_bool()) {
                return complete;
            }
        }
        panic!("no page within {SOON:?}; the app's output:\n{}", self.log())
    }

    async fn recorded(&self, what: &str) -> Vec<Value> {
        listed(self.run("return window.__recorded[arguments[0]]", &[json!(what)]).await)
    }

    async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client()
            .execute_async(script, arguments)
            .await
            .unwrap_or_else(|error| panic!("the script does not run: {error}\n{script}"))
    }
}

fn listed(value: Value) -> Vec<Value> {
    let Value::Array(list) = value else { panic!("a list was expected, and this came: {value}") };
    list
}
