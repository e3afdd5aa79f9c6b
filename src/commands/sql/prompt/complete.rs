//! What the tab key completes: tables where tables are named, and else columns, functions and the words of SQL.

use std::borrow::Cow;

use anstyle::Style;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use super::dot::{COMMANDS, modes};
use super::statements::{ends_inside, is_whole};
use crate::sql::Names;

/// Words that questions begin with.
const FIRST_WORDS: [&str; 6] = ["describe", "explain", "select", "show", "values", "with"];

/// Words of SQL that questions are made of.
const WORDS: [&str; 45] = [
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "cast",
    "cross",
    "desc",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "filter",
    "from",
    "full",
    "group",
    "having",
    "ilike",
    "in",
    "inner",
    "intersect",
    "interval",
    "is",
    "join",
    "left",
    "like",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "over",
    "partition",
    "select",
    "then",
    "true",
    "union",
    "using",
    "when",
    "where",
];

/// After these come names of tables.
const BEFORE_TABLES: [&str; 4] = ["from", "join", "describe", "desc"];

/// Helps whoever types.
pub(super) struct Assistant {
    names: Names,
    files: FilenameCompleter,
}

impl Assistant {
    pub(super) fn new(names: Names) -> Self {
        Self { names, files: FilenameCompleter::new() }
    }

    /// What could stand from `start` on; the text ends where the cursor is.
    fn candidates(&self, text: &str) -> (usize, Vec<String>) {
        let statement = text.rfind(';').map_or(0, |place| place + 1);
        if ends_inside(text) {
            return (text.len(), Vec::new());
        }
        let start = text
            .rfind(|c: char| !is_of_name(c))
            .map_or(0, |place| place + text[place..].chars().next().map_or(1, char::len_utf8));
        let before = text[statement.min(start)..start].trim_end();
        let wants_table = {
            let last = before.rsplit(|c: char| !is_of_name(c)).next().unwrap_or_default();
            BEFORE_TABLES.iter().any(|word| last.eq_ignore_ascii_case(word))
        };
        if wants_table {
            return (start, matching(&text[start..], self.names.tables.iter().map(String::as_str)));
        }
        // A column can have the name of its table in front.
        let start = text[start..].rfind('.').map_or(start, |place| start + place + 1);
        let word = &text[start..];
        let words = |words: &[&str]| {
            let is_upper = !word.is_empty() && word.chars().all(|c| !c.is_lowercase());
            let found = matching(word, words.iter().copied()).into_iter();
            found.map(|word| if is_upper { word.to_uppercase() } else { word }).collect::<Vec<_>>()
        };
        if before.is_empty() {
            return (start, words(&FIRST_WORDS));
        }
        let mut found = matching(word, self.names.columns.iter().map(String::as_str));
        if !word.is_empty() && !text[..start].ends_with('.') {
            found.extend(
                matching(word, self.names.functions.iter().map(String::as_str))
                    .into_iter()
                    .map(|name| name + "("),
            );
            found.extend(words(&WORDS));
        }
        (start, found)
    }

    /// The same within a command of the prompt; `None` where it names a file.
    fn of_dot(&self, text: &str) -> Option<(usize, Vec<String>)> {
        let start = text.rfind(' ').map_or(0, |place| place + 1);
        let word = &text[start..];
        let formats = modes().map(|(_, name)| name.get_name().to_owned());
        let found = match text.split(' ').next().unwrap_or_default() {
            _ if start == 0 => COMMANDS.iter().map(|command| format!(".{}", command.name)).collect(),
            ".mode" => formats.collect(),
            ".timer" => vec!["on".to_owned(), "off".to_owned()],
            ".schema" => self.names.tables.clone(),
            ".output" | ".read" => return None,
            _ => Vec::new(),
        };
        Some((start, matching(word, found.iter().map(String::as_str))))
    }
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '.'
}

/// Those names that begin so, in whatever case.
fn matching<'a>(start: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let begins = |name: &&str| name.get(..start.len()).is_some_and(|name| name.eq_ignore_ascii_case(start));
    names.filter(begins).map(str::to_owned).collect()
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, place: usize, context: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let text = &line[..place];
        let (start, found) = match text.starts_with('.') {
            true => match self.of_dot(text) {
                Some(found) => found,
                None => return self.files.complete(line, place, context),
            },
            false => self.candidates(text),
        };
        let pair = |name: String| Pair { display: name.clone(), replacement: name };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(if is_whole(context.input()) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

/// What stands on a line that goes on with a query, until something is typed there.
pub(super) struct GoesOn;

impl Hint for GoesOn {
    fn display(&self) -> &str {
        "... a semicolon ends the query"
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Assistant {
    type Hint = GoesOn;

    fn hint(&self, line: &str, place: usize, _: &Context<'_>) -> Option<GoesOn> {
        (place == line.len() && line.ends_with('\n') && !ends_inside(line)).then_some(GoesOn)
    }
}

impl Highlighter for Assistant {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let dim = Style::new().dimmed();
        Cow::Owned(format!("{dim}{hint}{dim:#}"))
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: rustyline::CompletionType) -> Cow<'c, str> {
        Cow::Borrowed(candidate)
    }
}

impl Helper for Assistant {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_can_stand_there() {
        let assistant = Assistant::new(Names {
            tables: names(&["logs", "aws_s3_server_access_log", "s3_access_logs_db.mybucket_logs"]),
            columns: names(&["bucket", "request_id", "requester"]),
            functions: names(&["regexp_like", "count"]),
        });
        let table: [(&str, usize, &[&str]); 16] = [
            ("select * from l", 14, &["logs"]),
            ("select * from s3_access_logs_db.m", 14, &["s3_access_logs_db.mybucket_logs"]),
            ("select * from logs JOIN a", 24, &["aws_s3_server_access_log"]),
            ("select req", 7, &["request_id", "requester"]),
            ("select RE", 7, &["request_id", "requester", "regexp_like("]),
            ("select l.req", 9, &["request_id", "requester"]),
            ("select cou", 7, &["count("]),
            ("SEL", 0, &["SELECT"]),
            ("select 1; sel", 10, &["select"]),
            ("select count(b", 13, &["bucket", "between", "by"]),
            ("select 'req", 11, &[]),
            ("select * from logs where ", 25, &["bucket", "request_id", "requester"]),
            ("select -- req", 13, &[]),
            ("select é,buc", 10, &["bucket"]),
            ("", 0, &FIRST_WORDS),
            ("select 1 UN", 9, &["UNION"]),
        ];
        for (text, start, expected) in table {
            assert_eq!(assistant.candidates(text), (start, names(expected)), "{text}");
        }
        for (text, start, expected) in [
            (".m", 0, &[".mode"][..]),
            (".mode nd", 6, &["ndjson"]),
            // What it would refuse is not offered.
            (".mode c", 6, &["csv"]),
            (".timer o", 7, &["on", "off"]),
            (".schema l", 8, &["logs"]),
            (".help x", 6, &[]),
        ] {
            assert_eq!(assistant.of_dot(text), Some((start, names(expected))), "{text}");
        }
        assert_eq!(assistant.of_dot(".read x"), None);
    }

    #[test]
    fn a_line_that_goes_on_says_so_until_something_is_typed() {
        let assistant = Assistant::new(Names { tables: vec![], columns: vec![], functions: vec![] });
        let history = rustyline::history::MemHistory::new();
        let says = |line: &str| assistant.hint(line, line.len(), &Context::new(&history)).is_some();
        assert!(says("select 1\n") && says("select 1\nfrom a\n"));
        assert!(!says("select 1") && !says("select 1\nf") && !says("select '\n"));
    }
}
