//! Tables in GitHub's Markdown. Log text cannot leave its cell, and cannot become markup, HTML or a link.

use std::io::{self, Write};

use super::renderer::Look;
use super::{human, sanitize};
use crate::report::{Report, Table, Value};
use crate::time::Zone;

/// Tables under headings.
pub(super) struct Renderer;

impl super::renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        let tables = report.tables.iter().map(|table| one(table, look.zone));
        out.write_all(tables.collect::<Vec<_>>().join("\n").as_bytes())
    }

    fn holds_notes(&self) -> bool {
        true
    }

    fn holds_one_table(&self) -> bool {
        false
    }
}

fn one(table: &Table, zone: Zone) -> String {
    let mut blocks = Vec::new();
    blocks.extend(table.verdict().map(|verdict| format!("**{}**", escape(&human::sentence(verdict)))));
    let title = human::title(table, human::times(table, zone).as_deref());
    blocks.extend(title.map(|title| format!("## {}", escape(&title))));
    blocks.push(if table.rows.is_empty() { human::NOTHING.to_owned() } else { grid(table, zone) });
    blocks.extend(human::cut(table));
    blocks.extend(table.remarks().map(|note| escape(&human::sentence(note))));
    blocks.join("\n\n") + "\n"
}

fn grid(table: &Table, zone: Zone) -> String {
    let headings = table.names().map(|name| escape(&sanitize(name.as_bytes()))).collect();
    let rules = (0..table.columns.len())
        .map(|column| if human::is_numeric(table, column) { "--:" } else { "---" }.to_owned())
        .collect();
    let rows = table.rows.iter().map(|row| {
        let cell = |(value, column)| {
            let text = human::show(value, column, zone);
            if matches!(value, Value::Text(_) | Value::List(_)) { escape(&text) } else { text }
        };
        row.values.iter().zip(&table.columns).map(cell).collect()
    });
    let lines = [headings, rules].into_iter().chain(rows);
    lines.map(|cells: Vec<String>| format!("| {} |", cells.join(" | "))).collect::<Vec<_>>().join("\n")
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
