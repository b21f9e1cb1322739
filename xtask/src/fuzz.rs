//! `cargo xtask fuzz`: libFuzzer's long run over the fuzz targets, with its figures.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::project::Project;

/// No input takes longer, in milliseconds of work.
const GOAL_MS: f64 = 50.0;
/// So many inputs each target gets where nothing else is said.
pub(crate) const INPUTS: u64 = 1_000_000;
/// Most inputs are no longer than this, in bytes; one in a hundred may have 64 KiB, for what is slow
/// with much of it.
const USUAL: usize = 4 * 1_024;
const LARGE: usize = 64 * 1_024;
const LARGE_SHARE: u64 = 100;

const CARGO_FUZZ: &str = "0.13.2";

/// What the command line says.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// One target; `None`: all.
    pub(crate) target: Option<String>,
    /// For each target.
    pub(crate) inputs: u64,
}

/// What a target came to.
#[derive(Debug, PartialEq)]
struct Figures {
    target: String,
    inputs: u64,
    seconds: f64,
    slowest_ms: f64,
    kept: PathBuf,
    /// The inputs that something did not hold for, and what was said of them.
    finds: Vec<String>,
}

/// Runs every target, or the one that is named. It ends with exit code 1 where something did not hold
/// or was slow.
pub(crate) fn run(project: &Project, options: &Options) -> ExitCode {
    match all(project, options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn all(project: &Project, options: &Options) -> Result<bool> {
    if cfg!(windows) {
        bail!("libFuzzer's runs are made for Linux and macOS");
    }
    let targets = chosen(project, options.target.as_deref())?;
    let bench = Bench::set_up(project)?;
    bench.build(project)?;
    let mut met = true;
    println!("{}", heading());
    for target in &targets {
        let figures = bench.run(project, target, options.inputs)?;
        println!("{}", figures.words());
        for find in &figures.finds {
            println!("    {find}");
        }
        met &= figures.met();
    }
    println!(
        "every input is to take less than {GOAL_MS} ms of work, and nothing is to fail: {}",
        { if met { "so it was" } else { "MISSED" } }
    );
    Ok(met)
}

/// The targets are the programs' files.
fn chosen(project: &Project, wanted: Option<&str>) -> Result<Vec<String>> {
    let folder = project.path("fuzz/fuzz_targets");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    match wanted {
        None => Ok(names),
        Some(wanted) if names.iter().any(|name| name == wanted) => Ok(vec![wanted.to_owned()]),
        Some(wanted) => bail!("there is no target {wanted}; there are: {}", names.join(", ")),
    }
}

/// Where the tools and the programs are, and what a run leaves behind: below `target`.
struct Bench {
    tools: PathBuf,
    programs: PathBuf,
    left: PathBuf,
}

impl Bench {
    fn set_up(project: &Project) -> Result<Self> {
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.path("target"), PathBuf::from);
        let target = std::path::absolute(&target)?;
        let bench = Self {
            tools: target.join("tools"),
            programs: target.join("fuzz-build"),
            left: target.join("fuzz"),
        };
        let tool = bench.tools.join("bin/cargo-fuzz");
        if !tool.is_file() {
            let mut command = project.cargo(&["install", "cargo-fuzz", "--locked", "--version"]);
            process::run(command.arg(CARGO_FUZZ).arg("--root").arg(&bench.tools))?;
        }
        Ok(bench)
    }

    /// Without AddressSanitizer: our code has no `unsafe`, and runs faster. The coverage that guides
    /// libFuzzer stays, and a stable toolchain has it.
    fn build(&self, project: &Project) -> Result<()> {
        let mut path = vec![self.tools.join("bin")];
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let mut command = project.cargo(&["fuzz", "build", "--sanitizer", "none", "--target-dir"]);
        command.arg(&self.programs).env("PATH", env::join_paths(path)?);
        // Another one would win over the argument.
        command.env_remove("CARGO_TARGET_DIR");
        process::run(&mut command)
    }

    fn program(&self, target: &str) -> Result<PathBuf> {
        let triples = fs::read_dir(&self.programs)?.filter_map(|entry| Some(entry.ok()?.path()));
        let mut programs = triples.map(|triple| triple.join("release").join(target));
        programs.find(|program| program.is_file()).context("the program was not built")
    }

    fn run(&self, project: &Project, target: &str, inputs: u64) -> Result<Figures> {
        let left = self.left.join(target);
        let (found, slowest) = (left.join("corpus"), left.join("slowest"));
        let finds = left.join("finds");
        for folder in [&found, &slowest, &finds] {
            fs::create_dir_all(folder)?;
        }
        let _ = fs::remove_file(slowest.join("micros"));
        let begin = Instant::now();
        let mut figures = Figures {
            target: target.to_owned(),
            inputs: 0,
            seconds: 0.0,
            slowest_ms: 0.0,
            kept: slowest.join("input"),
            finds: Vec::new(),
        };
        for (largest, share) in [(USUAL, inputs), (LARGE, inputs / LARGE_SHARE)] {
            let mut command = Command::new(self.program(target)?);
            command.args(arguments(largest, share, &finds));
            let words = project.path("fuzz/dictionaries").join(format!("{target}.dict"));
            if words.is_file() {
                command.arg(option("dict", words.as_os_str()));
            }
            command.arg(&found).arg(project.path("fuzz/corpus").join(target));
            command.env("FUZZ_SLOWEST", &slowest);
            let said = listen(&mut command)?;
            figures.inputs += said.inputs;
            let micros = fs::read_to_string(slowest.join("micros")).unwrap_or_default();
            let ms = micros.trim().parse::<f64>().unwrap_or_default() / 1_000.0;
            figures.slowest_ms = figures.slowest_ms.max(ms);
            keep_slowest(&slowest, ms, figures.slowest_ms)?;
            if !said.find.is_empty() {
                figures.finds.push(said.find.join(" | "));
                break;
            }
        }
        figures.seconds = begin.elapsed().as_secs_f64();
        Ok(figures)
    }
}

/// The second run has an input of its own; the slower one of both is told.
fn keep_slowest(folder: &Path, ms: f64, slowest_ms: f64) -> Result<()> {
    let (input, slowest) = (folder.join("input"), folder.join("slowest-of-all"));
    if ms >= slowest_ms && input.is_file() {
        fs::copy(&input, &slowest)?;
    } else if slowest.is_file() {
        fs::copy(&slowest, &input)?;
    }
    Ok(())
}

fn arguments(largest: usize, inputs: u64, finds: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = [
        format!("-runs={inputs}"),
        format!("-max_len={largest}"),
        // What hangs, or eats all memory, is a find.
        "-timeout=20".to_owned(),
        "-rss_limit_mb=4096".to_owned(),
        "-print_final_stats=1".to_owned(),
        "-verbosity=1".to_owned(),
        // From the same corpus the same run again is the same run, as long as the programs are.
        "-seed=20251123".to_owned(),
    ]
    .map(OsString::from)
    .to_vec();
    let mut place = finds.as_os_str().to_owned();
    place.push("/");
    arguments.push(option("artifact_prefix", &place));
    arguments
}

fn option(name: &str, value: &std::ffi::OsStr) -> OsString {
    let mut option = OsString::from(format!("-{name}="));
    option.push(value);
    option
}

/// What libFuzzer said in the end.
#[derive(Debug, Default, PartialEq)]
struct Said {
    inputs: u64,
    find: Vec<String>,
}

impl Said {
    fn hear(&mut self, line: &str) {
        const TELLING: [&str; 3] = ["panicked at", "ERROR: libFuzzer", "Test unit written to"];
        if let Some(number) = line.strip_prefix("stat::number_of_executed_units:") {
            self.inputs = number.trim().parse().unwrap_or_default();
        } else if TELLING.iter().any(|words| line.contains(words)) {
            self.find.push(line.trim().to_owned());
        } else if self.find.len() == 1 && !line.trim().is_empty() {
            // The sentence stands on the line after the place.
            self.find.push(line.trim().chars().take(400).collect());
        }
    }
}

fn listen(command: &mut Command) -> Result<Said> {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("a fuzz program could not be started")?;
    let mut said = Said::default();
    if let Some(stderr) = child.stderr.take() {
        let mut lines = BufReader::new(stderr);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            said.hear(&String::from_utf8_lossy(&line));
            line.clear();
        }
    }
    let status = child.wait()?;
    if !status.success() && said.find.is_empty() {
        said.find.push(format!("it ended with {status}"));
    }
    Ok(said)
}

fn heading() -> String {
    format!(
        "{:<14}{:>10}{:>10}{:>9}{:>14}  kept in",
        "target", "inputs", "s", "finds", "slowest ms"
    )
}

impl Figures {
    fn met(&self) -> bool {
        self.finds.is_empty() && self.slowest_ms < GOAL_MS
    }

    fn words(&self) -> String {
        let Self { target, inputs, seconds, slowest_ms, kept, finds } = self;
        let (count, kept) = (finds.len(), kept.display());
        let slow = if *slowest_ms < GOAL_MS { "" } else { "  TOO SLOW" };
        format!("{target:<14}{inputs:>10}{seconds:>10.1}{count:>9}{slowest_ms:>14.3}  {kept}{slow}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(slowest_ms: f64, finds: &[&str]) -> Figures {
        let finds = finds.iter().map(|&find| find.to_owned()).collect();
        let (target, kept) = ("date".to_owned(), PathBuf::from("x"));
        Figures { target, inputs: 7, seconds: 1.0, slowest_ms, kept, finds }
    }

    #[test]
    fn a_find_or_a_slow_input_is_a_miss() {
        assert!(figures(49.9, &[]).met());
        assert!(!figures(50.0, &[]).met());
        assert!(!figures(1.0, &["it panicked"]).met());
        assert!(figures(50.0, &[]).words().contains("TOO SLOW"));
    }

    #[test]
    fn what_libfuzzer_says_is_heard() {
        let mut said = Said::default();
        for line in [
            "#1024 pulse cov: 12",
            "thread '<unnamed>' panicked at fuzz/src/lib.rs:31:9:",
            "date: a wait of -1 ms",
            "==1== ERROR: libFuzzer: deadly signal",
            "artifact_prefix='x/'; Test unit written to x/crash-1",
            "stat::number_of_executed_units: 1000000",
        ] {
            said.hear(line);
        }
        assert_eq!(said.inputs, 1_000_000);
        assert_eq!(said.find.len(), 4, "{said:?}");
        assert_eq!(said.find[1], "date: a wait of -1 ms");
    }
}
