//! The topics: texts that a person reads once, and tables that are made of what the program knows.

use std::fmt::Write as _;

use clap::builder::{StyledStr, Styles};

use crate::config;
use crate::dimension::{Derived, Dimension, ParamName};
use crate::record::{Field, FieldKind};
use crate::run::Exit;

/// Something that all commands share.
pub(super) struct Topic {
    pub(super) name: &'static str,
    text: fn() -> String,
}

/// All of them, in the order in which they are listed.
pub(super) const TOPICS: [Topic; 7] = [
    Topic { name: "fields", text: fields },
    Topic { name: "time", text: || include_str!("time.txt").to_owned() },
    Topic { name: "filters", text: || include_str!("filters.txt").to_owned() },
    Topic { name: "s3", text: || include_str!("s3.txt").to_owned() },
    Topic { name: "output", text: || include_str!("output.txt").to_owned() },
    Topic { name: "config", text: settings },
    Topic { name: "exit-codes", text: exit_codes },
];

/// The names of the topics.
pub(in crate::commands) fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|topic| topic.name)
}

impl Topic {
    /// Its text, with bold headings: lines that begin in the first column and end with a colon.
    pub(super) fn text(&self) -> StyledStr {
        let styles = Styles::styled();
        let (heading, plain) = (styles.get_header(), styles.get_header().render_reset());
        let mut out = StyledStr::new();
        for line in (self.text)().lines() {
            // A `StyledStr` takes all that is written to it.
            let _ = match line.ends_with(':') && !line.starts_with(' ') {
                true => writeln!(out, "{heading}{line}{plain}"),
                false => writeln!(out, "{line}"),
            };
        }
        out
    }
}

/// A list of names and what they mean.
fn listed<'a>(list: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let list: Vec<_> = list.into_iter().collect();
    let width = list.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    list.iter().fold(String::new(), |mut out, (name, meaning)| {
        let _ = writeln!(out, "  {name:width$}  {meaning}");
        out
    })
}

fn fields() -> String {
    let kind = |kind: FieldKind| match kind {
        FieldKind::Text => "",
        FieldKind::Time => " (time)",
        FieldKind::Integer => " (number)",
        FieldKind::Bytes => " (bytes)",
        FieldKind::Milliseconds => " (ms)",
        FieldKind::Boolean => " (yes/no)",
    };
    let line =
        |doc: &str, of: FieldKind| format!("{}{}", doc.replace('`', "").trim_end_matches('.'), kind(of));
    let fields = listed(Field::ALL.into_iter().map(|field| (field.name(), line(field.doc(), field.kind()))));
    let derived = Derived::all().map(|derived| (derived.name(), line(derived.doc(), derived.kind())));
    let param = ("param:NAME", line(Derived::Param(ParamName::new("NAME")).doc(), FieldKind::Text));
    let derived = listed(derived.chain([param]));
    let also: Vec<String> = Dimension::aliases().map(|(alias, meant)| format!("{alias} ({meant})")).collect();
    format!(
        "{}\nFields of the log:\n{fields}\nDerived from them:\n{derived}\nAlso understood:\n{}",
        include_str!("fields.txt"),
        wrapped(&also)
    )
}

/// A list in lines of no more than 80 columns.
fn wrapped(list: &[String]) -> String {
    let (mut out, mut line) = (String::new(), String::new());
    for one in list {
        if line.len() + one.len() + 4 > 80 {
            let _ = writeln!(out, " {line}");
            line.clear();
        }
        let _ = write!(line, " {one},");
    }
    let _ = writeln!(out, " {}", line.trim_end_matches(','));
    out
}

fn settings() -> String {
    let variables: Vec<String> = config::variable_ids().map(config::variable).collect();
    format!("{}\nVariables:\n{}", include_str!("config.txt"), wrapped(&variables))
}

fn exit_codes() -> String {
    let codes: Vec<(String, &str)> =
        Exit::ALL.into_iter().map(|exit| (exit.code().to_string(), exit.meaning())).collect();
    let codes = listed(codes.iter().map(|(code, meaning)| (code.as_str(), (*meaning).to_owned())));
    format!("Exit codes:\n{codes}\n{}", include_str!("exit-codes.txt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> String {
        let topic = TOPICS.iter().find(|topic| topic.name == name).expect("a topic");
        topic.text().to_string()
    }

    #[test]
    fn topics_fit_a_terminal() {
        for topic in &TOPICS {
            let text = text(topic.name);
            let widest = text.lines().max_by_key(|line| line.len()).unwrap_or_default();
            assert!(widest.len() <= 80, "{}: {widest}", topic.name);
            assert!(!text.contains(['`', '\t']), "{}", topic.name);
        }
    }

    #[test]
    fn all_names_are_there() {
        let fields = text("fields");
        for name in Dimension::names() {
            assert!(fields.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}");
        }
        let output = text("output");
        for format in <crate::output::Format as clap::ValueEnum>::value_variants() {
            let name = clap::ValueEnum::to_possible_value(format).expect("a name");
            assert!(output.contains(&format!("\n  {} ", name.get_name())), "{name:?}");
        }
        let settings = text("config");
        assert!(config::variable_ids().all(|id| settings.contains(&config::variable(id))));
    }

    #[test]
    fn every_form_of_time_is_one() {
        let text = text("time");
        let forms = text.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
        let mut count = 0;
        for form in forms.flat_map(|(forms, _)| forms.split(", ")).filter(|form| !form.starts_with("s3al")) {
            form.parse::<crate::time::TimeArg>().unwrap_or_else(|error| panic!("{error}"));
            count += 1;
        }
        assert!(count > 12, "{count}");
    }

    #[test]
    fn every_option_is_one() {
        let all = crate::commands::command();
        for topic in &TOPICS {
            let text = text(topic.name);
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            for long in words.filter_map(|word| word.strip_prefix("--")).filter(|long| !long.is_empty()) {
                let has = |one: &clap::Command| one.get_arguments().any(|arg| arg.get_long() == Some(long));
                assert!(all.get_subcommands().any(has) || long == "help", "{}: --{long}", topic.name);
            }
        }
    }
}
