//! The reading of the table `logs`: one pass of the engine, whose threads make batches of rows.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use tokio::sync::mpsc;

use super::metered::metered;
use super::sink::{AnyOrder, Chunks, InOrder, Sink};
use crate::columnar::{BatchBuilder, Column, schema_of};
use crate::dimension::DeriveOptions;
use crate::filter::Comparison;
use crate::run::{Pass, Reader};
use crate::scan::Reorder;
use crate::source::Cancel;

/// Batches that may wait for the query, for each thread.
const MAX_WAITING_BATCHES: usize = 2;

/// What the table reads.
#[derive(Debug)]
pub(super) struct LogSource {
    reader: Arc<Reader>,
    options: Arc<DeriveOptions>,
    /// The threads of the passes.
    passes: Mutex<Vec<JoinHandle<()>>>,
}

impl LogSource {
    pub(super) fn new(reader: Arc<Reader>, options: DeriveOptions) -> Self {
        Self { reader, options: Arc::new(options), passes: Mutex::default() }
    }

    pub(super) fn has_geoip(&self) -> bool {
        !self.options.geoip.is_empty()
    }

    /// What reads.
    pub(super) fn reader(&self) -> &Arc<Reader> {
        &self.reader
    }

    /// Waits for all passes. Those that a query does not need any more end soon.
    pub(super) fn wait(&self) {
        let passes = std::mem::take(&mut *lock(&self.passes));
        for pass in passes {
            pass.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A step of a plan that reads the table `logs`.
#[derive(Debug)]
pub(super) struct LogScan {
    source: Arc<LogSource>,
    columns: Vec<Column>,
    comparison: Option<Comparison>,
    /// The same, for people.
    conditions: String,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
    /// The pass, once a partition was asked for.
    running: Mutex<Option<Running>>,
    metrics: ExecutionPlanMetricsSet,
}

/// A pass, and where its batches come out.
#[derive(Clone, Debug)]
struct Running {
    batches: Arc<tokio::sync::Mutex<mpsc::Receiver<Result<RecordBatch>>>>,
    _end: Arc<EndOnDrop>,
}

/// Ends the pass when nobody wants its batches any more.
#[derive(Debug)]
struct EndOnDrop(Cancel);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.finish();
    }
}

impl LogScan {
    pub(super) fn new(
        source: Arc<LogSource>,
        columns: Vec<Column>,
        comparison: Option<Comparison>,
        conditions: String,
        limit: Option<usize>,
        partitions: usize,
    ) -> Self {
        // Rows are in the order of the input where it can be told: in one partition.
        let is_ordered = limit.is_some() || partitions == 1 || columns.contains(&Column::LineNumber);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema_of(&columns)),
            Partitioning::UnknownPartitioning(if is_ordered { 1 } else { source.reader.threads().max(1) }),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let properties = Arc::new(properties);
        Self {
            source,
            columns,
            comparison,
            conditions,
            limit,
            properties,
            running: Mutex::default(),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(self.properties.eq_properties.schema())
    }

    fn is_ordered(&self) -> bool {
        self.properties.partitioning.partition_count() == 1
    }

    /// Begins the pass, on threads of its own.
    fn begin(&self) -> Result<Running> {
        let reader = Arc::clone(&self.source.reader);
        let cancel = reader.cancel().of_one_pass();
        let pass = reader.begin(self.comparison.clone(), cancel.clone()).map_err(external)?;
        let (sender, batches) = mpsc::channel(MAX_WAITING_BATCHES * reader.threads().max(1));
        let (columns, options) = (self.columns.clone(), Arc::clone(&self.source.options));
        let (limit, is_ordered, end) = (self.limit, self.is_ordered(), cancel.clone());
        let thread = std::thread::spawn(move || {
            let builder = || BatchBuilder::new(&columns, Arc::clone(&options));
            let out = sender.clone();
            let read = if is_ordered {
                in_order(
                    &reader,
                    pass,
                    &builder,
                    InOrder::new(&columns, limit, sender, cancel.clone()),
                    cancel,
                )
            } else {
                in_any_order(&reader, pass, &builder, &AnyOrder::new(sender, cancel))
            };
            if let Err(error) = read {
                // Where nobody listens, nobody needs to know.
                let _ = out.blocking_send(Err(external(error)));
            }
        });
        lock(&self.source.passes).push(thread);
        let batches = Arc::new(tokio::sync::Mutex::new(batches));
        Ok(Running { batches, _end: Arc::new(EndOnDrop(end)) })
    }
}

fn external(error: anyhow::Error) -> DataFusionError {
    DataFusionError::External(error.into())
}

fn in_any_order(
    reader: &Reader,
    pass: Pass,
    builder: &dyn Fn() -> BatchBuilder,
    to: &AnyOrder,
) -> anyhow::Result<()> {
    let sinks = (0..reader.threads().max(1)).map(|_| Sink::new(builder(), to.clone())).collect();
    for sink in reader.read(pass, sinks, &|_| true)? {
        sink.end();
    }
    Ok(())
}

fn in_order(
    reader: &Reader,
    pass: Pass,
    builder: &dyn Fn() -> BatchBuilder,
    to: InOrder,
    cancel: Cancel,
) -> anyhow::Result<()> {
    let rows = Reorder::new(to, cancel, reader.memory());
    let sinks = (0..reader.threads().max(1)).map(|_| Sink::new(builder(), Chunks::new(&rows))).collect();
    reader.read(pass, sinks, &|item| rows.may_start(item))?;
    rows.finish()
}

impl DisplayAs for LogScan {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<&str> = self.columns.iter().map(|column| column.name()).collect();
        write!(f, "LogScan: columns=[{}]", columns.join(", "))?;
        if !self.conditions.is_empty() {
            write!(f, ", where={}", self.conditions)?;
        }
        self.limit.map_or(Ok(()), |limit| write!(f, ", limit={limit}"))
    }
}

impl ExecutionPlan for LogScan {
    fn name(&self) -> &str {
        "LogScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self {
            source: Arc::clone(&self.source),
            columns: self.columns.clone(),
            comparison: self.comparison.clone(),
            conditions: self.conditions.clone(),
            limit: self.limit,
            properties: Arc::clone(&self.properties),
            running: Mutex::default(),
            metrics: ExecutionPlanMetricsSet::new(),
        }))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut running = lock(&self.running);
        let running = match &*running {
            Some(running) => running.clone(),
            None => running.insert(self.begin()?).clone(),
        };
        // Any partition takes any batch, so that none waits for another.
        let batches = futures::stream::unfold(running, |running| async move {
            let batch = running.batches.lock().await.recv().await?;
            Some((batch, running))
        });
        Ok(metered(batches, self.schema(), &self.metrics, partition))
    }
}
