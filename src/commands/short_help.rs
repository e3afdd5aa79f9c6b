//! `-h`: a screen of 24 lines with the command's own options, what people use most of those that all commands share, and
//! examples. `--help` has everything.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

/// The lines of `-h` are no wider than this, so that no terminal wraps them.
const WIDTH: usize = 80;
/// How many examples `-h` shows.
const EXAMPLES: usize = 3;
/// The names of options take no more than this where their descriptions begin.
const MAX_NAME_WIDTH: usize = 24;

/// What most people need of the options that all commands share.
const SHARED: [(&str, &str, &str); 3] = [
    ("sources", "Sources", "files, folders, s3://BUCKET/PREFIX, @NAME, - (pipe); --bucket BUCKET"),
    (
        "requester",
        "Filters",
        "--since 24h --until WHEN --requester NAME --ip 10.0.0.0/8 --status 4xx\n\
         \x20        --operation DELETE --key 'tmp/*' --where FIELD=PATTERN",
    ),
    ("columns", "Output", "-f table|json|ndjson|csv|markdown|html -n ROWS --columns A,B -o FILE"),
];

/// Gives `-h` a text of its own.
pub(super) fn shorten(command: Command) -> Command {
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let short = short(&command, &examples);
    let all = command.get_after_help().cloned().unwrap_or_default();
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Print all help; -h prints a screen of it");
    let version =
        Arg::new("version").short('V').long("version").action(ArgAction::Version).help("Print version");
    command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args([help, version])
        .mut_args(|arg| arg.hide_short_help(true))
        .after_help(short)
        .after_long_help(all)
}

fn short(command: &Command, examples: &str) -> String {
    let mut out = String::new();
    own(command, &mut out);
    let has = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
    let shared: Vec<_> = SHARED.iter().filter(|(id, ..)| has(id)).collect();
    if !out.is_empty() && !shared.is_empty() {
        out.push('\n');
    }
    // A `String` takes all that is written to it.
    let has_short_format =
        command.get_arguments().any(|arg| arg.get_id() == "format" && arg.get_short().is_some());
    for (id, name, text) in &shared {
        // A command that says by itself what its sources are does not take all of them.
        let says_sources = || {
            command.get_arguments().any(|arg| arg.get_id() == "sources" && arg.get_help_heading().is_none())
        };
        // Where -f is something else, its long name takes the room.
        let text = match has_short_format {
            _ if *id == "sources" && says_sources() => {
                "--bucket BUCKET --prefix PREFIX, or --logs-of BUCKET".to_owned()
            }
            true => (*text).to_owned(),
            false => {
                text.replace("-f table|json|ndjson|csv|markdown|html", "--format table|json|ndjson|csv|tsv")
            }
        };
        let _ = writeln!(out, "{name}:{:1$}{text}", "", 8 - name.len());
    }
    let mut lines = examples.lines();
    if let Some(title) = lines.next() {
        let _ = writeln!(out, "\n{title}");
        lines.filter(|line| line.len() <= WIDTH).take(EXAMPLES).for_each(|line| {
            let _ = writeln!(out, "{line}");
        });
    }
    let _ = write!(out, "\n--help shows all options, s3al help the topics: fields, time, filters, s3, ...");
    out
}

/// The options of the command itself: those that are below no heading.
fn own(command: &Command, out: &mut String) {
    let is_own = |arg: &&Arg| {
        arg.get_help_heading().is_none()
            && !arg.is_hide_set()
            && !matches!(arg.get_id().as_str(), "help" | "version")
    };
    let names: Vec<(&Arg, String)> =
        command.get_arguments().filter(is_own).map(|arg| (arg, name(arg))).collect();
    let widths = names.iter().map(|(_, name)| name.len()).filter(|width| *width <= MAX_NAME_WIDTH);
    let width = widths.max().unwrap_or(0);
    for (arg, name) in names {
        let room = WIDTH - 4 - width.max(name.len());
        let text = description(arg, room);
        // A `String` takes all that is written to it.
        let _ = writeln!(out, "  {name}{:1$}  {text}", "", width.saturating_sub(name.len()));
    }
}

/// `-o, --output DIR`
fn name(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default().join(" ");
    if arg.is_positional() {
        return values;
    }
    let long = arg.get_long().unwrap_or_default();
    let short = arg.get_short().map_or(String::new(), |short| format!("-{short}, "));
    match around_value(arg) {
        Some((open, close)) => format!("{short}--{long}{open}{values}{close}"),
        None => format!("{short}--{long}"),
    }
}

/// What stands before and after the value of an option, if it takes one: nothing but an equals sign begins one that can be left out.
pub(super) fn around_value(arg: &Arg) -> Option<(&'static str, &'static str)> {
    let is_optional = arg.get_num_args().is_some_and(|count| count.min_values() == 0);
    arg.get_action().takes_values().then_some(match (arg.is_require_equals_set(), is_optional) {
        (true, true) => ("[=", "]"),
        (true, false) => ("=", ""),
        (false, _) => (" ", ""),
    })
}

/// As much of an option's description as there is room for, cut where a clause ends; and its default.
fn description(arg: &Arg, room: usize) -> String {
    let text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let text = text.lines().next().unwrap_or_default();
    let defaults: Vec<_> = arg.get_default_values().iter().filter_map(|value| value.to_str()).collect();
    let default = match defaults[..] {
        [] => String::new(),
        _ if arg.is_hide_default_value_set() || !arg.get_action().takes_values() => String::new(),
        _ => format!(" [{}]", defaults.join(",")),
    };
    let ends = [". ", "; ", ": ", " (", " [", ", "].into_iter().flat_map(|end| text.match_indices(end));
    // What is cut in brackets would be left open.
    let is_open = |start: &str| {
        ["()", "[]"].iter().any(|pair| start.matches(&pair[..1]).count() > start.matches(&pair[1..]).count())
    };
    let cuts = ends.map(|(place, _)| place).chain([text.len()]);
    let mut cuts: Vec<usize> = cuts.filter(|cut| !is_open(&text[..*cut])).collect();
    cuts.sort_unstable();
    let fits =
        |default: &str| cuts.iter().rev().find(|cut| **cut + default.len() <= room).map(|cut| &text[..*cut]);
    match fits(&default).or_else(|| fits("")) {
        Some(text) if text.len() + default.len() <= room => format!("{text}{default}"),
        Some(text) => text.to_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    /// A terminal has 24 lines.
    const LINES: usize = 24;

    #[test]
    fn what_people_ask_for_first_fits_a_screen() {
        for width in [80, 100] {
            let mut all = crate::commands::command().term_width(width);
            all.build();
            for one in all.get_subcommands_mut().filter(|one| crate::commands::is_built_in(one)) {
                let help = one.render_help().to_string();
                assert!(help.lines().count() <= LINES, "{} lines: {help}", help.lines().count());
                assert_eq!(help.lines().nth(1), Some(""), "{help}");
                let widest = help.lines().map(str::len).max();
                assert!(widest <= Some(super::WIDTH), "{widest:?}: {help}");
                let examples =
                    help.lines().filter(|line| line.starts_with("  ") && line.contains("s3al ")).count();
                assert!(examples >= super::EXAMPLES, "{help}");
                assert!(!help.contains("--concurrency"), "{help}");
                for arg in one.get_arguments().filter(|arg| arg.get_help_heading().is_none()) {
                    let name = super::name(arg);
                    assert!(
                        help.contains(&name) || ["-h, --help", "-V, --version"].contains(&name.as_str()),
                        "{name}: {help}"
                    );
                }
            }
        }
    }
}
