//! Reads what was typed, and lets only questions pass.

use anyhow::{anyhow, bail};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use datafusion::sql::sqlparser::dialect::{Dialect, DuckDbDialect, GenericDialect};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::error::{Known, explain, missing_quote};

/// How deep parentheses may go, so that none can overflow the stack.
const MAX_DEPTH: usize = 50;
/// How many operators a query may have, for the same reason: each of a row of them is one level deeper.
const MAX_OPERATORS: usize = 1_000;

/// The one question in a text.
///
/// # Errors
/// If there is none or more than one, if it cannot be read, or if it would change anything.
pub(super) fn question(sql: &str) -> anyhow::Result<Statement> {
    // The generic dialect reads most; DuckDB's reads commas before FROM, which queries for Tailpipe have.
    let mut statements = match parse(sql, &GenericDialect {}) {
        Ok(statements) => statements,
        Err(error) => parse(sql, &DuckDbDialect {}).map_err(|_| {
            let is_open = error.to_string().contains("Unterminated string");
            let missing = if is_open { missing_quote(sql) } else { None };
            missing.unwrap_or_else(|| explain(&error, sql, Known::default()))
        })?,
    };
    let operators = operators(sql);
    if operators > MAX_OPERATORS {
        bail!(
            "the query has {operators} operators (AND, OR, UNION, + and so on), and at most {MAX_OPERATORS} are planned; a list, as in \
             key IN ('a', 'b'), can have any number of values"
        );
    }
    let Some(statement) = statements.pop_front() else {
        bail!("there is no query; for example: s3al sql \"select count(*) from logs\" logs/");
    };
    if !statements.is_empty() {
        bail!("there are {} queries, and one is answered at a time", statements.len() + 1);
    }
    check(&statement)?;
    Ok(statement)
}

fn parse(
    sql: &str,
    dialect: &dyn Dialect,
) -> datafusion::error::Result<std::collections::VecDeque<Statement>> {
    let parser = DFParserBuilder::new(sql).with_dialect(dialect).with_recursion_limit(MAX_DEPTH);
    parser.build()?.parse_statements()
}

/// How many operators there are of those that can be written in a row.
fn operators(sql: &str) -> usize {
    use Keyword::{AND, EXCEPT, INTERSECT, OR, UNION};
    use Token::{Div, Minus, Mod, Mul, Plus, StringConcat};

    let is_one = |token: &Token| match token {
        Plus | Minus | Mul | Div | Mod | StringConcat => true,
        Token::Word(word) => matches!(word.keyword, AND | OR | UNION | EXCEPT | INTERSECT),
        _ => false,
    };
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().unwrap_or_default();
    tokens.iter().filter(|token| is_one(token)).count()
}

/// Refuses all that is no question.
fn check(statement: &Statement) -> anyhow::Result<()> {
    let what = match statement {
        Statement::Statement(statement) => match &**statement {
            SqlStatement::Query(_)
            | SqlStatement::ExplainTable { .. }
            | SqlStatement::ShowTables { .. }
            | SqlStatement::ShowColumns { .. }
            | SqlStatement::ShowFunctions { .. } => return Ok(()),
            SqlStatement::Explain { statement, .. } => {
                return check(&Statement::Statement(statement.clone()));
            }
            other => first_words(&other.to_string()),
        },
        Statement::Explain(explain) => return check(&explain.statement),
        Statement::CreateExternalTable(_) => "CREATE EXTERNAL TABLE".to_owned(),
        Statement::CopyTo(_) => "COPY".to_owned(),
        Statement::Reset(_) => "RESET".to_owned(),
    };
    Err(refusal(&what))
}

/// Why something is refused.
pub(super) fn refusal(what: &str) -> anyhow::Error {
    anyhow!(
        "{what} is refused: queries read the logs that the command names, and nothing else (SELECT, WITH, EXPLAIN, DESCRIBE, \
         SHOW TABLES). To write an answer to a file, use -o FILE"
    )
}

/// What a statement begins with, as people name it.
fn first_words(text: &str) -> String {
    let words = text.split_whitespace().take_while(|word| word.chars().all(|c| c.is_ascii_uppercase()));
    let words: Vec<&str> = words.take(3).collect();
    if words.is_empty() { "this statement".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_questions() {
        for sql in [
            "select 1",
            "with a as (select 1) select * from a",
            "explain select 1",
            "describe logs",
            "show tables",
            "select a, from logs",
            "select 1;",
            "values (1)",
        ] {
            question(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        for (sql, expected) in [
            ("", "there is no query"),
            ("select 1; select 2", "there are 2 queries"),
            ("copy logs to 'x.csv'", "COPY is refused"),
            ("copy (select 1) to 'x.csv'", "COPY is refused"),
            (
                "create external table t stored as csv location '/etc/passwd'",
                "CREATE EXTERNAL TABLE is refused",
            ),
            ("create table t as select 1", "CREATE TABLE"),
            ("insert into logs values (1)", "INSERT INTO"),
            ("delete from logs", "DELETE FROM is refused"),
            ("drop table logs", "DROP TABLE is refused"),
            ("set datafusion.execution.batch_size = 1", "SET is refused"),
            ("explain analyze insert into logs values (1)", "INSERT INTO"),
            ("reset datafusion.execution.batch_size", "RESET is refused"),
            (&format!("select 1{}", "+1".repeat(MAX_OPERATORS + 1)), "1001 operators"),
        ] {
            let error = question(sql).unwrap_err().to_string();
            assert!(error.contains(expected), "{sql}: {error}");
        }
    }
}
