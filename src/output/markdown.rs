//! Tables in GitHub's Markdown. Log text cannot leave its cell, and cannot become markup, HTML or a link.

use std::io::{self, Write};

use super::facts::{ColumnFacts, Facts, Forms};
use super::renderer::Look;
use super::{human, sanitize};
use crate::report::{Report, Table, Value};
use crate::time::Zone;

/// Tables under headings.
pub(super) struct Renderer;

impl super::renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        for (place, table) in report.tables.iter().enumerate() {
            if place > 0 {
                out.write_all(b"\n")?;
            }
            one(table, look.zone, out)?;
        }
        Ok(())
    }

    fn is_for_people(&self) -> bool {
        true
    }
}

fn one(table: &Table, zone: Zone, out: &mut dyn Write) -> io::Result<()> {
    let facts = Facts::of(table, zone, false)?;
    let (times, _) = facts.times(zone, Forms::Full);
    let verdict = table.verdict().map(|verdict| format!("**{}**", escape(&human::sentence(verdict))));
    let title = human::title(table, times.as_deref()).map(|title| format!("## {}", escape(&title)));
    for block in verdict.into_iter().chain(title) {
        write!(out, "{block}\n\n")?;
    }
    if table.rows.is_empty() {
        out.write_all(human::NOTHING.as_bytes())?;
    } else {
        grid(table, &facts, zone, out)?;
    }
    for block in
        human::cut(table).into_iter().chain(table.remarks().map(|note| escape(&human::sentence(note))))
    {
        write!(out, "\n\n{block}")?;
    }
    out.write_all(b"\n")
}

fn grid(table: &Table, facts: &Facts, zone: Zone, out: &mut dyn Write) -> io::Result<()> {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let headings = table.names().map(|name| escape(&sanitize(name.as_bytes()))).collect();
    let rule = |column: &ColumnFacts| if column.is_numeric() { "--:" } else { "---" }.to_owned();
    write!(out, "{}\n{}", line(headings), line(facts.columns.iter().map(rule).collect()))?;
    table.rows.for_each(|row| {
        let cell = |(value, column)| {
            let text = human::show(value, column, zone);
            if matches!(value, Value::Text(_) | Value::List(_)) { escape(&text) } else { text }
        };
        write!(out, "\n{}", line(row.values.iter().zip(&table.columns).map(cell).collect()))
    })
}

/// Escapes what Markdown gives a meaning inside of a line. GitHub makes links of bare addresses too: a colon before a
/// slash and the dot of `www.` are escaped for that.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (place, character) in text.char_indices() {
        let special = match character {
            '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '&' | '!' | '~' | '$' => true,
            ':' => text[place..].starts_with(":/"),
            '.' => place >= 3 && text.as_bytes()[place - 3..place].eq_ignore_ascii_case(b"www"),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn log_text_is_no_markup() {
        let table: &[(&str, &str)] = &[
            ("a|b", "a\\|b"),
            ("<img src=x>", "\\<img src=x\\>"),
            ("[x](http://y)", "\\[x\\](http\\://y)"),
            ("![x]", "\\!\\[x\\]"),
            ("**a** _b_ `c` ~~d~~ $e$", "\\*\\*a\\*\\* \\_b\\_ \\`c\\` \\~\\~d\\~\\~ \\$e\\$"),
            ("&lt;", "\\&lt;"),
            ("www.example.org", "www\\.example.org"),
            ("arn:aws:iam::1:user/a", "arn:aws:iam::1:user/a"),
            ("größe: ä.", "größe: ä."),
        ];
        for (text, expected) in table {
            assert_eq!(escape(text), *expected);
        }
    }
}
