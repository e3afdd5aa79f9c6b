//! The functions that queries about logs need: our own, and those that queries for Athena, Trino and DuckDB call by other names.

mod logs;
mod make;
mod parse_datetime;
mod pattern;
mod times;

use std::sync::Arc;

use datafusion::execution::context::SessionContext;
use datafusion::functions_aggregate::approx_percentile_cont::approx_percentile_cont_udaf;
use datafusion::logical_expr::ScalarUDF;

use crate::semantics::Geoip;

/// Makes them known.
pub(super) fn register(context: &SessionContext, geoip: &Geoip) {
    let all = logs::all(geoip)
        .into_iter()
        .chain(times::all())
        .chain([ScalarUDF::from(parse_datetime::ParseDatetime::new())]);
    all.for_each(|function| context.register_udf(function));
    // Trino calls it so.
    context.register_udaf(approx_percentile_cont_udaf().as_ref().clone().with_aliases(["approx_percentile"]));
}

/// A function from texts.
type OfTexts<T> = Arc<dyn Fn(&[Option<&str>]) -> datafusion::error::Result<Option<T>> + Send + Sync>;
