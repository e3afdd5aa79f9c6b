//! What to type instead, where somebody types what other tools call it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::args::{Source, SourceError};
use crate::value_error::{
    MIN_LIKENESS, OUT_OF_RANGE, in_words, invisible, likeness, told_invisible, value_problem,
};

/// Options as other tools call them, the option that is meant, and how it is typed.
const OPTIONS: &[(&[&str], &str, &str)] = &[
    (
        &["from", "start", "after", "begin", "start-time", "newer", "newer-than"],
        "since",
        "--since 2026-08-01T10:30",
    ),
    (&["to", "end", "before", "stop", "end-time", "older-than"], "until", "--until 2026-08-02"),
    (
        &["last", "past", "age", "days", "hours-ago", "period", "ago"],
        "since",
        "--since 24h, for the last 24 hours",
    ),
    (
        &["role", "user", "users", "who", "arn", "principal", "account", "identity", "username", "session"],
        "requester",
        "--requester NAME: a user, a role, an account or an ARN",
    ),
    (
        &["file", "files", "input", "input-file", "dir", "directory", "i"],
        "sources",
        "the name alone: files and folders to read need no option (s3al summary logs/)",
    ),
    (&["path", "object", "objects", "keys", "key-prefix", "folder", "uri", "url"], "key", "--key 'folder/*'"),
    (
        &["code", "http-status", "status-code", "http-code", "response", "status-class"],
        "status",
        "--status 403, or 4xx",
    ),
    (&["error-code", "errors", "failure", "failed"], "error", "--error AccessDenied, or '*' for any"),
    (
        &["method", "verb", "action", "api", "op", "operations", "event", "event-name", "request"],
        "operation",
        "--operation DELETE, PutObject or s3:Get*",
    ),
    (
        &["remote-ip", "ip-address", "client-ip", "source-ip", "address", "addr", "cidr", "host", "network"],
        "ip",
        "--ip 192.0.2.3, or a network",
    ),
    (&["agent", "useragent", "ua", "client"], "user_agent", "--user-agent 'curl*'"),
    (&["source", "accessed-bucket", "target-bucket", "on-bucket"], "source_bucket", "--source-bucket NAME"),
    (&["log-bucket", "s3-bucket", "logs", "logs-bucket"], "bucket", "--bucket NAME"),
    (&["tls", "ssl", "ssl-version", "cipher"], "tls_version", "--tls-version 1.0"),
    (&["access-key-id", "key-id", "akid"], "access_key", "--access-key AKIA..."),
    (
        &["filter", "query", "match", "grep", "search", "expression", "regex", "pattern", "contains"],
        "conditions",
        "--where FIELD=PATTERN, such as --where 'referer=*example.com*'",
    ),
    (&["exclude", "not", "invert", "invert-match", "ignore"], "key", "! in front of a value: --key '!tmp/*'"),
    (&["include", "only"], "key", "--key 'folder/*', or another filter"),
    (&["min-size", "larger-than", "size-gt", "min"], "min_bytes", "--min-bytes 50MB"),
    (&["max-size", "smaller-than", "size-lt"], "max_bytes", "--max-bytes 50MB"),
    (&["anon", "public", "unauthenticated"], "anonymous", "--anonymous"),
    (
        &["json", "csv", "tsv", "ndjson", "jsonl", "markdown", "md", "raw", "output-format", "as"],
        "format",
        "--format table, json, ndjson, csv, tsv, markdown or list",
    ),
    (&["no-color", "no-colour", "colour", "no-colors", "monochrome"], "color", "--color never"),
    (
        &["top", "head", "count", "max", "rows", "lines", "num", "number", "max-results", "tail", "all", "l"],
        "limit",
        "--limit N (0 for all)",
    ),
    (&["select", "cols", "column", "field", "show", "hide"], "columns", "--columns NAME,NAME"),
    (&["group-by", "group", "per", "dimension", "groupby"], "by", "--by FIELD,FIELD"),
    (
        &["order-by", "sort-by", "order", "orderby", "desc", "asc", "reverse", "descending", "ascending"],
        "sort",
        "--sort COLUMN",
    ),
    (&["bytes", "size"], "sort", "--sort bytes_sent, or --min-bytes 50MB"),
    (&["bytes", "size"], "metric", "--metric bytes_sent, or --min-bytes 50MB"),
    (&["bytes", "size"], "min_bytes", "--min-bytes 50MB, or --max-bytes"),
    (
        &["interval", "step", "granularity", "resolution", "bin", "window-size", "period-length"],
        "every",
        "--every 1h",
    ),
    (
        &["timezone", "time-zone", "zone", "utc", "local", "localtime"],
        "tz",
        "--tz Europe/Berlin, local or UTC",
    ),
    (&["out", "outfile", "output-file", "save", "to-file", "w"], "output", "--output FILE"),
    (&["silent", "no-progress"], "quiet", "--quiet"),
    (&["s"], "since", "--since 24h, --status 403 or --quiet (-q)"),
    (&["full", "no-trunc", "untruncated", "w", "long", "no-wrap"], "wide", "--wide"),
    (&["jobs", "j", "workers", "parallel", "cores", "parallelism"], "threads", "--threads N"),
    (&["aws-profile"], "profile", "--profile NAME"),
    (&["aws-region", "default-region"], "region", "--region eu-west-1"),
    (&["endpoint", "s3-endpoint", "host-url"], "endpoint_url", "--endpoint-url URL"),
    (&["assume-role", "iam-role"], "role_arn", "--role-arn ARN"),
    (&["no-sign", "unsigned", "no-auth"], "no_sign_request", "--no-sign-request"),
    (&["conf", "config-file", "c", "settings"], "config", "--config FILE"),
    (&["unique", "dedup", "deduplicate", "distinct-records"], "dedupe", "--dedupe"),
    (&["max-memory", "mem", "memory-limit", "ram"], "memory", "--memory 2GiB"),
    (&["exit-code", "error-exit", "check-exit", "alert"], "fail", "--fail"),
    (&["pager-off", "nopager", "no-paging"], "no_pager", "--no-pager"),
    (&["recursive", "r", "R", "recurse"], "sources", "nothing: folders are read with all that is in them"),
];

/// What has no option here, and what there is in its place.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["follow", "watch", "F", "live"], "s3al follow shows requests as their logs arrive"),
    (&["sql", "execute", "e"], "s3al sql answers questions in SQL"),
    (
        &["reverse", "descending", "ascending", "sort", "order", "order-by", "sort-by"],
        "rows are in the order that answers the question; s3al top and s3al export have --sort",
    ),
    (&["gzip", "gz", "z", "zstd", "decompress"], "gzip and zstd are detected by themselves"),
];

/// Commands as other tools call them.
const COMMANDS: &[(&[&str], &str)] = &[
    (&["errors", "error", "failures", "denied", "failure"], "failed"),
    (&["stats", "info", "overview", "show", "report", "analyze", "analyse", "describe"], "summary"),
    (&["html", "page", "board", "web", "serve", "tui"], "dashboard"),
    (&["users", "requesters", "group", "count", "groupby", "ips"], "top"),
    (&["sync", "download", "cp", "copy", "pull", "mirror", "get"], "fetch"),
    (
        &[
            "cat", "grep", "search", "query", "filter", "ls", "list", "find", "dump", "convert", "records",
            "print", "parse",
        ],
        "export",
    ),
    (&["graph", "histogram", "chart", "plot", "trend", "hist"], "timeline"),
    (&["slow", "slowest", "performance", "perf", "times"], "latency"),
    (&["price", "billing", "bill", "costs", "pricing"], "cost"),
    (&["unused", "stale", "unread", "untouched"], "cold"),
    (&["object", "key", "deleted", "deletions", "log"], "history"),
    (&["user", "who", "session", "actor", "trace"], "activity"),
    (&["policy", "permissions", "iam", "least-privilege"], "access"),
    (&["security", "lint", "risks", "findings", "scan"], "audit"),
    (&["diff", "changes", "baseline", "anomalies"], "compare"),
    (&["gaps", "missing", "completeness", "verify", "check"], "coverage"),
    (&["large", "egress", "exfiltration", "biggest", "downloads"], "large-downloads"),
    (&["completion", "complete"], "completions"),
    (&["manual", "manpage"], "man"),
];

/// Says what to type instead, where clap says only what is wrong.
pub(crate) fn explain(error: Error, command: &mut Command, typed: &[OsString]) -> Error {
    let named = [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
    let named: Vec<String> = named.into_iter().filter_map(|kind| text_of(&error, kind)).collect();
    let mut error = explained(error, command, typed);
    // What nobody sees is looked for last: the line looks right.
    if let Some(shown) = named.iter().find_map(|text| invisible(text)) {
        let tip = format!("it was typed with invisible characters: {shown}");
        suggest(&mut error, Some(tip));
    }
    error
}

fn text_of(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    }
}

fn explained(mut error: Error, command: &mut Command, typed: &[OsString]) -> Error {
    let context = |kind| text_of(&error, kind);
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let Some(argument) = context(ContextKind::InvalidArg) else { return error };
            let one =
                typed.get(1).and_then(|name| name.to_str()).and_then(|name| command.find_subcommand(name));
            let Some(one) = one.cloned() else { return error };
            let value = after_minus(&argument, typed, &one);
            if let Some((value, _)) = &value {
                error.insert(ContextKind::InvalidArg, ContextValue::String(value.clone()));
            }
            let tip = value.map(|(_, tip)| tip).or_else(|| instead_of_option(&argument, &one));
            error.remove(ContextKind::SuggestedArg);
            error.remove(ContextKind::Suggested);
            suggest(&mut error, tip);
            // The usage is about the option that clap has guessed.
            let name = format!("s3al {}", one.get_name());
            let usage = one.bin_name(name).render_usage();
            error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
        }
        ErrorKind::InvalidSubcommand => {
            let Some(name) = context(ContextKind::InvalidSubcommand) else { return error };
            let lower = name.to_ascii_lowercase();
            let is_slip = || {
                let names = command.get_subcommands().flat_map(Command::get_name_and_visible_aliases);
                names.map(|known| likeness(&lower, known)).max() >= Some(MIN_LIKENESS)
            };
            let tip = instead_of_command(&name).or_else(|| {
                let tip =
                    "s3al --help lists the commands; what is to be read comes after one: s3al summary logs/";
                (!is_slip()).then(|| tip.to_owned())
            });
            if tip.is_some() {
                error.remove(ContextKind::SuggestedSubcommand);
                error.remove(ContextKind::Suggested);
                suggest(&mut error, tip);
            }
        }
        ErrorKind::MissingRequiredArgument => {
            let is_prefix = |word: &OsString| word.to_str().is_some_and(|word| word.starts_with("--prefix"));
            if typed.iter().any(is_prefix) {
                let tip = "--prefix is about the keys of logs in --bucket; for the keys of requests: --key 'prod/*'";
                suggest(&mut error, Some(tip.to_owned()));
            } else if typed.get(1).is_some_and(|name| name == "compare") {
                let tip = "the time to look at, against the time before it: --window 7d..now";
                suggest(&mut error, Some(tip.to_owned()));
            }
        }
        ErrorKind::ValueValidation => {
            let (argument, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
            let (argument, value) = (argument.unwrap_or_default(), value.unwrap_or_default());
            let Some(source) = std::error::Error::source(&error) else { return error };
            let range = || range(command, &argument, &value, typed);
            let Some(problem) = value_problem(source, &value, range) else { return error };
            // What clap puts below its own texts, which it does not do for those of others.
            let invisible = told_invisible(&value);
            let text =
                format!("invalid value '{value}' for '{argument}': {problem}{invisible}\n\n{TRY_HELP}\n");
            return Error::raw(ErrorKind::ValueValidation, text).with_cmd(command);
        }
        _ => {}
    }
    error
}

fn suggest(error: &mut Error, tip: Option<String>) {
    if let Some(tip) = tip {
        let mut styled = StyledStr::new();
        // A `StyledStr` takes all that is written to it.
        let _ = write!(styled, "{tip}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![styled]));
    }
}

/// What to type instead of an option that the command does not have.
fn instead_of_option(argument: &str, command: &Command) -> Option<String> {
    let name = argument.trim_start_matches('-').split('=').next().unwrap_or_default();
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let has = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
    let known = name.to_ascii_lowercase().replace('_', "-");
    let is_meant = |names: &[&str]| names.contains(&name) || names.contains(&known.as_str());
    if let Some((.., tip)) = OPTIONS.iter().find(|(names, id, _)| is_meant(names) && has(id)) {
        return Some(format!("for {argument}, type {tip}"));
    }
    let longs = || command.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(clap::Arg::get_long);
    // Of typing errors, more is alike than of other words.
    let nearest = longs().map(|long| (likeness(&known, long), long)).max();
    if let Some((_, long)) = nearest.filter(|(likeness, _)| *likeness >= MIN_TYPING_LIKENESS) {
        return Some(format!("did you mean --{long}?"));
    }
    let owners = owners(&known);
    if !owners.is_empty() {
        let own = if owners.len() == 1 { "is an option of" } else { "is an option of these commands:" };
        return Some(format!("--{known} {own} {}", owners.join(", ")));
    }
    if let Some((_, tip)) = ELSEWHERE.iter().find(|(names, _)| is_meant(names)) {
        return Some((*tip).to_owned());
    }
    let nearest = nearest.filter(|(likeness, _)| *likeness >= MIN_LIKENESS);
    nearest.map(|(_, long)| format!("did you mean --{long}?"))
}

/// From where on an unknown option is another one with a slip of the fingers, of 1000.
const MIN_TYPING_LIKENESS: u32 = 930;

/// The commands that have an option of their own of that name.
fn owners(long: &str) -> Vec<String> {
    let all = super::command();
    let has = |one: &&Command| one.get_arguments().any(|arg| arg.get_long() == Some(long));
    all.get_subcommands().filter(has).map(|one| one.get_name().to_owned()).collect()
}

/// For `--limit -1` and `--sort -errors`: the value, and that values have no minus here.
fn after_minus(argument: &str, typed: &[OsString], command: &Command) -> Option<(String, String)> {
    // Of a word of several letters after one minus, clap names the first letter alone.
    let place = typed.iter().position(|word| word.to_str().is_some_and(|word| word.starts_with(argument)))?;
    let (value, option) = (typed.get(place)?.to_str()?, typed.get(place.checked_sub(1)?)?.to_str()?);
    let bare = value.strip_prefix('-').filter(|bare| !bare.starts_with('-') && bare.len() > 1)?;
    if bare.starts_with(|first: char| first.is_ascii_digit()) {
        let tip = format!("{option} takes no value with a minus");
        return option.starts_with('-').then(|| (value.to_owned(), tip));
    }
    let is_it = |arg: &clap::Arg| {
        let long = option.strip_prefix("--").is_some_and(|long| arg.get_long() == Some(long));
        let short = option
            .strip_prefix('-')
            .is_some_and(|short| arg.get_short().map(String::from).as_deref() == Some(short));
        (long || short) && arg.get_action().takes_values()
    };
    let tip = format!("{option} takes its value without a minus: {option} {bare}");
    command.get_arguments().any(is_it).then(|| (value.to_owned(), tip))
}

/// What to type where a command was to be.
fn instead_of_command(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if let Some((_, command)) = COMMANDS.iter().find(|(names, _)| names.contains(&lower.as_str())) {
        return Some(format!("for {name}, type s3al {command}"));
    }
    if let Err(error @ SourceError::Url { .. }) = Source::read(name.into()) {
        return Some(format!("a command comes first; and {error}"));
    }
    let is_source =
        lower.starts_with("s3://") || name.starts_with('@') || name.contains('/') || Path::new(name).exists();
    is_source.then(|| format!("a command comes first; for what is in {name}: s3al summary {name}"))
}

/// The last line of an error, as clap has it.
const TRY_HELP: &str = "For more information, try '--help'.";

/// Which whole numbers an option takes. Clap tells the range of an option only to those who are out of it, and 0 is where not all is
/// taken.
fn range(command: &mut Command, argument: &str, value: &str, typed: &[OsString]) -> String {
    let zero = |word: &OsString| match word.to_str().and_then(|word| word.strip_suffix(value)) {
        Some(before) if before.is_empty() || before.starts_with('-') => OsString::from(format!("{before}0")),
        _ => word.clone(),
    };
    let refused = command.try_get_matches_from_mut(typed.iter().map(zero)).err();
    let refused = refused.filter(|error| {
        matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(name)) if name == argument)
    });
    let problem = refused.as_ref().and_then(std::error::Error::source).map(ToString::to_string);
    let range = problem.and_then(|text| text.split_once(OUT_OF_RANGE).map(|(_, range)| in_words(range)));
    range.unwrap_or_else(|| "a whole number, 0 or more".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> String {
        let typed: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let mut command = super::super::command();
        let error = command.try_get_matches_from_mut(&typed).expect_err(line);
        explain(error, &mut command, &typed).render().to_string()
    }

    #[test]
    fn wishes_are_no_options_and_their_answers_are() {
        let all = super::super::command();
        let ids: Vec<&str> = all
            .get_subcommands()
            .flat_map(|one| one.get_arguments())
            .map(|arg| arg.get_id().as_str())
            .collect();
        let mut found = Vec::new();
        for (names, id, tip) in OPTIONS {
            assert!(ids.contains(id), "there is no option {id}");
            for one in all.get_subcommands().filter(|one| one.get_arguments().any(|arg| arg.get_id() == id)) {
                let has = |name: &&&str| {
                    one.get_arguments().any(|arg| {
                        arg.get_long_and_visible_aliases().is_some_and(|longs| longs.contains(*name))
                    })
                };
                found.extend(names.iter().filter(has).map(|name| (one.get_name(), *name)));
            }
            // What is to be typed is there.
            for word in tip.split_whitespace().filter_map(|word| word.strip_prefix("--")) {
                let long = word.trim_end_matches([',', ':']);
                let has = |arg: &clap::Arg| arg.get_long() == Some(long);
                assert!(all.get_subcommands().any(|one| one.get_arguments().any(has)), "--{long}");
            }
        }
        // Where such an option is there, nobody has to wish for it.
        let of_sql: &[_] = if cfg!(feature = "sql") { &[("sql", "file")] } else { &[] };
        let others = [("dashboard", "min-size"), ("large-downloads", "min-size"), ("follow", "top")];
        assert_eq!(found, [of_sql, &others].concat());
        for (_, command) in COMMANDS {
            assert!(all.find_subcommand(command).is_some(), "{command}");
        }
    }

    #[test]
    fn words_of_other_tools() {
        let table = [
            ("s3al failed --last 24h", "--since 24h"),
            ("s3al failed --from 2026", "--since 2026"),
            ("s3al failed --to 2026", "--until 2026"),
            ("s3al failed --role x", "--requester NAME"),
            ("s3al failed --user x", "--requester NAME"),
            ("s3al failed --account x", "--requester NAME"),
            ("s3al failed --path x", "--key 'folder/*'"),
            ("s3al failed --file x", "type the name alone"),
            ("s3al failed --reverse", "s3al top and s3al export have --sort"),
            ("s3al top --reverse", "type --sort COLUMN"),
            ("s3al top --sort -errors", "--sort takes its value without a minus: --sort errors"),
            ("s3al top -n 5 --sort -requests logs", "without a minus: --sort requests"),
            ("s3al failed --bytes 5", "type --min-bytes 50MB"),
            ("s3al top --bytes", "type --sort bytes_sent"),
            ("s3al timeline --bytes", "type --metric bytes_sent"),
            ("s3al failed -s 4xx", "type --since 24h, --status 403"),
            ("s3al smple", "s3al --help lists the commands"),
            ("s3al failed --object x", "--key 'folder/*'"),
            ("s3al failed --code x", "--status 403"),
            ("s3al failed --method x", "--operation DELETE"),
            ("s3al failed --client_ip x", "--ip 192.0.2.3"),
            ("s3al failed --json", "--format table, json"),
            ("s3al failed --no-color", "--color never"),
            ("s3al failed -r logs", "folders are read"),
            ("s3al top --group-by key", "--by FIELD"),
            ("s3al cost --every 1d", "these commands: top-requesters, timeline"),
            ("s3al failed --inventory x", "an option of cold"),
            ("s3al failed --statu 403", "did you mean --status?"),
            ("s3al failed --follow", "s3al follow shows"),
            ("s3al failed --limit -1", "below zero; expected a whole number, 0 or more"),
            ("s3al failed --limit 1.5", "not a whole number; expected"),
            ("s3al failed --limit=abc", "not a number; expected a whole number, 0 or more"),
            ("s3al failed --limit abc", "not a number; expected a whole number, 0 or more\n\nFor more"),
            ("s3al failed --width abc", "not a number; expected a whole number from 1 to 65535\n"),
            ("s3al failed --width 0", "'--width <N>': expected a whole number from 1 to 65535\n"),
            ("s3al failed --width -1", "'--width <N>': expected a whole number from 1 to 65535\n"),
            ("s3al coverage --busy 0", "'--busy <N>': expected a whole number, 1 or more\n"),
            ("s3al failed --limit 99999999999999999999999", "too large"),
            ("s3al top --depth -1", "below zero"),
            ("s3al failed --threads x", "not a number"),
            ("s3al failed --delivery-lag abc", "not a length of time"),
            ("s3al failed --tz foo", "'foo' for '--tz <ZONE>': expected"),
            ("s3al top --by foo", "'foo' for '--by <FIELD>': unknown field; s3al help fields lists"),
            ("s3al failed --bucket X", "'X' for '--bucket <BUCKET>': a name has"),
            ("s3al follow --interval abc", "'--interval <TIME>': not a length of time"),
            ("s3al top --sort -errors", "unexpected argument '-errors' found"),
            ("s3al failed --memory x", "'x' for '--memory <SIZE>': expected a number of bytes such as"),
            ("s3al failed --since foo", "'foo' for '--since <WHEN>': not a date"),
            ("s3al failed --status 403,99x", "'403,99x' for '--status <STATUS>': \"99x\": expected"),
            ("s3al failed --prefix prod/", "--key 'prod/*'"),
            ("s3al compare logs/", "--window 7d..now"),
            ("s3al errors", "type s3al failed"),
            ("s3al src", "s3al summary src"),
            ("s3al s3://b/x", "s3al summary s3://b/x"),
            ("s3al https://x/y", "curl -sS https://x/y | s3al top -"),
            ("s3al top https://x/y", "curl -sS https://x/y | s3al top -"),
            ("s3al top -l 5", "--limit N"),
        ];
        for (line, tip) in table {
            let error = error(line);
            assert!(error.contains(tip), "{line}: {error}");
            assert!(!error.contains("as a value, use"), "{line}: {error}");
            assert!(error.ends_with("\n\nFor more information, try '--help'.\n"), "{line}: {error}");
        }
        assert!(error("s3al sumary").contains("'summary'"));
        assert!(!error("s3al failed --zzz").contains("tip:"));
    }
}
