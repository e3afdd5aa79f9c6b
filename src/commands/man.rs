//! `man`: the manual.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Arg, Command};
use clap_mangen::Man;
use roff::{Roff, bold, italic, roman};

use super::print;
use super::short_help::around_value;
use crate::config;
use crate::run::{Context, Exit};

/// The manual
///
/// Prints a page of the manual, or writes all of its pages to a folder.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al man | man -l -
  s3al man failed | man -l -
  s3al man --dir ~/.local/share/man/man1")]
pub(crate) struct Args {
    /// Command to show; without one, the overview of all commands
    command: Option<String>,

    /// Write all pages to DIR
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

/// Runs `man`.
pub(super) fn run(_context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut all = super::command();
    all.build();
    if let Some(dir) = args.dir {
        write_all(&all, &dir).with_context(|| format!("cannot write the manual to {}", dir.display()))?;
        return Ok(Exit::Done);
    }
    let mut page = Vec::new();
    match &args.command {
        None => write_page(&all, None, &mut page)?,
        Some(name) => {
            let one = all.find_subcommand(name);
            let one = one.with_context(|| format!("there is no command `{name}`; see s3al --help"))?;
            write_page(&all, Some(one), &mut page)?;
        }
    }
    print(&page)
}

/// One page for each command, also under its other names, and one for all of them.
fn write_all(all: &Command, dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let write = |name: &str, page: &[u8]| std::fs::write(dir.join(format!("{name}.1")), page);
    let mut page = Vec::new();
    write_page(all, None, &mut page)?;
    write("s3al", &page)?;
    for one in all.get_subcommands() {
        page.clear();
        write_page(all, Some(one), &mut page)?;
        write(&page_name(one), &page)?;
        for alias in one.get_visible_aliases() {
            write(&format!("s3al-{alias}"), format!(".so man1/{}.1\n", page_name(one)).as_bytes())?;
        }
    }
    Ok(())
}

fn page_name(command: &Command) -> String {
    format!("s3al-{}", command.get_name())
}

/// The page of a command, or that of all.
fn write_page(all: &Command, one: Option<&Command>, out: &mut dyn Write) -> io::Result<()> {
    let command = one.unwrap_or(all);
    let name = one.map_or_else(|| "s3al".to_owned(), page_name);
    let source = format!("s3al {}", env!("CARGO_PKG_VERSION"));
    // What -h has no room for has a place here.
    let whole = command.clone().mut_args(|arg| arg.hide_short_help(false));
    let man = Man::new(whole).title(name.to_uppercase()).source(source).manual("S3 access logs");
    man.render_title(out)?;
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    section("NAME", out, |roff| {
        roff.text([roman(format!("{name} - {about}"))]);
    })?;
    section("SYNOPSIS", out, |roff| synopsis(command, one.is_none(), roff))?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if one.is_none() {
        section("COMMANDS", out, |roff| commands(all, roff))?;
    }
    let examples = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    if let Some(examples) = examples.strip_prefix("Examples:\n") {
        section("EXAMPLES", out, |roff| verbatim(examples, roff))?;
    }
    section("EXIT STATUS", out, |roff| {
        listed(Exit::ALL.map(|exit| (exit.code().to_string(), exit.meaning().to_owned())), roff);
    })?;
    section("ENVIRONMENT", out, |roff| listed(environment(), roff))?;
    section("FILES", out, |roff| listed(FILES.map(|(name, text)| (name.to_owned(), text.to_owned())), roff))?;
    section("SEE ALSO", out, |roff| see_also(all, &name, roff))
}

fn section(name: &str, out: &mut dyn Write, write: impl FnOnce(&mut Roff)) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", [name]);
    write(&mut roff);
    roff.to_writer(out)
}

/// The command's own options with their values, what stands for all others, and what follows.
fn synopsis(command: &Command, is_all: bool, roff: &mut Roff) {
    let mut line = vec![bold(command.get_bin_name().unwrap_or("s3al").to_owned()), roman(" ")];
    let is_own = |arg: &&Arg| {
        arg.get_help_heading().is_none()
            && !matches!(arg.get_id().as_str(), "help" | "version")
            && !arg.is_positional()
    };
    for arg in command.get_arguments().filter(is_own) {
        let (open, close) = if arg.is_required_set() { ("", " ") } else { ("[", "] ") };
        line.extend([roman(open), bold(format!("--{}", arg.get_long().unwrap_or_default()))]);
        if let Some((before, after)) = around_value(arg) {
            let names = arg.get_value_names().unwrap_or_default().join(" ");
            line.extend([roman(before), italic(names), roman(after)]);
        }
        line.push(roman(close));
    }
    line.extend([roman("["), italic("OPTION"), roman("]... ")]);
    for arg in command.get_positionals() {
        let name = arg.get_value_names().unwrap_or_default().join(" ");
        let many =
            if arg.get_num_args().is_some_and(|count| count.max_values() > 1) { "]... " } else { "] " };
        line.extend([roman("["), italic(name), roman(many)]);
    }
    if is_all {
        line.extend([italic("COMMAND"), roman(" ...")]);
    }
    roff.text(line);
}

fn commands(all: &Command, roff: &mut Roff) {
    let about = |one: &Command| one.get_about().map(ToString::to_string).unwrap_or_default();
    listed(all.get_subcommands().map(|one| (format!("{}(1)", page_name(one)), about(one))), roff);
}

fn listed(list: impl IntoIterator<Item = (String, String)>, roff: &mut Roff) {
    for (name, text) in list {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(text)]);
    }
}

fn verbatim(text: &str, roff: &mut Roff) {
    roff.control("nf", []);
    for line in text.lines() {
        roff.text([roman(line.trim_start())]);
    }
    roff.control("fi", []);
}

/// The variables that are read.
fn environment() -> Vec<(String, String)> {
    let options: Vec<String> = config::variable_ids().map(config::variable).collect();
    let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    vec![
        (
            options.join(", "),
            "Options of that name, and the default source. Options on the command line override them."
                .to_owned(),
        ),
        text(
            "PAGER",
            "Shows long answers in a terminal, unless S3AL_PAGER names another; cat or nothing for none.",
        ),
        text("COLUMNS", "How wide tables may be, also in a pipe."),
        text("NO_COLOR, CLICOLOR_FORCE", "Whether --color auto uses colors."),
        text("LC_ALL, LC_CTYPE, LANG", "In a locale that is not UTF-8, tables are drawn in ASCII."),
        text("TZ", "The zone of --tz local."),
        text("AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, ...", "How S3 is reached, as for the AWS CLI."),
    ]
}

/// The files that are read.
const FILES: [(&str, &str); 2] = [
    ("~/.config/s3al/s3al.toml", "Named sources and defaults; see s3al help config."),
    ("~/.aws/config, ~/.aws/credentials", "Profiles, as for the AWS CLI."),
];

fn see_also(all: &Command, name: &str, roff: &mut Roff) {
    let pages = all.get_subcommands().map(page_name).chain(["s3al".to_owned()]);
    let others: Vec<String> =
        pages.filter(|other| other != name).map(|other| format!("{other}(1)")).collect();
    roff.text([roman(others.join(", "))]);
}
