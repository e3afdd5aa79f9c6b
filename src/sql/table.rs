//! The table `logs`, as the planner of queries sees it.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExecBuilder;

use super::pushdown::comparison;
use super::scan::{LogScan, LogSource};
use super::store_scan::StoreScan;
use crate::columnar::{Column, schema_of};
use crate::dimension::Dimension;
use crate::filter::{Comparison, Filter};
use crate::record::Field;

/// All records of the sources.
#[derive(Debug)]
pub(super) struct LogTable {
    source: Arc<LogSource>,
    columns: Vec<Column>,
    schema: SchemaRef,
}

impl LogTable {
    pub(super) fn new(source: Arc<LogSource>) -> Self {
        let has_geoip = source.has_geoip();
        // A column that is null everywhere says nothing.
        let is_known = |column: &Column| match column {
            Column::Dimension(dimension) => has_geoip || !dimension.needs_geoip(),
            _ => true,
        };
        let columns: Vec<Column> = Column::all().filter(is_known).collect();
        let schema = schema_of(&columns);
        Self { source, columns, schema }
    }

    /// The plan where all is a store, and nothing is asked for but what has a column there.
    fn of_store(
        &self,
        state: &dyn Session,
        columns: &[Column],
        filters: &[Expr],
        comparison: Option<&Comparison>,
        limit: Option<usize>,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let has_column = |column: &Column| {
            matches!(column, Column::Dimension(Dimension::Field(_)) | Column::Extra | Column::Date)
        };
        if !columns.iter().all(has_column) {
            return Ok(None);
        }
        let reader = self.source.reader();
        let files = reader.store_files();
        if files.is_empty() {
            return Ok(None);
        }
        let mut read = columns.to_vec();
        for name in filters.iter().flat_map(Expr::column_refs) {
            if let Some(column) = self.columns.iter().find(|column| column.name() == name.name)
                && !read.contains(column)
            {
                read.push(*column);
            }
        }
        let filter = Filter::default();
        let filter = match comparison {
            Some(comparison) => filter.with_comparison(comparison.clone()),
            None => filter,
        };
        let selection = filter.selection();
        let partitions =
            if limit.is_some() { 1 } else { reader.threads().min(state.config().target_partitions()).max(1) };
        let scan = StoreScan::new(Arc::clone(reader), &files, &read, selection, partitions);
        let Some(condition) = conjunction(filters.to_vec()) else { return Ok(Some(Arc::new(scan))) };
        let schema = DFSchema::try_from(schema_of(&read))?;
        let condition = state.create_physical_expr(condition, &schema)?;
        let filter = FilterExecBuilder::new(condition, Arc::new(scan))
            .apply_projection(Some((0..columns.len()).collect()))?
            .build()?;
        Ok(Some(Arc::new(filter)))
    }

    fn comparison(&self, condition: &Expr) -> Option<Comparison> {
        let field = |name: &str| {
            self.columns.iter().find_map(|column| match column {
                Column::Dimension(Dimension::Field(field)) if field.name() == name => Some(*field),
                _ => None,
            })
        };
        comparison(condition, &field as &dyn Fn(&str) -> Option<Field>)
    }
}

#[async_trait::async_trait]
impl TableProvider for LogTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match self.comparison(filter) {
            Some(_) => TableProviderFilterPushDown::Exact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = match projection {
            Some(places) => places.iter().filter_map(|place| self.columns.get(*place).copied()).collect(),
            None => self.columns.clone(),
        };
        let comparisons: Vec<Comparison> =
            filters.iter().filter_map(|filter| self.comparison(filter)).collect();
        let conditions: Vec<String> = filters.iter().map(ToString::to_string).collect();
        let comparison = (!comparisons.is_empty()).then_some(Comparison::And(comparisons));
        let partitions = state.config().target_partitions();
        if let Some(plan) = self.of_store(state, &columns, filters, comparison.as_ref(), limit)? {
            return Ok(plan);
        }
        let scan = LogScan::new(
            Arc::clone(&self.source),
            columns,
            comparison,
            conditions.join(" AND "),
            limit,
            partitions,
        );
        Ok(Arc::new(scan))
    }
}
