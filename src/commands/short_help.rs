//! `-h`: the options of the command itself, and of those that all commands share the ones that people use most. `--help`
//! has all of them.

use clap::Command;

/// The shared options that `-h` shows, by their ids.
const SHOWN: [&str; 11] = [
    "sources",
    "bucket",
    "since",
    "until",
    "requester",
    "ip",
    "operation",
    "key",
    "status",
    "format",
    "limit",
];

/// Leaves the other shared options, which are those below a heading, to `--help`.
pub(super) fn shorten(command: Command) -> Command {
    command.mut_args(|arg| {
        let is_shared = arg.get_help_heading().is_some();
        let is_shown = SHOWN.contains(&arg.get_id().as_str());
        arg.hide_short_help(is_shared && !is_shown)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_people_ask_for_first_fits_a_screen() {
        let mut all = crate::commands::command();
        all.build();
        for one in all.get_subcommands_mut().filter(|one| one.get_name() != "help") {
            let help = one.render_help().to_string();
            let lines = help.lines().count();
            assert!(lines <= 45, "{lines} lines: {help}");
            assert!(!help.contains("--concurrency"), "{help}");
        }
    }
}
