//! Values for the names in a query: `--param name=value` for `$name`.

use std::collections::HashMap;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::logical_expr::LogicalPlan;

use crate::value_error::{ValueError, did_you_mean};

/// A name, and the value that was typed for it.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    name: String,
    value: String,
}

impl Parameter {
    /// Whether a query has its name.
    pub(crate) fn is_named_in(&self, sql: &str) -> bool {
        let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        sql.match_indices(&format!("${}", self.name)).any(|(at, found)| is_end(&sql[at + found.len()..]))
    }
}

impl FromStr for Parameter {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let invalid = || ValueError::invalid("parameter", typed, "name=value, for $name in the query");
        let (name, value) = typed.split_once('=').ok_or_else(invalid)?;
        let name = name.trim().trim_start_matches('$');
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(invalid());
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// The plan with values for its names, each of the type that the query wants there.
///
/// # Errors
/// If a name has no value or a value no name, or if a value is not of the type.
pub(super) fn bind(plan: LogicalPlan, parameters: &[Parameter]) -> anyhow::Result<LogicalPlan> {
    let wanted = plan.get_parameter_types()?;
    if wanted.is_empty() && parameters.is_empty() {
        return Ok(plan);
    }
    let names: Vec<&str> = wanted.keys().map(|name| name.trim_start_matches('$')).collect();
    let mut values = HashMap::new();
    for Parameter { name, value } in parameters {
        let Some(kind) = wanted.get(&format!("${name}")) else {
            if names.is_empty() {
                bail!("--param {name}: the query has no ${name}");
            }
            bail!("--param {name}: the query has no ${name}; {}", did_you_mean(name, names.iter().copied()));
        };
        let value = value_of(value, kind.as_ref()).with_context(|| format!("--param {name}={value}"))?;
        values.insert(name.clone(), value.into());
    }
    if let Some(missing) = names.iter().find(|name| !values.contains_key(**name)) {
        bail!("the query has ${missing}: give it a value with --param {missing}=VALUE");
    }
    Ok(plan.with_param_values(ParamValues::Map(values))?)
}

fn value_of(typed: &str, kind: Option<&DataType>) -> anyhow::Result<ScalarValue> {
    let text = ScalarValue::from(typed);
    match kind {
        Some(kind) => Ok(text.cast_to(kind)?),
        // The place takes any type, such as LIMIT or a column of the answer.
        None => Ok(typed
            .parse::<i64>()
            .map(ScalarValue::from)
            .or_else(|_| typed.parse::<f64>().map(ScalarValue::from))
            .unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values() {
        let one: Parameter = "$who=a=b".parse().unwrap();
        assert_eq!((one.name.as_str(), one.value.as_str()), ("who", "a=b"));
        assert!(
            one.is_named_in("x = $who") && one.is_named_in("$whom = $who") && !one.is_named_in("$whom who")
        );
        assert!("who".parse::<Parameter>().is_err());
        assert!("=x".parse::<Parameter>().is_err());
        assert!("a b=x".parse::<Parameter>().is_err());
        assert_eq!(value_of("7", None).unwrap(), ScalarValue::from(7_i64));
        assert_eq!(value_of("7", Some(&DataType::Utf8)).unwrap(), ScalarValue::from("7"));
        assert!(value_of("x", Some(&DataType::Int64)).is_err());
    }
}
