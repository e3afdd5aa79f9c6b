//! `s3al --help`: the commands, each under what it is for.

use std::fmt::Write as _;

use clap::Command;

/// Puts the commands under headings in the help of all of them, which clap has no way to ask for.
pub(super) fn group(command: Command, headings: &[(&str, &[&str])]) -> Command {
    let style = *command.get_styles().get_header();
    let names = command.get_styles().get_literal();
    let width = command.get_subcommands().map(|one| one.get_name().len()).max().unwrap_or_default();
    let mut listing = String::new();
    for (heading, commands) in headings {
        let found = commands.iter().filter_map(|name| command.find_subcommand(name));
        let mut heading = Some(heading);
        for one in found {
            if let Some(heading) = heading.take() {
                // A `String` takes all that is written to it.
                let _ = writeln!(listing, "\n{style}{heading}:{style:#}");
            }
            let about = one.get_about().map(ToString::to_string).unwrap_or_default();
            let aliases: Vec<&str> = one.get_visible_aliases().collect();
            let also =
                if aliases.is_empty() { String::new() } else { format!(" (also: {})", aliases.join(", ")) };
            let name = one.get_name();
            let _ = writeln!(listing, "  {names}{name:width$}{names:#}  {about}{also}");
        }
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{listing}\n{style}Options:{style:#}\n{{options}}{{after-help}}"
    );
    let topics: Vec<&str> = super::help::names().collect();
    let topics = format!("{style}Topics:{style:#} s3al help TOPIC: {}", topics.join(", "));
    command.help_template(template).after_help(topics)
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
