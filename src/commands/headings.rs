//! `s3al --help`: the commands, each under what it is for.

use std::fmt::Write as _;

use clap::Command;

/// The help of `-h` is no wider than this.
const WIDTH: usize = 80;
/// What descriptions of commands end in that are not in this build.
const ABSENT: &str = " (not in this build)";
/// What to begin with.
const EXAMPLES: &str = "Examples:
  s3al summary logs/
  s3al detect --bucket my-logs --since 7d
  s3al history reports/2026/august.csv logs/";

/// Puts the commands under headings in the help of all of them, which clap has no way to ask for: with `-h` their names, on a screen of 24
/// lines, with `--help` what each is for.
pub(super) fn group(command: Command, headings: &[(&str, &[&str])]) -> Command {
    let style = *command.get_styles().get_header();
    let literal = command.get_styles().get_literal();
    let width = command.get_subcommands().map(|one| one.get_name().len()).max().unwrap_or_default();
    let heading_width = headings.iter().map(|(heading, _)| heading.len()).max().unwrap_or_default();
    let (mut all, mut names) = (String::new(), String::new());
    for (heading, commands) in headings {
        let found: Vec<&Command> = commands.iter().filter_map(|name| command.find_subcommand(name)).collect();
        if found.is_empty() {
            continue;
        }
        // A `String` takes all that is written to it.
        let _ = writeln!(all, "\n{style}{heading}:{style:#}");
        for one in &found {
            let about = one.get_about().map(ToString::to_string).unwrap_or_default();
            let name = one.get_name();
            let _ = writeln!(all, "  {literal}{name:width$}{literal:#}  {about}{}", also(one, "also: "));
        }
        let blank = " ".repeat(heading_width + 3);
        let listed: Vec<String> =
            found.iter().map(|one| format!("{}{}{}", one.get_name(), also(one, ""), absence(one))).collect();
        let lines = lines(&listed, WIDTH - blank.len());
        let padding = " ".repeat(heading_width - heading.len() + 2);
        // clap counts on from the end of what comes before a style; a line feed behind it begins anew.
        let line_feed = if names.is_empty() { "" } else { "\n" };
        let listed = lines.join(&format!("\n{blank}"));
        let _ = write!(names, "{style}{line_feed}{heading}:{style:#}{padding}{listed}");
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{{before-help}}{style}Options:{style:#}\n{{options}}{{after-help}}"
    );
    let topics: Vec<&str> = super::help::names().collect();
    let topics = format!("{style}Topics:{style:#} s3al help TOPIC: {}", topics.join(", "));
    let examples = EXAMPLES.replacen("Examples:", &format!("{style}\n\nExamples:{style:#}"), 1);
    command
        .help_template(template)
        .before_help(format!("{names}{examples}"))
        .before_long_help(all.trim().to_owned())
        .after_help(topics)
}

/// Other names of a command.
fn also(command: &Command, word: &str) -> String {
    let aliases: Vec<&str> = command.get_visible_aliases().collect();
    if aliases.is_empty() { String::new() } else { format!(" ({word}{})", aliases.join(", ")) }
}

/// The word on a command that is not in this build, as its description has it.
fn absence(command: &Command) -> &'static str {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    if about.ends_with(ABSENT) { ABSENT } else { "" }
}

/// Names with commas between them, in lines of no more than this.
fn lines(names: &[String], width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (place, name) in names.iter().enumerate() {
        let comma = if place + 1 < names.len() { "," } else { "" };
        let fits = |line: &String| line.is_empty() || line.len() + 1 + name.len() + comma.len() <= width;
        match lines.last_mut().filter(|line| fits(line)) {
            Some(line) if line.is_empty() => *line = format!("{name}{comma}"),
            Some(line) => *line = format!("{line} {name}{comma}"),
            None => lines.push(format!("{name}{comma}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_command_has_three_examples() {
        let all = crate::commands::command();
        for one in all.get_subcommands().filter(|one| crate::commands::is_built_in(one)) {
            let help = one.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            let examples = help.lines().filter(|line| line.contains("s3al ")).count();
            assert!(help.starts_with("Examples:\n") && examples >= 3, "{}: {help}", one.get_name());
        }
    }
}
