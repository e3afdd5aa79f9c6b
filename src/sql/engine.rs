//! The engine of queries: plans them, and runs them over the sources.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::context::{SQLOptions, SessionContext};
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionConfig;
use futures::StreamExt as _;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc;

use super::error::{Known, explain, is_disk_full};
use super::parameters::{Parameter, bind};
use super::scan::LogSource;
use super::statement::{question, refusal};
use super::table::LogTable;
use super::{functions, views};
use crate::dimension::DeriveOptions;
use crate::run::{Exit, Reader};
use crate::source::Cancel;
use crate::source::s3::S3Error;

/// The name of the table of all records.
const TABLE: &str = "logs";

/// The stack of a thread that computes steps, in bytes; what is never used of it takes no memory.
const WORKER_STACK_SIZE: usize = 128 << 20;

/// How often a query that waits looks for Ctrl-C.
const CANCEL_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Answers queries.
pub(crate) struct Engine {
    context: SessionContext,
    source: Arc<LogSource>,
    /// Waits for what the workers send. They have threads of their own: a step of a query can take minutes, and who waits for it is to
    /// hear Ctrl-C meanwhile.
    waiting: Runtime,
    workers: Handle,
    /// There until the end.
    ending: Option<Runtime>,
    cancel: Cancel,
    /// Where temporary files go.
    folder: PathBuf,
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A query that was given up ends with the step that it is in; nobody waits for that.
        if let Some(runtime) = self.ending.take() {
            runtime.shutdown_background();
        }
    }
}

/// A query that can be run.
pub(crate) struct Query {
    sql: String,
    plan: LogicalPlan,
}

/// What can be named in queries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// The tables.
    pub tables: Vec<String>,
    /// Their columns, each once.
    pub columns: Vec<String>,
    /// The functions.
    pub functions: Vec<String>,
}

/// Which plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Explained {
    /// The one that would be run.
    Plan,
    /// The one that was run, with what each step took.
    Run,
}

impl Query {
    /// The names and types of the columns of its answer.
    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::clone(self.plan.schema().inner())
    }
}

impl Engine {
    /// An engine over what `reader` reads. What `memory` bytes do not hold goes to temporary files in `folder`.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn new(
        reader: Arc<Reader>,
        options: DeriveOptions,
        memory: usize,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let threads = reader.threads().max(1);
        let disk =
            DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![folder.to_owned()]));
        let pool = TrackConsumersPool::new(FairSpillPool::new(memory), NonZeroUsize::MIN);
        let environment =
            RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).with_disk_manager_builder(disk);
        let mut config = SessionConfig::new().with_target_partitions(threads).with_information_schema(true);
        config.options_mut().sql_parser.collect_spans = true;
        // What a sort keeps for its merge is not to be more than there is.
        let reserved = &mut config.options_mut().execution.sort_spill_reservation_bytes;
        *reserved = (*reserved).min(memory / (8 * threads));
        let context = SessionContext::new_with_config_rt(config, environment.build_arc()?);
        let cancel = reader.cancel().clone();
        functions::register(&context, &options.geoip);
        let source = Arc::new(LogSource::new(reader, options));
        context.register_table(TABLE, Arc::new(LogTable::new(Arc::clone(&source))))?;
        let waiting = Builder::new_current_thread().enable_time().build()?;
        waiting.block_on(views::register(&context))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_stack_size(WORKER_STACK_SIZE)
            .enable_all()
            .build()?;
        Ok(Self {
            context,
            source,
            waiting,
            workers: runtime.handle().clone(),
            ending: Some(runtime),
            cancel,
            folder: folder.to_owned(),
        })
    }

    /// All that can be named in queries.
    ///
    /// # Errors
    /// If the engine does not know its own tables.
    pub(crate) fn names(&self) -> anyhow::Result<Names> {
        let mut columns: Vec<String> = Vec::new();
        for table in views::NAMES {
            let schema = self.waiting.block_on(self.context.table_provider(table))?.schema();
            for field in schema.fields() {
                if !columns.contains(field.name()) {
                    columns.push(field.name().clone());
                }
            }
        }
        let tables = views::NAMES.map(str::to_owned).to_vec();
        Ok(Names { tables, columns, functions: self.functions() })
    }

    fn functions(&self) -> Vec<String> {
        let state = self.context.state();
        let scalar = state.scalar_functions().keys();
        let functions =
            scalar.chain(state.aggregate_functions().keys()).chain(state.window_functions().keys());
        // Those with other signs are operators.
        let is_name = |name: &&String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let functions: BTreeSet<String> = functions.filter(is_name).cloned().collect();
        functions.into_iter().collect()
    }

    fn explain_error(&self, error: &DataFusionError, sql: &str) -> anyhow::Error {
        if is_disk_full(error) {
            let folder = self.folder.display();
            return anyhow::anyhow!(
                "no space is left in `{folder}` for what --memory does not hold: set TMPDIR to a folder with more room, give more with --memory, \
                 or ask for less"
            );
        }
        explain(error, sql, Known { tables: &views::NAMES, functions: &self.functions() })
    }

    /// Plans a query.
    ///
    /// # Errors
    /// If it cannot be read, names what there is not, or is no question.
    pub(crate) fn plan(&self, sql: &str, parameters: &[Parameter]) -> anyhow::Result<Query> {
        let statement = question(sql)?;
        let explain = |error: DataFusionError| self.explain_error(&error, sql);
        let plan =
            self.waiting.block_on(self.context.state().statement_to_plan(statement)).map_err(explain)?;
        let allowed =
            SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        allowed.verify_plan(&plan).map_err(|_| refusal("what this query does"))?;
        Ok(Query { sql: sql.to_owned(), plan: bind(plan, parameters)? })
    }

    /// Runs a query, and hands on its rows as they come.
    ///
    /// # Errors
    /// If it fails, is interrupted, or if `take` fails. `take` says whether it wants more.
    pub(crate) fn run(
        &self,
        query: Query,
        limit: Option<usize>,
        take: &mut dyn FnMut(&RecordBatch) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let Query { sql, plan } = query;
        let ran = self.waiting.block_on(self.run_plan(&sql, plan, limit, take));
        if !self.cancel.is_interrupted() {
            self.source.wait();
        }
        ran
    }

    async fn run_plan(
        &self,
        sql: &str,
        plan: LogicalPlan,
        limit: Option<usize>,
        take: &mut dyn FnMut(&RecordBatch) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let explain = |error: DataFusionError| self.explain_error(&error, sql);
        let mut frame = self.frame(plan);
        if limit.is_some() {
            frame = frame.limit(0, limit).map_err(explain)?;
        }
        let (sender, mut batches) = mpsc::channel(1);
        let work = self.workers.spawn(async move {
            match frame.execute_stream().await {
                Ok(mut stream) => {
                    while let Some(batch) = stream.next().await {
                        if sender.send(batch).await.is_err() {
                            return;
                        }
                    }
                }
                // Where nobody listens, nobody needs to know.
                Err(error) => drop(sender.send(Err(error)).await),
            }
        });
        loop {
            let batch = tokio::select! {
                batch = batches.recv() => batch,
                () = self.interrupted() => None,
            };
            // Where the reading ended early, what follows from it is not what was asked for.
            if self.cancel.is_interrupted() {
                work.abort();
                bail!(self.interruption());
            }
            let is_last = match batch {
                Some(batch) => !take(&batch.map_err(explain)?)?,
                None => true,
            };
            if is_last {
                break;
            }
        }
        work.abort();
        match work.await {
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            _ => Ok(()),
        }
    }

    /// The plan as it runs: rows that are only chosen come in the order of the input, and all else on all threads.
    fn frame(&self, plan: LogicalPlan) -> DataFrame {
        let state = self.context.state();
        if !is_of_rows(&plan) {
            return DataFrame::new(state, plan);
        }
        let config =
            state.config().clone().with_target_partitions(1).with_create_default_catalog_and_schema(false);
        DataFrame::new(SessionStateBuilder::new_from_existing(state).with_config(config).build(), plan)
    }

    async fn interrupted(&self) {
        while !self.cancel.is_interrupted() {
            tokio::time::sleep(CANCEL_POLL_INTERVAL).await;
        }
    }

    fn interruption(&self) -> S3Error {
        S3Error::Interrupted { terminated: Exit::interrupted(&self.cancel) == Exit::Terminated }
    }

    /// The plan of a query, as text.
    ///
    /// # Errors
    /// If it cannot be made, or if the query fails.
    pub(crate) fn explain(&self, query: Query, explained: Explained) -> anyhow::Result<String> {
        let Query { sql, plan } = query;
        let mut text = String::new();
        let frame = self.frame(plan).explain(false, explained == Explained::Run);
        let plan = frame.map_err(|error| self.explain_error(&error, &sql))?.into_unoptimized_plan();
        let mut take = |batch: &RecordBatch| {
            let cells = super::Cells::new(batch)?;
            for row in 0..batch.num_rows() {
                for cell in cells.row(row) {
                    if let crate::output::Cell::Text(cell) = cell {
                        text.push_str(String::from_utf8_lossy(cell).trim_end());
                        text.push('\n');
                    }
                }
            }
            Ok(true)
        };
        self.run(Query { sql, plan }, None, &mut take)?;
        Ok(text)
    }
}

/// Whether a plan only chooses rows, so that they can come in the order of the input.
fn is_of_rows(plan: &LogicalPlan) -> bool {
    let mut is_of_rows = true;
    let looked = plan.apply_with_subqueries(|plan| {
        is_of_rows &= matches!(
            plan,
            LogicalPlan::Projection(_)
                | LogicalPlan::Filter(_)
                | LogicalPlan::TableScan(_)
                | LogicalPlan::SubqueryAlias(_)
                | LogicalPlan::Limit(_)
                | LogicalPlan::Explain(_)
                | LogicalPlan::Analyze(_)
        );
        Ok(TreeNodeRecursion::Continue)
    });
    looked.is_ok() && is_of_rows
}
