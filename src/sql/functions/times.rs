//! Times read and written, as other engines name it.

use std::sync::Arc;

use chrono::Utc;
use datafusion::arrow::compute::kernels::cast_utils::string_to_datetime;
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;

use super::make::{text_of_time, time};
use super::pattern::{of_mysql, read, write};

/// The name of the function that writes a time as the log does.
pub(super) const LOG_TIME: &str = "log_time";

/// How the log writes times.
const LOG_PATTERN: &str = "%d/%b/%Y:%H:%M:%S %z";

/// All of them.
pub(super) fn all() -> Vec<ScalarUDF> {
    vec![
        time(
            "date_parse",
            2,
            Arc::new(|row| match row {
                // Read, a fraction has any number of digits; written, it has six.
                [Some(text), Some(pattern)] => {
                    read(text, &of_mysql(pattern)?.replace(".%6f", "%.f")).map(Some)
                }
                _ => Ok(None),
            }),
        ),
        time(
            "from_iso8601_timestamp",
            1,
            Arc::new(|row| match row {
                [Some(text)] => {
                    // ISO 8601 lets seconds be left out.
                    let shorter = || {
                        ["%Y-%m-%dT%H:%M%#z", "%Y-%m-%dT%H:%M"].iter().find_map(|form| read(text, form).ok())
                    };
                    match string_to_datetime(&Utc, text) {
                        Ok(time) => Ok(Some(time.timestamp_millis())),
                        Err(error) => shorter().map(Some).ok_or_else(|| error.into()),
                    }
                }
                _ => Ok(None),
            }),
        ),
        text_of_time("date_format", 1, |time, row| written(time, row, of_mysql)),
        text_of_time("strftime", 1, |time, row| written(time, row, |pattern| Ok(pattern.to_owned()))),
        text_of_time(LOG_TIME, 0, |time, _| write(time, LOG_PATTERN).map(Some)),
    ]
}

fn written(
    time: i64,
    row: &[Option<&str>],
    pattern: impl Fn(&str) -> Result<String>,
) -> Result<Option<String>> {
    match row {
        [Some(text)] => write(time, &pattern(text)?).map(Some),
        _ => Ok(None),
    }
}
