//! `parse_datetime`: times by a pattern of Joda-Time, as in Trino and Athena.

use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::make::{time_type, times_of};
use super::pattern::{of_joda, read};
use super::times::LOG_TIME;

/// How AWS's queries write the pattern of the log's times.
const LOG_PATTERN: &str = "dd/MMM/yyyy:HH:mm:ss Z";

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ParseDatetime {
    signature: Signature,
}

impl ParseDatetime {
    pub(super) fn new() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8View; 2], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ParseDatetime {
    fn name(&self) -> &str {
        "parse_datetime"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(time_type())
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // Mostly, all rows have the same pattern.
        let known = std::cell::RefCell::new((String::new(), String::new()));
        times_of(&arguments.args, &|row| {
            let [Some(text), Some(pattern)] = row else { return Ok(None) };
            let mut known = known.borrow_mut();
            if known.0 != *pattern {
                *known = ((*pattern).to_owned(), of_joda(pattern)?);
            }
            read(text, &known.1).map(Some)
        })
    }

    /// What was written as the log does and is read again is the time itself: so a window of times cuts the reading.
    fn simplify(&self, arguments: Vec<Expr>, _: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let is_log_pattern = match arguments.get(1) {
            Some(Expr::Literal(pattern, _)) => pattern.try_as_str().flatten() == Some(LOG_PATTERN),
            _ => false,
        };
        if let (true, Some(time)) = (is_log_pattern, arguments.first().and_then(written)) {
            return Ok(ExprSimplifyResult::Simplified(time));
        }
        Ok(ExprSimplifyResult::Original(arguments))
    }
}

/// The time that was written as the log does.
fn written(text: &Expr) -> Option<Expr> {
    match text {
        Expr::Cast(cast) => written(&cast.expr),
        Expr::ScalarFunction(function) if function.name() == LOG_TIME => function.args.first().cloned(),
        _ => None,
    }
}
