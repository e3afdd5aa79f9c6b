//! `sql`: any question, in SQL.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::prompt;
use crate::args::{CommonArgs, DepthArgs, OutputDefaults, Source};
use crate::report::{Report, Row, RowWriter, Selection, Table};
use crate::run::{Context, Exit, Reader, Run};
use crate::sql::{Cells, Engine, Explained, Parameter, Query, column_of};
use crate::value_error::did_you_mean;

/// What it does where nothing is typed.
const DEFAULTS: OutputDefaults = OutputDefaults { limit: 0, ..OutputDefaults::REPORT };

/// Answer a question in SQL
///
/// The table is logs. Its columns are the fields of the log format, what is derived from them as in `top --by`, extra, source_file
/// and line_number; DESCRIBE logs lists them. A dash in the log is null.
///
/// Filters of the command line hold as well. Conditions on times, statuses, operations, requesters, addresses, keys and buckets are
/// tested while reading, and in a bucket only logs of the time asked for are downloaded. Only queries are run: nothing is written or
/// read but what the command names. Without ORDER BY, the order of groups is not defined; rows that are only chosen are in input order.
///
/// Without a query, there is a prompt for many: s3al sql logs/. History, completion with Tab, .help. What is piped in is run the same
/// way: s3al sql logs/ < questions.sql
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  s3al sql \"select operation, count(*) from logs group by operation\" logs/
  s3al sql \"select * from logs where key like '%.pem'\" logs/ --format list
  s3al sql logs/
  s3al sql \"select requester, count(*) from logs group by 1 order by 2 desc limit 9\" logs/
  s3al sql 'select count(*) from logs where requester = $who' logs/ --param who=AmazonS3
  s3al sql \"select operation, count(*) from logs group by operation\" logs/ --explain")]
#[command(mut_args(DEFAULTS.said()))]
pub(crate) struct Args {
    /// The query, such as "select count(*) from logs"
    #[arg(value_name = "QUERY")]
    query: Option<OsString>,

    /// Read the query from FILE (- for standard input)
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,

    /// A value for $name in the query. Repeat it for more
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<Parameter>,

    /// Show how the query would be run, without running it
    #[arg(long, conflicts_with = "explain_analyze")]
    explain: bool,

    /// Run the query and show what each step took, instead of the answer
    #[arg(long)]
    explain_analyze: bool,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// The stack of the thread that plans, in bytes: a thousand conditions with OR between them are a thousand deep. What is never used of it takes
/// no memory.
const PLANNER_STACK_SIZE: usize = 256 << 20;

/// `-f` names the file of the query, as in other SQL tools, and not the format.
pub(crate) fn adapt(command: clap::Command) -> clap::Command {
    command.mut_arg("format", |format| format.short(None))
}

/// Runs `sql`.
pub(crate) fn run(context: &Context, mut args: Args) -> anyhow::Result<Exit> {
    // It can be read once, and columns are looked at before the work anyway.
    if context.is_rehearsal && args.file.as_deref() == Some(Path::new("-")) {
        return Ok(Exit::Done);
    }
    let answered = || match query(context, &mut args)? {
        Some(sql) => answer(context, &args, &sql),
        None => prompt::run(context, args),
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(PLANNER_STACK_SIZE).spawn_scoped(scope, answered);
        thread
            .context("cannot start a thread")?
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What answers queries over these sources, and nothing has been read yet.
pub(super) fn engine_of(
    context: &Context,
    common: &CommonArgs,
) -> anyhow::Result<(Run, Arc<Reader>, Engine)> {
    let mut run = Run::new(context, common, DEFAULTS)?;
    let options = run.derive(&[], DepthArgs::default())?;
    let reader = run.reader();
    let engine = Engine::new(reader.clone(), options, run.space().memory(), run.space().folder())?;
    Ok((run, reader, engine))
}

/// The same names, with a number where one comes again: a row of JSON can have each only once.
fn different<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        let numbered = (1..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !all.contains(name));
        all.extend(free);
    }
    all
}

/// Answers a query.
pub(super) fn answer(context: &Context, args: &Args, sql: &str) -> anyhow::Result<Exit> {
    let (mut run, reader, engine) = engine_of(context, &args.common)?;
    let query = engine.plan(sql, &args.parameters)?;
    let explained = match (args.explain, args.explain_analyze) {
        (true, _) => Some(Explained::Plan),
        (_, true) => Some(Explained::Run),
        _ => None,
    };
    if let Some(explained) = explained.filter(|_| !context.is_rehearsal) {
        let text = run.with_progress(|| engine.explain(query, explained))?;
        run.have_read(&reader);
        return if explained == Explained::Plan {
            crate::commands::print(text.as_bytes())
        } else {
            run.text(&text, false)
        };
    }
    let schema = query.schema();
    let names = different(schema.fields().iter().map(|field| field.name().as_str()));
    let columns: Vec<usize> = chosen(&run.output.selection, &names)?;
    let stream = match context.is_rehearsal {
        true => None,
        false => run.output.stream("sql", "rows", columns.iter().map(|place| names[*place].as_str()))?,
    };
    let limit = (run.output.limit < usize::MAX).then_some(run.output.limit);
    let Some(mut stream) = stream else {
        let table = table(&run, &engine, query, limit, &names, context.is_rehearsal)?;
        run.have_read(&reader);
        return run.report(Report {
            name: "sql",
            main: table.name,
            tables: vec![table],
            ..Report::default()
        });
    };
    let rows = stream.rows().clone();
    let (mut block, mut has_rows) = (Vec::new(), false);
    run.with_progress(|| {
        engine.run(query, limit, &mut |batch| {
            let cells = Cells::new(&batch.project(&columns)?)?;
            for row in 0..batch.num_rows() {
                rows.row(cells.row(row), &mut block);
            }
            has_rows |= batch.num_rows() > 0;
            stream.write(&block)?;
            block.clear();
            Ok(true)
        })
    })?;
    run.have_read(&reader);
    run.end_stream(stream, has_rows)
}

/// The table of the answer, for formats that want all rows.
fn table(
    run: &Run,
    engine: &Engine,
    query: Query,
    limit: Option<usize>,
    names: &[String],
    is_rehearsal: bool,
) -> anyhow::Result<Table> {
    let schema = query.schema();
    let columns = schema.fields().iter().map(|field| column_of(field.name(), field.data_type())).collect();
    let space = run.space().clone();
    let mut rows = RowWriter::new(&space);
    if !is_rehearsal {
        run.with_progress(|| {
            engine.run(query, limit, &mut |batch| {
                let cells = Cells::new(batch)?;
                for row in 0..batch.num_rows() {
                    rows.push(Row::from(cells.values(row, names)))?;
                }
                Ok(true)
            })
        })?;
    }
    Ok(Table { name: "rows", title: "Rows".to_owned(), columns, rows: rows.finish(), ..Table::default() })
}

/// The places of the columns that were asked for; of all, if none were.
fn chosen(selection: &Selection, names: &[String]) -> anyhow::Result<Vec<usize>> {
    if selection.columns.is_empty() {
        return Ok((0..names.len()).collect());
    }
    let place = |typed: &String| {
        let found = names.iter().position(|name| name.eq_ignore_ascii_case(typed.trim()));
        found.with_context(|| {
            let hint = did_you_mean(typed, names.iter().map(String::as_str));
            format!("--columns: the answer has no column {typed:?}; {hint}")
        })
    };
    selection.columns.iter().map(place).collect()
}

/// The query that was typed, if there is one. Where it is in a file, or is to come from standard input, what was typed in its
/// place is a source.
fn query(context: &Context, args: &mut Args) -> anyhow::Result<Option<String>> {
    const EXAMPLE: &str = "for example: s3al sql \"select count(*) from logs\"";
    let typed = args.query.take();
    let is_source = typed.as_ref().is_some_and(|typed| is_source(typed));
    let has_more = context.environment.stdin_is_terminal || context.environment.stdin_is_given;
    if let Some(typed) = typed.as_ref().filter(|_| args.file.is_some() || is_source && has_more) {
        args.common.input.sources.insert(0, Source::read(typed.clone())?);
    }
    match (&args.file, typed) {
        (Some(file), _) => {
            let text = if file == Path::new("-") {
                std::io::read_to_string(std::io::stdin())
            } else {
                fs::read_to_string(file)
            };
            text.map(Some).with_context(|| format!("cannot read the query from `{}`", file.display()))
        }
        (None, None) if !has_more => bail!("there is no query\n{EXAMPLE} logs/"),
        (None, Some(typed)) if is_source && !has_more => {
            let name = typed.to_string_lossy();
            bail!("`{name}` is a source, and the query comes first\n{EXAMPLE} {name}")
        }
        (None, Some(typed)) if !is_source => match typed.into_string() {
            Ok(text) => Ok(Some(text)),
            Err(_) => bail!("the query is no UTF-8"),
        },
        (None, _) => Ok(None),
    }
}

/// Whether what stands in the place of the query names logs.
fn is_source(typed: &OsStr) -> bool {
    let Some(text) = typed.to_str() else { return Path::new(typed).exists() };
    let is_word = !text.trim().contains(char::is_whitespace);
    is_word && (text == "-" || text.starts_with('@') || text.contains("://") || Path::new(text).exists())
}
