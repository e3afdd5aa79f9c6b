//! `sql`: any question, in SQL.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::args::{CommonArgs, DepthArgs, OutputDefaults, Source};
use crate::output::Format;
use crate::report::{Report, Row, RowWriter, Selection, Table};
use crate::run::{Context, Exit, Run};
use crate::sql::{Cells, Engine, Explained, Parameter, Query, column_of};
use crate::value_error::did_you_mean;

/// Answer a question in SQL
///
/// The table is logs. Its columns are the fields of the log format, what is derived from them as in `top --by`, extra, source_file
/// and line_number; DESCRIBE logs lists them. A dash in the log is null.
///
/// Filters of the command line hold as well. Conditions on times, statuses, operations, requesters, addresses, keys and buckets are
/// tested while reading, and in a bucket only logs of the time asked for are downloaded. Only queries are run: nothing is written or
/// read but what the command names. Without ORDER BY, the order of groups is not defined; rows that are only chosen are in input order.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al sql \"select requester, count(*) from logs group by 1 order by 2 desc limit 9\" logs/
  s3al sql \"select * from logs where key like '%.pem' limit 5\" logs/ --format list
  s3al sql 'select count(*) from logs where requester = $who' logs/ --param who=AmazonS3
  s3al sql \"select operation, count(*) from logs group by operation\" logs/ --explain")]
pub(crate) struct Args {
    /// The query, such as \"select count(*) from logs\"
    #[arg(value_name = "QUERY")]
    query: Option<OsString>,

    /// Read the query from FILE (- for standard input)
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,

    /// A value for $name in the query. Repeat it for more
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<Parameter>,

    /// Show how the query would be run, without running it
    #[arg(long, conflicts_with = "explain_analyze")]
    explain: bool,

    /// Run the query and show what each step took, instead of the answer
    #[arg(long)]
    explain_analyze: bool,

    #[command(flatten)]
    common: CommonArgs,
}

/// `-f` names the file of the query, as in other SQL tools, and not the format.
pub(crate) fn adapt(command: clap::Command) -> clap::Command {
    command.mut_arg("format", |format| format.short(None))
}

/// Runs `sql`.
pub(crate) fn run(context: &Context, mut args: Args) -> anyhow::Result<Exit> {
    let sql = query(&mut args)?;
    let mut run = Run::new(
        context,
        &args.common,
        OutputDefaults { format: Format::Table, limit: 0, ..OutputDefaults::default() },
    )?;
    let options = run.derive(&[], DepthArgs::default())?;
    let reader = run.reader();
    let engine = Engine::new(reader.clone(), options, run.space().memory(), run.space().folder())?;
    let query = engine.plan(&sql, &args.parameters)?;
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
            run.text(&text)
        };
    }
    let schema = query.schema();
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
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

/// The query that was typed. Where it is in a file, what was typed in its place is a source.
fn query(args: &mut Args) -> anyhow::Result<String> {
    let typed = args.query.take();
    if let Some(file) = &args.file {
        if let Some(source) = typed {
            args.common.input.sources.insert(0, Source::read(source)?);
        }
        let text = if file == Path::new("-") {
            std::io::read_to_string(std::io::stdin())
        } else {
            fs::read_to_string(file)
        };
        return text.with_context(|| format!("cannot read the query from `{}`", file.display()));
    }
    let Some(typed) = typed else {
        bail!("there is no query\nfor example: s3al sql \"select count(*) from logs\" logs/");
    };
    let Some(text) = typed.to_str() else { bail!("the query is no UTF-8") };
    if !text.trim().contains(char::is_whitespace) && (Path::new(text).exists() || text.contains("://")) {
        bail!(
            "`{text}` is a source, and the query comes first\nfor example: s3al sql \"select count(*) from logs\" {text}"
        );
    }
    Ok(text.to_owned())
}
