//! `clients`: which programs send requests.

use crate::aggregate::{Aggregate, Derived, Dimension, Dimensions, GroupTable, Requests};
use crate::args::{CommonArgs, OutputDefaults};
use crate::record::Record;
use crate::report::{Report, Table, Value};
use crate::run::{Context, Exit, Run};
use crate::time::Zone;

/// Which programs send requests
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  s3al clients logs/\n  s3al clients logs/ --status 403 --limit 0")]
pub(crate) struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

struct Clients {
    by: Dimensions,
    groups: GroupTable<Requests>,
}

impl Aggregate for Clients {
    fn add(&mut self, record: &Record<'_>) {
        self.groups.update(self.by.key(record), |requests| requests.add(record));
    }

    fn memory(&self) -> usize {
        self.groups.bytes()
    }

    fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
    }
}

/// Runs `clients`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let mut run = Run::new(context, &args.common, OutputDefaults::default())?;
    let by = Dimensions::new(vec![Dimension::Derived(Derived::Client)], 0, Zone::Utc);
    let memory = run.memory_of(1);
    let clients = run.aggregate(|| Clients { by: by.clone(), groups: GroupTable::bounded(memory) })?;
    let top = clients.groups.top(run.output.limit, |requests| requests.requests);
    let table = Table::builder("clients", "Requests by client", top)
        .group(&by, |(key, _)| key)
        .column("requests", Value::Count, |(_, requests)| requests.requests)
        .column("errors", Value::Count, |(_, requests)| requests.errors)
        .context()
        .total(clients.groups.distinct())
        .notes(clients.groups.approximation())
        .build();
    run.report(Report { name: "clients", main: table.name, tables: vec![table], ..Report::default() })
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;
    use crate::config::Config;
    use crate::environment::Environment;

    #[test]
    fn the_page_for_contributors_shows_this_file() {
        let (shown, _) = include_str!("clients.rs").split_once("\n#[cfg(test)]").expect("tests");
        assert!(include_str!("../../CONTRIBUTING.md").contains(shown));
    }

    #[test]
    fn it_runs() {
        let command = Args::augment_args(clap::Command::new("clients"));
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample");
        let typed = ["clients", folder, "--format", "json", "-q"];
        let args = Args::from_arg_matches(&command.get_matches_from(typed)).expect("arguments");
        let context = Context {
            config: Config::default(),
            environment: Environment::of_process(),
            is_rehearsal: false,
        };
        assert_eq!(run(&context, args).expect("it runs"), Exit::Done);
    }
}
