//! `ddl`: the statements with which other engines read a store, or Athena the raw logs.

mod columns;
mod place;
mod raw;
mod store;

use anyhow::bail;
use clap::ValueEnum;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use self::place::Place;
use super::print;
use crate::args::Source;
use crate::run::{Context, Exit};
use crate::source::s3::Options;
use crate::time::TimeArg;

/// Print the statements that register a store in another engine
///
/// For a store that convert made, as a table with the fields of the log format and date, its partition. Nothing is sent anywhere: the
/// statements are for you to run. Columns that only s3al needs are left out.
///
/// With --raw, the statement is AWS's own for logs that were never converted, with its regular expression; a folder of the
/// date-partitioned layout (ACCOUNT/REGION/BUCKET/) gets a partition for each day.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al ddl duckdb store/
  s3al ddl athena s3://my-store/logs/ --since 2026-08-01
  s3al ddl athena --raw s3://my-logs/prod/111122223333/eu-west-1/my-bucket/ --since 2026-08-01
  s3al ddl trino s3://my-store/logs/ --table lake.audit.s3_logs")]
pub(crate) struct Args {
    /// The engine that is to read it
    #[arg(value_enum)]
    engine: Engine,

    /// The store: a folder, s3://BUCKET/PREFIX or @NAME
    #[arg(value_name = "STORE", value_parser = OsStringValueParser::new().try_map(Source::read))]
    store: Source,

    /// The name of the table
    #[arg(long, value_name = "NAME")]
    table: Option<String>,

    /// The first day (UTC) that Athena looks for: 2026-08-01, 2026-08, 90d (athena)
    #[arg(long, value_name = "TIME")]
    since: Option<TimeArg>,

    /// What is named are raw logs, not a store (athena)
    #[arg(long)]
    raw: bool,
}

/// Who reads the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Athena,
    #[value(name = "duckdb")]
    DuckDb,
    Spark,
    Trino,
    #[value(name = "clickhouse")]
    ClickHouse,
}

/// Runs `ddl`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    if context.is_rehearsal {
        // Its --table is none of a report.
        return Ok(Exit::Done);
    }
    let mut sources = args.store.resolve(&context.config, &Options::default())?;
    let (Some(source), true) = (sources.pop(), sources.is_empty()) else {
        bail!("ddl is about one store: name its folder or s3://BUCKET/PREFIX");
    };
    if args.raw && args.engine != Engine::Athena {
        bail!(
            "--raw is for athena: other engines have no regular expression for lines; convert the logs first"
        );
    }
    let place = Place::of(source, !args.raw)?;
    let default = match (args.engine, args.raw) {
        (_, true) => "s3_access_logs_db.mybucket_logs",
        (Engine::Trino, _) => "hive.default.logs",
        _ => "logs",
    };
    let table = Table::read(args.table.as_deref().unwrap_or(default), args.engine)?;
    let since = args.since.map(|since| since.utc_day(context.environment.now)).transpose()?;
    let text = match (args.engine, args.raw) {
        (Engine::Athena, true) => raw::athena(&table, place.in_s3("Athena")?, since)?,
        (Engine::Athena, false) => store::athena(&table, place.in_s3("Athena")?, since)?,
        (Engine::Trino, _) => store::trino(&table, place.in_s3("Trino")?)?,
        (Engine::DuckDb, _) => store::duckdb(&table, place.without_globs()?),
        (Engine::ClickHouse, _) => store::clickhouse(&table, place.without_globs()?),
        (Engine::Spark, _) => store::spark(&table, place.without_globs()?),
    };
    print(text.as_bytes())
}

/// The name of a table: its parts, from the catalog to its own.
#[derive(Debug)]
struct Table(Vec<String>);

impl Table {
    /// # Errors
    /// If it is no name that all engines take without quotes, or has more or fewer parts than the engine wants.
    fn read(typed: &str, engine: Engine) -> anyhow::Result<Self> {
        let is_part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let parts: Vec<String> = typed.split('.').map(str::to_owned).collect();
        if !parts.iter().all(|part| is_part(part)) {
            bail!(
                "invalid --table {typed:?}: expected letters, digits and _, with dots between database and table"
            );
        }
        let (form, fits) = match engine {
            Engine::Trino => ("CATALOG.SCHEMA.TABLE", parts.len() == 3),
            Engine::Athena => ("TABLE or DATABASE.TABLE", parts.len() <= 2),
            _ => ("TABLE, DATABASE.TABLE or CATALOG.DATABASE.TABLE", parts.len() <= 3),
        };
        if !fits {
            bail!("invalid --table {typed:?}: expected {form}");
        }
        Ok(Self(parts))
    }

    /// All of it, each part in these quotes.
    fn quoted(&self, quote: char) -> String {
        self.0.iter().map(|part| format!("{quote}{part}{quote}")).collect::<Vec<_>>().join(".")
    }
}
