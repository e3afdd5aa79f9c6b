//! The commands of the prompt itself, which begin with a dot as in other shells of SQL.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::ValueEnum as _;
use clap::builder::PossibleValue;

use super::{Session, State};
use crate::output::Format;
use crate::value_error::did_you_mean;

/// How deep files may name files.
const MAX_DEPTH: usize = 8;

/// A command.
pub(super) struct Command {
    pub(crate) name: &'static str,
    value: &'static str,
    about: &'static str,
    run: fn(&mut Session<'_>, &str) -> anyhow::Result<State>,
}

/// All of them, as .help lists them.
pub(super) const COMMANDS: [Command; 9] = [
    Command { name: "tables", value: "", about: "Show the names of the tables", run: tables },
    Command { name: "schema", value: "[TABLE]", about: "Show the columns of a table (logs)", run: schema },
    Command {
        name: "mode",
        value: "[FORMAT]",
        about: "Show answers in another format: table, list, csv, json, ...",
        run: mode,
    },
    Command {
        name: "output",
        value: "[FILE]",
        about: "Add answers to FILE from now on; without FILE, show them again",
        run: output,
    },
    Command { name: "timer", value: "on|off", about: "Say how long each query took", run: timer },
    Command { name: "read", value: "FILE", about: "Run the queries and commands in FILE", run: read },
    Command { name: "help", value: "", about: "Show this", run: help },
    Command { name: "quit", value: "", about: "Leave; so does Ctrl-D", run: quit },
    Command { name: "exit", value: "", about: "The same", run: quit },
];

/// Runs a command.
///
/// # Errors
/// If there is none of that name, if it names a file and came with other lines, or if it fails.
pub(super) fn run(session: &mut Session<'_>, typed: &str, is_pasted: bool) -> anyhow::Result<State> {
    let (name, value) = typed.trim().split_once(char::is_whitespace).unwrap_or((typed.trim(), ""));
    let Some(command) = COMMANDS.iter().find(|command| command.name.eq_ignore_ascii_case(name)) else {
        bail!(
            "there is no command .{name}; {}",
            did_you_mean(name, COMMANDS.iter().map(|command| command.name))
        );
    };
    let value = value.trim();
    if command.value.is_empty() && !value.is_empty() {
        bail!(".{} takes no value", command.name);
    }
    if is_pasted && command.value.contains("FILE") && !value.is_empty() {
        bail!(".{} {value} was not run, because it came with other lines: type it by itself", command.name);
    }
    (command.run)(session, unquoted(value))
}

/// What stands in quotes, where a name has blanks.
fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

fn tables(session: &mut Session<'_>, _: &str) -> anyhow::Result<State> {
    session.show(&(session.tables.join("\n") + "\n"))
}

fn schema(session: &mut Session<'_>, table: &str) -> anyhow::Result<State> {
    let table = if table.is_empty() { "logs" } else { table };
    if !session.tables.iter().any(|known| known == table) {
        bail!(
            "there is no table {table:?}; {}",
            did_you_mean(table, session.tables.iter().map(String::as_str))
        );
    }
    session.query(&format!("describe {table}"))
}

/// The formats that answers can have, and their names.
pub(super) fn modes() -> impl Iterator<Item = (Format, PossibleValue)> {
    let all =
        Format::value_variants().iter().filter_map(|format| Some((*format, format.to_possible_value()?)));
    all.filter(|(format, _)| !format.is_of_lines() && !format.is_of_findings())
}

fn mode(session: &mut Session<'_>, typed: &str) -> anyhow::Result<State> {
    let mut names = modes();
    if typed.is_empty() {
        let now = session.args.common.output.format.unwrap_or(Format::Table);
        let name = names.find(|(format, _)| *format == now).map(|(_, name)| name.get_name().to_owned());
        return session.show(&(name.unwrap_or_default() + "\n"));
    }
    let names: Vec<_> = names.collect();
    let Some((format, _)) = names.iter().find(|(_, name)| name.matches(typed, true)) else {
        let known = names.iter().map(|(_, name)| name.get_name());
        bail!("there is no format {typed:?}; {}", did_you_mean(typed, known));
    };
    session.args.common.output.format = Some(*format);
    Ok(State::Open)
}

fn output(session: &mut Session<'_>, typed: &str) -> anyhow::Result<State> {
    session.output = match typed {
        "" | "-" | "stdout" => None,
        path => {
            File::create(path).with_context(|| format!("cannot write `{path}`"))?;
            Some(PathBuf::from(path))
        }
    };
    Ok(State::Open)
}

fn timer(session: &mut Session<'_>, typed: &str) -> anyhow::Result<State> {
    session.is_timed = match typed {
        "on" => true,
        "off" => false,
        _ => bail!(".timer is on or off"),
    };
    Ok(State::Open)
}

fn read(session: &mut Session<'_>, typed: &str) -> anyhow::Result<State> {
    if typed.is_empty() {
        bail!(".read wants the name of a file");
    }
    if session.depth == MAX_DEPTH {
        bail!(".read {typed}: files name each other more than {MAX_DEPTH} deep");
    }
    let path = Path::new(typed);
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{typed}`"))?;
    session.depth += 1;
    let ran = session.run(&text, false);
    session.depth -= 1;
    ran.with_context(|| format!(".read {typed}"))
}

fn help(session: &mut Session<'_>, _: &str) -> anyhow::Result<State> {
    let mut text = String::new();
    for Command { name, value, about, .. } in &COMMANDS {
        let usage = format!(".{name} {value}");
        text += &format!("{usage:<18}{about}\n");
    }
    text += "\nQueries end with a semicolon and can have many lines. Tab completes names; Ctrl-C clears the line, or ends a query.\n";
    session.show(&text)
}

fn quit(_: &mut Session<'_>, _: &str) -> anyhow::Result<State> {
    Ok(State::Left)
}
