// Records what reaches the page from Rust, and what its content security policy stopped. Needs
// nothing that the policy would have to allow. Answers nothing while there is no page to record.
if (!window.__TAURI_INTERNALS__ || window.__leaving) return null;
if (!window.__recorded) {
  // The page asks Rust for something as soon as it runs; until then no callback is waiting.
  const complete = window.__TAURI_INTERNALS__.callbacks.size === 0;
  const recorded = { messages: [], violations: [], complete };
  window.__recorded = recorded;

  // Every answer to an `invoke` and every message of a channel ends in a callback of this map;
  // large ones too, after the page has fetched them.
  const { callbacks } = window.__TAURI_INTERNALS__;
  const recording = (callback) => (message) => {
    recorded.messages.push(
      message instanceof ArrayBuffer ? { bytes: Array.from(new Uint8Array(message)) } : message,
    );
    return callback(message);
  };
  for (const [id, callback] of callbacks) callbacks.set(id, recording(callback));
  const set = callbacks.set.bind(callbacks);
  Object.defineProperty(callbacks, "set", { value: (id, callback) => set(id, recording(callback)) });

  document.addEventListener("securitypolicyviolation", (it) =>
    recorded.violations.push({
      directive: it.effectiveDirective,
      blocked: it.blockedURI,
      sample: it.sample,
      file: it.sourceFile,
      line: it.lineNumber,
    }),
  );
}
return window.__recorded.complete;
