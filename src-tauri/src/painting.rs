//! How the web view paints on Linux.

use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebView, WebViewExt as _};

/// Has a page painted by the processor, straight into the window. What this window shows is flat and
/// changes once in a second. With the graphics card WebKitGTK keeps every layer as a picture of its own
/// and puts all of them together again for each change, in two processes; where the card is only
/// pretended, the processor does that too.
pub(crate) fn by_the_processor(view: &WebView) {
    if let Some(settings) = view.settings() {
        settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
    }
}
