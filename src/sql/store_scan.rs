//! The reading of the table `logs` where all of it is a store, and nothing but its columns is asked for.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};

use super::metered::metered;
use crate::columnar::{Column, schema_of};
use crate::filter::Selection;
use crate::run::Reader;
use crate::store::{Rows, StoreFile, divide};

/// A step of a plan that reads the columns of a store.
#[derive(Debug)]
pub(super) struct StoreScan {
    reader: Arc<Reader>,
    /// How many files there are, and how many rows.
    size: (u64, u64),
    /// The rows of each partition.
    rows: Vec<Vec<Rows>>,
    selection: Selection,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl StoreScan {
    /// Over these files, in so many partitions. Rows that are not selected may be left out. Of a file that cannot be read it is told, as
    /// of every source.
    pub(super) fn new(
        reader: Arc<Reader>,
        files: &[Arc<StoreFile>],
        columns: &[Column],
        selection: Selection,
        partitions: usize,
    ) -> Self {
        let (rows, failed) = divide(files, &selection, partitions);
        failed.iter().for_each(|(file, error)| reader.has_failed(file, error));
        let size = (files.len() as u64, files.iter().map(|file| file.rows()).sum());
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(schema_of(columns)),
            Partitioning::UnknownPartitioning(rows.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        Self { reader, size, rows, selection, properties, metrics: ExecutionPlanMetricsSet::new() }
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(self.properties.eq_properties.schema())
    }
}

impl DisplayAs for StoreScan {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.schema();
        let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(f, "StoreScan: columns=[{}], files={}", columns.join(", "), self.size.0)
    }
}

impl ExecutionPlan for StoreScan {
    fn name(&self) -> &str {
        "StoreScan"
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
        Ok(self)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition == 0 {
            self.reader.has_read_columns(self.size);
        }
        let rows = self.rows.get(partition).cloned().unwrap_or_default();
        let (schema, selection) = (self.schema(), self.selection.clone());
        let reader = Arc::clone(&self.reader);
        let batches = rows.into_iter().flat_map(move |rows| {
            let file = Arc::clone(rows.file());
            let (batches, error) = match rows.read(Arc::clone(&schema), &selection) {
                Ok(batches) => (Some(batches), None),
                Err(error) => (None, Some(error)),
            };
            let reader = Arc::clone(&reader);
            let batches = error.map(Err).into_iter().chain(batches.into_iter().flatten());
            batches
                .map_while(move |batch| batch.map_err(|error| reader.has_failed(&file, &error)).ok())
                .map(Ok)
        });
        Ok(metered(futures::stream::iter(batches), self.schema(), &self.metrics, partition))
    }
}
