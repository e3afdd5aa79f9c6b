//! Values that a shell completes: names of fields, operations, zones, profiles, named sources.
//!
//! The shell asks the program itself, with the line so far, in a run of its own: `COMPLETE=bash s3al -- s3al failed --by`.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgAction, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::CompleteEnv;

use super::top_requesters::sort;
use crate::config::{self, Config};
use crate::dimension::{Derived, Dimension};
use crate::record::Field;
use crate::semantics::OPERATIONS;
use crate::source::s3;
use crate::time::zone_names;

/// The variable that says which shell asks.
pub(super) const VARIABLE: &str = "COMPLETE";

/// Answers a shell, if one asks, and ends the process.
pub(crate) fn answer() {
    if std::env::var_os(VARIABLE).is_some() {
        CompleteEnv::with_factory(command).bin("s3al").complete();
    }
}

/// Everything that can be typed, with what completes values.
fn command() -> Command {
    super::command().mut_subcommands(|one| {
        let name = one.get_name().to_owned();
        one.mut_args(|arg| with_values(arg, &name))
    })
}

/// Lets an option complete its values.
fn with_values(arg: Arg, command: &str) -> Arg {
    if arg.is_require_equals_set() && is_typed_without_value(&arg) {
        // What follows after a space is no value of it.
        let flag = Arg::new(arg.get_id().clone()).action(ArgAction::SetTrue);
        return flag.long(arg.get_long().unwrap_or_default().to_owned());
    }
    let has_values = !arg.get_possible_values().is_empty();
    let values: fn() -> Vec<(String, String)> = match (arg.get_id().as_str(), command) {
        _ if has_values => return arg,
        ("sort", "export") => || plain(&["timestamp", "-timestamp"]),
        ("sort", _) => columns,
        ("by" | "columns" | "top", _) => fields,
        ("distinct", _) => return arg.add(ArgValueCompleter::new(combination)),
        ("conditions", _) => conditions,
        ("having", _) => {
            || plain(&["requests>", "errors>", "bytes_sent>", "bytes_received>", "share>", "distinct>"])
        }
        ("operation", _) => return arg.value_delimiter(',').add(ArgValueCompleter::new(Known(operations))),
        ("status", _) => || plain(&["2xx", "3xx", "4xx", "5xx", "403", "404", "500-503", "-"]),
        ("tls_version", _) => || plain(&["1.0", "1.1", "1.2", "1.3", "-"]),
        ("requester", _) => || plain(&["anonymous", "AmazonS3"]),
        ("weekdays", _) => || plain(&["mon-fri", "sat-sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        ("since" | "until", _) => || plain(&["1h", "24h", "7d", "30d", "1mo", "today", "yesterday", "now"]),
        ("window", _) => || plain(&["24h..now", "7d..now", "yesterday..today"]),
        ("every", _) => || plain(&["1m", "5m", "15m", "1h", "6h", "1d", "1w", "1mo"]),
        ("tz", _) => zones,
        ("profile", _) => profiles,
        ("bucket", _) => buckets,
        ("name", "help") => topics_and_commands,
        ("command", "man") => commands,
        ("sources" | "baseline_source" | "object", _) => return arg.add(ArgValueCompleter::new(sources)),
        _ => return arg,
    };
    arg.add(ArgValueCompleter::new(Known(values)))
}

/// Values that are known, each with what it means.
struct Known(fn() -> Vec<(String, String)>);

impl ValueCompleter for Known {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let current = current.to_string_lossy();
        let is_meant = |value: &str| starts_like(value, &current);
        (self.0)().into_iter().filter(|(value, _)| is_meant(value)).map(candidate).collect()
    }
}

/// Whether a value begins with what was typed, in whatever case.
fn starts_like(value: &str, typed: &str) -> bool {
    value.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

fn candidate((value, meaning): (String, String)) -> CompletionCandidate {
    CompletionCandidate::new(value).help((!meaning.is_empty()).then(|| meaning.into()))
}

fn plain(values: &[&str]) -> Vec<(String, String)> {
    values.iter().map(|value| ((*value).to_owned(), String::new())).collect()
}

fn fields() -> Vec<(String, String)> {
    let meaning = |doc: &str| doc.replace('`', "");
    let fields = Field::ALL.into_iter().map(|field| (field.name().to_owned(), meaning(field.doc())));
    let derived = Derived::all().map(|derived| (derived.name().to_owned(), meaning(derived.doc())));
    fields.chain(derived).collect()
}

/// What rows can be sorted by: what is counted, and what they are grouped by.
fn columns() -> Vec<(String, String)> {
    let counted: Vec<&str> = sort::NAMES.iter().map(|(name, _)| *name).collect();
    let is_new = |(name, _): &(String, String)| !counted.contains(&name.as_str());
    plain(&counted).into_iter().chain(fields().into_iter().filter(is_new)).collect()
}

fn conditions() -> Vec<(String, String)> {
    fields().into_iter().map(|(name, meaning)| (format!("{name}="), meaning)).collect()
}

/// Fields that count together are joined by a plus.
fn combination(current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let (before, last) = current
        .rsplit_once('+')
        .map_or(("", &*current), |(_, last)| (&current[..current.len() - last.len()], last));
    let names = Dimension::names().filter(|name| starts_like(name, last));
    names.map(|name| CompletionCandidate::new(format!("{before}{name}"))).collect()
}

fn operations() -> Vec<(String, String)> {
    let named = OPERATIONS.iter().map(|one| (one.name.to_owned(), one.api.to_owned()));
    let apis = OPERATIONS
        .iter()
        .filter(|one| !one.api.is_empty())
        .map(|one| (one.api.to_owned(), one.name.to_owned()));
    let mut all: Vec<_> = named.chain(apis).collect();
    // A name of the API can stand for several operations, one after the other or not.
    let mut seen = HashSet::new();
    all.retain(|(name, _)| seen.insert(name.clone()));
    all
}

fn zones() -> Vec<(String, String)> {
    ["local", "UTC"].into_iter().chain(zone_names()).map(|name| (name.to_owned(), String::new())).collect()
}

fn profiles() -> Vec<(String, String)> {
    s3::profiles().into_iter().map(|name| (name, String::new())).collect()
}

/// Whether an option whose value follows an equals sign is in the line that is being completed, and has none.
fn is_typed_without_value(arg: &Arg) -> bool {
    let is_it = |word: &OsString| {
        word.to_str()
            .and_then(|word| word.strip_prefix("--"))
            .is_some_and(|long| arg.get_long() == Some(long))
    };
    // Some shells make a word of the equals sign.
    let words: Vec<OsString> = line().collect();
    let has_value = |next: Option<&OsString>| next.is_some_and(|next| next == "=");
    words.iter().enumerate().any(|(at, word)| is_it(word) && !has_value(words.get(at + 1)))
}

/// The line that is being completed.
fn line() -> impl Iterator<Item = OsString> {
    std::env::args_os().skip_while(|word| word != "--").skip(1)
}

/// The config file of the line that is being completed.
fn config() -> Config {
    // A shell has nowhere to show what is wrong with it.
    Config::load(config::typed(line()).as_deref()).unwrap_or_default()
}

fn buckets() -> Vec<(String, String)> {
    config().buckets().map(|bucket| (bucket.to_owned(), String::new())).collect()
}

fn topics_and_commands() -> Vec<(String, String)> {
    let topics = super::help::names().map(|name| (name.to_owned(), "topic".to_owned()));
    topics.chain(commands()).collect()
}

fn commands() -> Vec<(String, String)> {
    let about = |one: &Command| one.get_about().map(ToString::to_string).unwrap_or_default();
    super::command().get_subcommands().map(|one| (one.get_name().to_owned(), about(one))).collect()
}

/// Named sources, and files and folders.
fn sources(current: &OsStr) -> Vec<CompletionCandidate> {
    if let Some(typed) = current.to_str().and_then(|current| current.strip_prefix('@')) {
        let config = config();
        let named = config.source_names().filter(|name| starts_like(name, typed));
        return named.map(|name| CompletionCandidate::new(format!("@{name}"))).collect();
    }
    PathCompleter::any().stdio().complete(current)
}
