//! What is asked for on the command line.

use lexopt::{Arg, Parser, ValueExt as _};
use simulation::fleet;
use simulation::life::Options;
use simulation::policies::Policy;
use simulation::policies::article::Article;
use simulation::policies::aws::Aws;
use simulation::policies::keeper::{Ours, Rule};
use simulation::policies::keycloak_js::KeycloakJs;
use simulation::policies::oidc_client_ts::OidcClientTs;
use simulation::policies::supabase::Supabase;
use std::path::PathBuf;

/// What the help says of a year.
const HELP: &str = "\
Plays a person's year in virtual time, and prints what each policy made of it:

  cargo xtask simulate [--policy NAME]... [--without RULE|all] [--seed N] [--runs 20] [--days 365]
                       [--lifetime 1h] [--json] [--verbose]
  cargo xtask simulate --fleet 100000 [--seed N] [--json] [--picture PATH.svg]

Without --policy all of them are played. --without takes a rule of ours away; `all`: each in turn.
--verbose tells on standard error what happened when. The same seed plays the same life.
Ends with 1 where ours does not reach what it must.
";

/// What is to be done.
pub(crate) enum Asked {
    Help,
    Lives(Lives),
    Fleet { options: fleet::Options, json: bool, picture: Option<PathBuf> },
}

/// Lives to be played.
pub(crate) struct Lives {
    pub(crate) chosen: Vec<Chosen>,
    pub(crate) seeds: Vec<u64>,
    pub(crate) options: Options,
    pub(crate) json: bool,
    pub(crate) verbose: bool,
}

/// A policy, and what is taken away from it.
pub(crate) struct Chosen {
    pub(crate) policy: Named,
    pub(crate) without: Option<Rule>,
}

/// The policies by the names that are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Keeper,
    Article,
    ArticleWithRefreshToken,
    OidcClientTs,
    Supabase,
    KeycloakJs,
    Aws,
}

impl Named {
    const ALL: [Self; 7] = [
        Self::Keeper,
        Self::Article,
        Self::ArticleWithRefreshToken,
        Self::OidcClientTs,
        Self::Supabase,
        Self::KeycloakJs,
        Self::Aws,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Keeper => "keeper",
            Self::Article => "article",
            Self::ArticleWithRefreshToken => "article-with-refresh-token",
            Self::OidcClientTs => "oidc-client-ts",
            Self::Supabase => "supabase",
            Self::KeycloakJs => "keycloak-js",
            Self::Aws => "aws",
        }
    }

    pub(crate) fn is_ours(self) -> bool {
        self == Self::Keeper
    }

    /// A new one, for a new computer.
    pub(crate) fn made(self, without: Option<Rule>) -> Box<dyn Policy> {
        match self {
            Self::Keeper => Box::new(Ours::new(1, without)),
            Self::Article => Box::new(Article { keeps_refresh_token: false }),
            Self::ArticleWithRefreshToken => Box::new(Article { keeps_refresh_token: true }),
            Self::OidcClientTs => Box::new(OidcClientTs),
            Self::Supabase => Box::new(Supabase),
            Self::KeycloakJs => Box::new(KeycloakJs),
            Self::Aws => Box::new(Aws),
        }
    }
}

/// The help, with the names that there are.
pub(crate) fn help() -> String {
    let names = |all: &[&str]| all.join(", ");
    let policies = names(&Named::ALL.map(Named::name));
    format!("{HELP}\nPolicies: {policies}\nRules: {}", names(&Rule::ALL.map(Rule::name)))
}

/// Reads it.
///
/// # Errors
/// What cannot be understood.
pub(crate) fn read(mut parser: Parser) -> Result<Asked, lexopt::Error> {
    let (mut policies, mut without, mut desktops, mut picture) = (Vec::new(), None, None, None);
    let (mut seed, mut runs, mut json, mut verbose) = (1_u64, 20_u64, false, false);
    let mut options = Options::default();
    let mut lifetime = None;
    let mut year = false;
    while let Some(argument) = parser.next()? {
        year |= matches!(argument, Arg::Long("policy" | "without" | "runs" | "days" | "verbose"));
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Asked::Help),
            Arg::Long("policy") => policies.push(policy(&parser.value()?.string()?)?),
            Arg::Long("without") => without = Some(rules(&parser.value()?.string()?)?),
            Arg::Long("seed") => seed = parser.value()?.parse()?,
            Arg::Long("runs") => runs = parser.value()?.parse()?,
            Arg::Long("days") => options.days = parser.value()?.parse()?,
            Arg::Long("lifetime") => lifetime = Some(duration(&parser.value()?.string()?)?),
            Arg::Long("fleet") => desktops = Some(parser.value()?.parse()?),
            Arg::Long("picture") => picture = Some(PathBuf::from(parser.value()?)),
            Arg::Long("json") => json = true,
            Arg::Long("verbose") => verbose = true,
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => {
                return Err(other.unexpected());
            }
        }
    }
    if let Some(desktops) = desktops {
        if year {
            return Err(
                "--fleet plays one day of many: it takes no policy, rule, runs or days".into()
            );
        }
        let mut options = fleet::Options { desktops, seed, ..fleet::Options::default() };
        if let Some(lifetime) = lifetime {
            options.lifetime_s = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
        }
        return Ok(Asked::Fleet { options, json, picture });
    }
    if picture.is_some() {
        return Err("--picture is of a fleet: say --fleet, too".into());
    }
    if let Some(lifetime) = lifetime {
        options.access_lifetime_ms = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX);
    }
    let chosen = chosen(&policies, without)?;
    let seeds = (0..runs).map(|run| seed.wrapping_add(run)).collect();
    Ok(Asked::Lives(Lives { chosen, seeds, options, json, verbose }))
}

fn chosen(policies: &[Named], without: Option<Vec<Rule>>) -> Result<Vec<Chosen>, lexopt::Error> {
    let Some(rules) = without else {
        let all = if policies.is_empty() { &Named::ALL } else { policies };
        return Ok(all.iter().map(|policy| Chosen { policy: *policy, without: None }).collect());
    };
    if policies.iter().any(|policy| !policy.is_ours()) {
        return Err("--without takes a rule of ours away: the policy is keeper".into());
    }
    let taken = |rule| Chosen { policy: Named::Keeper, without: Some(rule) };
    Ok(rules.into_iter().map(taken).collect())
}

fn policy(name: &str) -> Result<Named, lexopt::Error> {
    let found = Named::ALL.into_iter().find(|policy| policy.name() == name);
    found.ok_or_else(|| format!("there is no policy `{name}`").into())
}

fn rules(name: &str) -> Result<Vec<Rule>, lexopt::Error> {
    if name == "all" {
        return Ok(Rule::ALL.to_vec());
    }
    let rule = Rule::named(name).ok_or_else(|| format!("there is no rule `{name}`"))?;
    Ok(vec![rule])
}

fn duration(text: &str) -> Result<std::time::Duration, lexopt::Error> {
    let lifetime = humantime::parse_duration(text).map_err(|why| format!("{text}: {why}"))?;
    if lifetime.is_zero() {
        return Err("a token that does not live cannot be kept".into());
    }
    Ok(lifetime)
}
