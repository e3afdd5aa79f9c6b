//! What is wrong with a query, with its place and a guess at what was meant.

use anyhow::anyhow;
use datafusion::common::{DataFusionError, SchemaError};
use regex::Regex;

use crate::value_error::{did_you_mean, nearest};

/// The error for people: the sentence, the line of the query, and a mark below the place.
pub(super) fn explain(error: &DataFusionError, sql: &str, tables: &[&str]) -> anyhow::Error {
    let text = sentence(error, tables);
    match place(error) {
        Some((line, column)) => anyhow!("{text}{}", marked(sql, line, column)),
        None => anyhow!(text),
    }
}

/// What went wrong, without what the engine says of itself.
fn sentence(error: &DataFusionError, tables: &[&str]) -> String {
    match error {
        DataFusionError::Diagnostic(_, error) => sentence(error, tables),
        DataFusionError::Context(_, error) => sentence(error, tables),
        DataFusionError::Shared(error) => sentence(error, tables),
        DataFusionError::Collection(errors) => {
            errors.first().map_or_else(|| error.to_string(), |error| sentence(error, tables))
        }
        DataFusionError::External(error) => error.to_string(),
        DataFusionError::SchemaError(schema, _) => match &**schema {
            SchemaError::FieldNotFound { field, valid_fields } => {
                let names = valid_fields.iter().map(|field| field.name.as_str());
                format!("there is no column {:?}; {}", field.name, did_you_mean(&field.name, names))
            }
            other => other.to_string(),
        },
        DataFusionError::ResourcesExhausted(_) => {
            "the query takes more memory than --memory allows, even with temporary files; give it more, or ask for less: a \
             shorter time, fewer groups"
                .to_owned()
        }
        DataFusionError::SQL(error, _) => without_place(&error.to_string()),
        DataFusionError::Plan(text) | DataFusionError::Execution(text) | DataFusionError::NotImplemented(text) => {
            match unknown_table(text) {
                Some(name) => format!("there is no table {name:?}; {}", tables_like(&name, tables)),
                None => text.replace("\nDid you mean", "; did you mean"),
            }
        }
        other => other.strip_backtrace(),
    }
}

fn tables_like(name: &str, tables: &[&str]) -> String {
    match nearest(name, tables.iter().copied()) {
        Some(found) => format!("did you mean {found}?"),
        None => "the table is logs".to_owned(),
    }
}

/// The name of a table that the engine did not find.
fn unknown_table(text: &str) -> Option<String> {
    let name = text.strip_prefix("table '")?.strip_suffix("' not found")?;
    Some(name.trim_start_matches("datafusion.").trim_start_matches("public.").to_owned())
}

/// The place in a message of the parser.
fn place_in(text: &str) -> Option<(usize, usize)> {
    let found = Regex::new(r"at Line: (\d+), Column: (\d+)").ok()?.captures(text)?;
    Some((found.get(1)?.as_str().parse().ok()?, found.get(2)?.as_str().parse().ok()?))
}

fn without_place(text: &str) -> String {
    let text = text.trim_start_matches("sql parser error: ");
    text.split(" at Line: ").next().unwrap_or(text).to_owned()
}

/// The line and the column, both from 1.
fn place(error: &DataFusionError) -> Option<(usize, usize)> {
    if let Some(span) = error.diagnostic().and_then(|diagnostic| diagnostic.span) {
        return Some((span.start.line.try_into().ok()?, span.start.column.try_into().ok()?));
    }
    match error {
        DataFusionError::SQL(error, _) => place_in(&error.to_string()),
        DataFusionError::Context(_, error) => place(error),
        _ => None,
    }
}

/// The line of the query, and a mark below the column.
fn marked(sql: &str, line: usize, column: usize) -> String {
    let Some(text) = line.checked_sub(1).and_then(|line| sql.lines().nth(line)) else { return String::new() };
    let start = column.saturating_sub(1);
    let before: String = text.chars().take(start).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let word = text.chars().skip(start).take_while(|c| c.is_alphanumeric() || *c == '_').count().max(1);
    format!(
        "\n  line {line}: {text}\n  {}{before}{}",
        " ".repeat(format!("line {line}: ").len()),
        "^".repeat(word)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_marked() {
        assert_eq!(marked("select a\nfrom b", 2, 6), "\n  line 2: from b\n               ^");
        assert_eq!(marked("select a", 3, 1), "");
        assert_eq!(place_in("Expected: x at Line: 3, Column: 12"), Some((3, 12)));
        assert_eq!(unknown_table("table 'datafusion.public.log' not found").as_deref(), Some("log"));
    }
}
