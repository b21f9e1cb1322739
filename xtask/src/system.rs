//! What the operating system must bring: which of it is missing, and how it gets installed.
//!
//! Nothing is installed that is there already, and nothing without the right to: where apt-get
//! may not be used, the exact command is printed instead.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// One thing that must be there, and the package that brings it.
#[derive(Debug, PartialEq)]
pub(crate) struct Need {
    probe: Probe,
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
}

/// How to find out whether it is there.
#[derive(Debug, PartialEq)]
enum Probe {
    /// A library that pkg-config knows. Without pkg-config it counts as missing.
    Library(&'static str),
    Program(&'static str),
    /// Python, able to make virtual environments.
    PythonVenv,
    /// A font with Chinese characters.
    ChineseFont,
}

/// What building and running the app takes.
pub(crate) const BUILD: &[Need] = &[
    need(Probe::Program("cc"), "build-essential", "gcc", "base-devel"),
    need(Probe::Program("pkg-config"), "pkg-config", "pkgconf-pkg-config", "pkgconf"),
    need(
        Probe::Library("webkit2gtk-4.1"),
        "libwebkit2gtk-4.1-dev",
        "webkit2gtk4.1-devel",
        "webkit2gtk-4.1",
    ),
    need(Probe::Library("librsvg-2.0"), "librsvg2-dev", "librsvg2-devel", "librsvg"),
];

/// What the window tests take on top of [`BUILD`].
pub(crate) const WINDOW_TESTS: &[Need] = &[
    // dnf finds a package by the file in it; in which package the driver is changes there.
    need(
        Probe::Program("WebKitWebDriver"),
        "webkit2gtk-driver",
        "/usr/bin/WebKitWebDriver",
        "webkit2gtk-4.1",
    ),
    need(Probe::Program("Xvfb"), "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"),
    need(Probe::Program("openbox"), "openbox", "openbox", "openbox"),
    need(Probe::Program("xdotool"), "xdotool", "xdotool", "xdotool"),
    // A window that is not ours, to take the focus away; and a look at what a window says.
    need(Probe::Program("xev"), "x11-utils", "xev", "xorg-xev"),
    need(Probe::Program("xprop"), "x11-utils", "xprop", "xorg-xprop"),
    need(Probe::Program("xclip"), "xclip", "xclip", "xclip"),
    need(Probe::Program("dbus-daemon"), "dbus", "dbus-daemon", "dbus"),
    need(Probe::Program("gnome-keyring-daemon"), "gnome-keyring", "gnome-keyring", "gnome-keyring"),
    need(Probe::PythonVenv, "python3-venv", "python3", "python"),
];

/// What the pictures take on top of [`WINDOW_TESTS`].
pub(crate) const SCREENSHOTS: &[Need] =
    &[need(Probe::ChineseFont, "fonts-wqy-microhei", "wqy-microhei-fonts", "wqy-microhei")];

const fn need(probe: Probe, apt: &'static str, dnf: &'static str, pacman: &'static str) -> Need {
    Need { probe, apt, dnf, pacman }
}

/// Makes sure that everything in `needs` is there, by apt-get where that may be used.
pub(crate) fn provide(needs: &[Need]) -> Result<()> {
    match std::env::consts::OS {
        "linux" => provide_on_linux(needs),
        "macos" if process::answer("xcode-select", &["-p"]).is_none() => {
            bail!("Apple's command line tools are missing: xcode-select --install")
        }
        "windows" => {
            println!("Windows 10 may lack the WebView2 runtime; Windows 11 has it.");
            Ok(())
        }
        _ => Ok(()),
    }
}

fn provide_on_linux(needs: &[Need]) -> Result<()> {
    let missing = missing(needs, is_there);
    if missing.is_empty() {
        return Ok(());
    }
    let packager = Packager::here();
    let command = packager.and_then(|packager| packager.install(&missing));
    match (packager, command, may_install()) {
        (Some(Packager::Apt), Some(_), Some(prefix)) => {
            let packages = Packager::Apt.packages(&missing);
            println!("Installing what is missing: {}", packages.join(" "));
            let as_root = |arguments: &[&str]| {
                let mut apt = Command::new("env");
                if let Some((first, rest)) = prefix.split_first() {
                    apt = Command::new(first);
                    apt.args(rest).arg("env");
                }
                apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes"]).args(arguments);
                process::run(&mut apt)
            };
            // One broken source of many fails the update though the rest is fine.
            if let Err(error) = as_root(&["update"]) {
                eprintln!("warning: {error:#}");
            }
            let mut install = vec!["install", "--no-install-recommends"];
            install.extend(packages);
            as_root(&install)?;
        }
        (_, Some(command), _) => {
            bail!("system packages are missing; install them with\n\n    {command}\n")
        }
        (_, None, _) => {}
    }
    let still = self::missing(needs, is_there);
    if !still.is_empty() {
        let probes: Vec<_> = still.iter().map(|need| need.probe.name()).collect();
        bail!("not found on this system, and to be installed by hand: {}", probes.join(", "));
    }
    Ok(())
}

fn missing(needs: &[Need], is_there: impl Fn(&Probe) -> bool) -> Vec<&Need> {
    needs.iter().filter(|need| !is_there(&need.probe)).collect()
}

fn is_there(probe: &Probe) -> bool {
    match probe {
        Probe::Library(name) => process::answer("pkg-config", &["--exists", name]).is_some(),
        Probe::Program(name) => process::is_program(name),
        // Debian ships `venv` without what it needs to work.
        Probe::PythonVenv => process::answer("python3", &["-c", "import ensurepip"]).is_some(),
        Probe::ChineseFont => process::answer("fc-list", &[":lang=zh-cn"])
            .is_some_and(|fonts| !fonts.trim().is_empty()),
    }
}

/// What to put before a command so that it runs as root without asking; nothing if we are root,
/// `None` if it would have to ask.
fn may_install() -> Option<&'static [&'static str]> {
    if process::answer("id", &["-u"])? == "0" {
        return Some(&[]);
    }
    process::answer("sudo", &["-n", "true"]).map(|_| &["sudo", "-n"][..])
}

impl Probe {
    fn name(&self) -> &'static str {
        match self {
            Self::Library(name) | Self::Program(name) => name,
            Self::PythonVenv => "python3 with venv",
            Self::ChineseFont => "a Chinese font",
        }
    }
}

/// The programs that install packages.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Packager {
    Apt,
    Dnf,
    Pacman,
}

impl Packager {
    fn here() -> Option<Self> {
        let known = [("apt-get", Self::Apt), ("dnf", Self::Dnf), ("pacman", Self::Pacman)];
        known.into_iter().find(|(program, _)| process::is_program(program)).map(|(_, it)| it)
    }

    /// The packages for `needs`, each once.
    fn packages(self, needs: &[&Need]) -> Vec<&'static str> {
        let mut packages = Vec::new();
        for need in needs {
            let package = match self {
                Self::Apt => need.apt,
                Self::Dnf => need.dnf,
                Self::Pacman => need.pacman,
            };
            if !packages.contains(&package) {
                packages.push(package);
            }
        }
        packages
    }

    /// The command that a person would type.
    fn install(self, needs: &[&Need]) -> Option<String> {
        let packages = self.packages(needs).join(" ");
        let command = match self {
            Self::Apt => "apt-get install --no-install-recommends",
            Self::Dnf => "dnf install",
            Self::Pacman => "pacman -S --needed",
        };
        (!packages.is_empty()).then(|| format!("sudo {command} {packages}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_fresh_machine_everything_is_asked_for_once() {
        let missing = missing(WINDOW_TESTS, |_| false);
        assert_eq!(
            Packager::Apt.install(&missing).unwrap(),
            "sudo apt-get install --no-install-recommends webkit2gtk-driver xvfb openbox xdotool \
             x11-utils xclip dbus gnome-keyring python3-venv"
        );
    }

    #[test]
    fn what_is_there_is_not_asked_for() {
        let missing = missing(BUILD, |probe| matches!(probe, Probe::Program(_)));
        assert_eq!(
            Packager::Dnf.install(&missing).unwrap(),
            "sudo dnf install webkit2gtk4.1-devel librsvg2-devel"
        );
        assert_eq!(
            Packager::Pacman.install(&missing).unwrap(),
            "sudo pacman -S --needed webkit2gtk-4.1 librsvg"
        );
    }

    #[test]
    fn where_nothing_is_missing_there_is_nothing_to_install() {
        let missing = missing(BUILD, |_| true);
        assert_eq!(Packager::Apt.install(&missing), None);
    }
}
