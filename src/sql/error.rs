//! What is wrong with a query, with its place and a guess at what was meant.

use std::io;

use anyhow::anyhow;
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, SchemaError};
use regex::Regex;

use crate::dimension::Dimension;
use crate::value_error::nearest;

/// What can be named in a query, for guesses at what was meant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known<'n> {
    /// The tables.
    pub(super) tables: &'n [&'n str],
    /// The functions.
    pub(super) functions: &'n [String],
}

/// The error for people: the sentence, the line of the query, and a mark below the place.
pub(super) fn explain(error: &DataFusionError, sql: &str, known: Known<'_>) -> anyhow::Error {
    let text = sentence(error, known);
    match place(error) {
        Some((line, column)) => anyhow!("{text}{}", marked(sql, line, column)),
        None => anyhow!(text),
    }
}

/// Where the quote in front of the pattern of a time is missing, as in a query that AWS's page has today: of such a text the parser says no
/// more than that its last quote has no other.
pub(super) fn missing_quote(sql: &str) -> Option<anyhow::Error> {
    let pattern = Regex::new(r"[,(]\s*((?:yyyy|MM|dd)[yMdHhmsaZ/:. -]*)'").ok()?;
    let pattern = pattern.captures(sql)?.get(1)?;
    let before = &sql[..pattern.start()];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some(anyhow!("a quote is missing before {:?}{}", pattern.as_str(), marked(sql, line, column)))
}

/// Whether an error is about a disk that is full: the only files that queries write are temporary.
pub(super) fn is_disk_full(error: &DataFusionError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::StorageFull) {
            return true;
        }
        cause = error.source();
    }
    // Some layers keep nothing but the text.
    error.to_string().contains("No space left on device")
}

/// What went wrong, without what the engine says of itself.
fn sentence(error: &DataFusionError, known: Known<'_>) -> String {
    match error {
        DataFusionError::Diagnostic(_, error) => sentence(error, known),
        DataFusionError::Context(_, error) => sentence(error, known),
        DataFusionError::Shared(error) => sentence(error, known),
        DataFusionError::Collection(errors) => {
            errors.first().map_or_else(|| error.to_string(), |error| sentence(error, known))
        }
        DataFusionError::External(error) => error.to_string(),
        DataFusionError::SchemaError(schema, _) => match &**schema {
            SchemaError::FieldNotFound { field, valid_fields } => {
                let names: Vec<&str> = valid_fields.iter().map(|field| field.name.as_str()).collect();
                format!("there is no column {:?}; {}", field.name, columns_like(&field.name, &names))
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
            if let Some(wrong) = wrong_values(text) {
                return wrong;
            }
            match (unknown_table(text), unknown_function(text, known.functions)) {
                (Some(name), _) => format!("there is no table {name:?}; {}", tables_like(&name, known.tables)),
                (None, Some(unknown)) => unknown,
                (None, None) => text.replace("\nDid you mean", "; did you mean"),
            }
        }
        DataFusionError::ArrowError(error, _) if matches!(**error, ArrowError::CastError(_)) => {
            let text = error.to_string();
            format!("{}; try_cast gives null instead", text.trim_start_matches("Cast error: "))
        }
        other => {
            let text = other.strip_backtrace();
            wrong_values(&text).unwrap_or(text)
        }
    }
}

/// The column that was probably meant, of these. Fields go by other names on the command line, as `status` and `ip`.
fn columns_like(name: &str, columns: &[&str]) -> String {
    let meant = name.parse::<Dimension>().ok().map(|dimension| dimension.to_string());
    match meant
        .as_deref()
        .filter(|meant| columns.contains(meant))
        .or_else(|| nearest(name, columns.iter().copied()))
    {
        _ if columns.is_empty() => "the query names no table, as in FROM logs".to_owned(),
        _ if meant.as_deref() == Some("country") && !columns.contains(&"country") => {
            "with --geoip FILE, country(remote_ip) tells it".to_owned()
        }
        Some(meant) => format!("did you mean {meant}?"),
        None => "DESCRIBE logs lists those there are".to_owned(),
    }
}

/// What the engine says of values that a function does not take, in fewer words.
fn wrong_values(text: &str) -> Option<String> {
    let pattern =
        Regex::new(r"No function matches the given name and argument types '(\w+)\((.*?)\)'\.").ok()?;
    let found = pattern.captures(text)?;
    let (name, types) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let candidate = format!("{name}(");
    let takes: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start_matches("\\t").trim())
        .filter(|line| line.starts_with(&candidate))
        .collect();
    let texts = Regex::new("(Large)?Utf8(View)?").ok()?;
    Some(format!(
        "{name} does not take ({}), but {}; cast(... as bigint) makes numbers of texts",
        texts.replace_all(types, "text"),
        texts.replace_all(&takes.join(", "), "text")
    ))
}

/// A function that the engine does not know, and what was probably meant.
fn unknown_function(text: &str, functions: &[String]) -> Option<String> {
    let name = text.strip_prefix("Invalid function '")?.split('\'').next()?;
    let meant = match name.to_ascii_lowercase().as_str() {
        "date" => "cast(... as date) makes a date of a time".to_owned(),
        "epoch" => "date_part('epoch', ...) gives seconds since 1970".to_owned(),
        "time_bucket" => "date_bin(interval '1 hour', ...) cuts time into equal parts".to_owned(),
        _ => match nearest(name, functions.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean {meant}?"),
            None => "SHOW FUNCTIONS lists those there are".to_owned(),
        },
    };
    Some(format!("there is no function {name:?}; {meant}"))
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
    let word =
        text.chars().skip(start).take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).count().max(1);
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
