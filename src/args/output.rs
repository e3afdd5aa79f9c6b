//! How the answer looks and where it goes: what can be typed, and the checked [`Output`] it becomes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::builder::PossibleValue;
use clap::{Arg, Args, ValueEnum};

use crate::environment::Environment;
use crate::output::{Format, Messages, Output, Style, Target};
use crate::report::Selection;
use crate::time::ZoneArg;

/// How the answer looks and where it goes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Output format (default: table)
    #[arg(long, short, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,

    /// Write the answer to FILE instead of standard output. It appears whole or not at all; FILE.html is a page
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Show no more than N rows of a table; 0 shows all (default: 20)
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) limit: Option<usize>,

    /// Show only these columns, in this order. Where rows are records, any field of the log can be named
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// Show only this table of the answer (JSON shows the names)
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,

    /// Show all columns in full, however wide the table
    #[arg(long, alias = "no-truncate")]
    pub(crate) wide: bool,

    /// Fit tables into N columns (default: the terminal's width)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "wide")]
    pub(crate) width: Option<u16>,

    /// Do not show long answers through a pager. Without it a terminal gets S3AL_PAGER, PAGER or less -FRX
    #[arg(long)]
    pub(crate) no_pager: bool,

    /// When to use colors. `auto` heeds NO_COLOR and CLICOLOR_FORCE
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: When,

    /// Time zone for reading and showing times: a name such as Europe/Berlin, UTC, local, or an offset such as +02:00
    #[arg(
        long,
        value_name = "ZONE",
        default_value = "UTC",
        allow_hyphen_values = true,
        hide_default_value = true
    )]
    pub(crate) tz: ZoneArg,

    /// Print only errors to standard error: no tally, no warnings, no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Show progress where standard error is a terminal
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) progress: ProgressMode,

    /// Exit with code 1 if the answer has rows (for scripts, cron and CI)
    #[arg(long)]
    pub(crate) fail: bool,

    /// Put a ' in front of CSV and TSV cells that a spreadsheet would run as a formula
    #[arg(long)]
    pub(crate) csv_safe: bool,
}

/// When to use colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// Where the output is a terminal that can show them
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl When {
    /// Whether to use colors, where `auto` would.
    pub(crate) fn or(self, auto: bool) -> bool {
        match self {
            Self::Auto => auto,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Whether to show how far the run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// Where standard error is a terminal
    #[default]
    Auto,
    /// Never
    Never,
}

/// What a command does where nothing was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutputDefaults {
    /// Output format.
    pub(crate) format: Format,
    /// How many rows a table has; 0 is all.
    pub(crate) limit: usize,
    /// Whether the rows stand for records, so that their lines can be printed as they are.
    pub(crate) records: bool,
    /// Whether the rows are findings.
    pub(crate) findings: bool,
}

impl OutputDefaults {
    /// What most commands do.
    pub(crate) const REPORT: Self =
        Self { format: Format::Table, limit: 20, records: false, findings: false };

    /// Says in the help of --limit and --format what the command does, where that is not what most do.
    pub(crate) fn said(self) -> impl Fn(Arg) -> Arg {
        let limit = if self.limit == 0 { "all".to_owned() } else { self.limit.to_string() };
        self.said_as(limit)
    }

    /// The same, with more to say about the limit.
    pub(crate) fn said_as(self, limit: impl Into<String>) -> impl Fn(Arg) -> Arg {
        let limit = limit.into();
        move |arg| match arg.get_id().as_str() {
            "limit" => says_default(arg, &limit),
            "format" => says_default(
                arg,
                self.format.to_possible_value().as_ref().map_or("table", PossibleValue::get_name),
            ),
            _ => arg,
        }
    }
}

/// The help of an option with another default in it.
fn says_default(arg: Arg, default: &str) -> Arg {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let text = help.split_once(" (default: ").map_or(help.as_str(), |(text, _)| text);
    let help = format!("{text} (default: {default})");
    arg.help(help)
}

impl Default for OutputDefaults {
    fn default() -> Self {
        Self::REPORT
    }
}

impl OutputArgs {
    /// Checks what was typed.
    ///
    /// # Errors
    /// If the command has no raw lines to write, or if the machine does not say in which zone it is.
    pub(crate) fn resolve(
        &self,
        defaults: OutputDefaults,
        environment: &Environment,
    ) -> anyhow::Result<Output> {
        let is_page = self.output.as_deref().is_some_and(is_page);
        let format = self.format.unwrap_or(if is_page { Format::Html } else { defaults.format });
        if format.is_of_lines() && !defaults.records {
            bail!("this command does not select records, so it has no raw lines; use table or json");
        }
        if format.is_of_findings() && !defaults.findings {
            bail!(
                "this command has no findings, and sarif and ocsf hold nothing else: s3al detect has; use table or json here"
            );
        }
        let target = match &self.output {
            None => Target::Stdout,
            Some(path) if path.as_os_str() == "-" => Target::Stdout,
            Some(path) => Target::File(path.clone()),
        };
        let limit = match self.limit.unwrap_or(defaults.limit) {
            0 => usize::MAX,
            limit => limit,
        };
        let is_paged = target == Target::Stdout && environment.stdout_is_terminal && !self.no_pager;
        Ok(Output {
            format,
            style: self.style(&target, environment),
            pager: if is_paged { environment.pager.clone() } else { Vec::new() },
            target,
            zone: self.tz.resolve(environment.zone).context("--tz")?,
            limit,
            messages: Messages { color: self.color.or(environment.stderr_color), quiet: self.quiet },
            progress: self.progress == ProgressMode::Auto && !self.quiet && environment.stderr_is_terminal,
            spreadsheet_safe: self.csv_safe,
            fail: self.fail,
            refresh: None,
            command: environment.command.clone(),
            selection: Selection {
                table: self.table.clone(),
                columns: self.columns.clone(),
                for_people: format.is_for_people(),
            },
        })
    }

    fn style(&self, target: &Target, environment: &Environment) -> Style {
        let is_color_shown = *target == Target::Stdout && environment.stdout_color;
        let color = self.color.or(is_color_shown);
        let terminal = *target == Target::Stdout && environment.stdout_is_terminal;
        let width = match self.width {
            Some(width) => Some(width.into()),
            None if terminal => Some(environment.width),
            None => environment.columns,
        };
        Style { color, terminal, width: width.filter(|_| !self.wide), ascii: !environment.is_utf8 }
    }
}

/// A file of this name is a page, unless another format is asked for.
fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::time::Zone;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        output: OutputArgs,
    }

    fn resolve(line: &str) -> anyhow::Result<Output> {
        let command = Command::try_parse_from(["s3al"].into_iter().chain(line.split_whitespace()))?;
        command.output.resolve(OutputDefaults::default(), &Environment::default())
    }

    #[test]
    fn the_command_decides_where_nothing_was_typed() {
        let output = resolve("").unwrap();
        assert_eq!((output.format, output.limit, output.zone), (Format::Table, 20, Zone::Utc));
        assert_eq!(output.target, Target::Stdout);
        let defaults = OutputDefaults { format: Format::Ndjson, limit: 0, records: true, findings: false };
        let output = OutputArgs::default().resolve(defaults, &Environment::default()).unwrap();
        assert_eq!((output.format, output.limit), (Format::Ndjson, usize::MAX));
    }

    #[test]
    fn what_was_typed_wins() {
        let output = resolve("--format csv --limit 0 --tz -03:30 --csv-safe -q --color always").unwrap();
        assert_eq!(
            (output.format, output.limit, output.zone.name()),
            (Format::Csv, usize::MAX, "-03:30".into())
        );
        assert!(output.spreadsheet_safe && output.messages.quiet && !output.progress && output.style.color);
        assert_eq!(resolve("-o -").unwrap().target, Target::Stdout);
        assert!(!resolve("-o /tmp/x.txt").unwrap().style.color);
    }

    #[test]
    fn the_name_of_a_page_is_enough() {
        assert_eq!(resolve("-o report.html").unwrap().format, Format::Html);
        assert_eq!(resolve("-o logs/REPORT.HTM").unwrap().format, Format::Html);
        assert_eq!(resolve("-o report.html --format csv").unwrap().format, Format::Csv);
        assert_eq!(resolve("-o html").unwrap().format, Format::Table);
    }

    #[test]
    fn the_terminal_gives_the_width() {
        let environment = Environment {
            stdout_is_terminal: true,
            stderr_is_terminal: true,
            width: 93,
            ..Environment::default()
        };
        let args = OutputArgs::default();
        let output = args.resolve(OutputDefaults::default(), &environment).unwrap();
        assert_eq!((output.style.terminal, output.style.width, output.progress), (true, Some(93), true));
        assert_eq!(resolve("").unwrap().style.width, None);
        let args = OutputArgs { wide: true, output: Some("x".into()), ..args };
        let output = args.resolve(OutputDefaults::default(), &environment).unwrap();
        assert_eq!((output.style.terminal, output.style.width), (false, None));
    }

    #[test]
    fn mistakes_are_found_before_the_work() {
        let local = Environment { zone: "Europe/Berlin".parse().ok(), ..Environment::default() };
        let args = Command::try_parse_from(["s3al", "--tz", "local"]).unwrap().output;
        assert_eq!(args.resolve(OutputDefaults::default(), &local).unwrap().zone.name(), "Europe/Berlin");
        let error = |line| resolve(line).unwrap_err().to_string();
        assert!(error("--format raw").contains("does not select records"));
        assert!(error("--format sarif").contains("s3al detect has"));
        assert!(error("--tz Mars/Olympus").contains("invalid time zone"));
        assert!(error("--format xml").contains("possible values"));
    }
}
