//! What a scan took, for `--explain-analyze`.

use std::time::Instant;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{Stream, StreamExt as _};

/// The same batches. Their rows are counted, and the time that the query waited for them.
pub(super) fn metered(
    batches: impl Stream<Item = Result<RecordBatch>> + Send + 'static,
    schema: SchemaRef,
    metrics: &ExecutionPlanMetricsSet,
    partition: usize,
) -> SendableRecordBatchStream {
    let state = (Box::pin(batches), BaselineMetrics::new(metrics, partition));
    let batches = futures::stream::unfold(state, |(mut batches, metrics)| async move {
        let started = Instant::now();
        let batch = batches.next().await;
        metrics.elapsed_compute().add_elapsed(started);
        let batch = batch?;
        if let Ok(batch) = &batch {
            metrics.record_output(batch.num_rows());
        }
        Some((batch, (batches, metrics)))
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, batches))
}
