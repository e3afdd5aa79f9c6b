//! What surrounds the numbers of a page: the template, the script and the style, and the policy that lets nothing else run.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, Value, context};
use sha2::{Digest, Sha256};

use crate::output::human;
use crate::output::renderer::Look;
use crate::report::{Note, Report, Table, Tally};

/// The name ends in `.html`, for which everything that the template shows is escaped.
const TEMPLATE: (&str, &str) = ("page.html", include_str!("assets/page.html"));

/// Whoever gets a page gets a copy of uPlot, to which its license belongs.
const SCRIPT: &str = concat!(
    "/*\n",
    include_str!("assets/uPlot.LICENSE"),
    "*/\n",
    include_str!("assets/uPlot.iife.min.js"),
    "(function () {\n'use strict';\n",
    include_str!("assets/base.js"),
    include_str!("assets/values.js"),
    include_str!("assets/charts.js"),
    include_str!("assets/grid.js"),
    include_str!("assets/main.js"),
    include_str!("assets/refresh.js"),
    "})();\n",
);

const STYLE: &str = concat!(include_str!("assets/uPlot.min.css"), include_str!("assets/page.css"));

/// Writes what comes before the numbers.
pub(super) fn start(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let mut environment = Environment::new();
    environment.add_template(TEMPLATE.0, TEMPLATE.1).map_err(io::Error::other)?;
    let template = environment.get_template(TEMPLATE.0).map_err(io::Error::other)?;
    let tables: Vec<Value> = report.tables.iter().map(table).collect();
    let context = context! {
        report => report.name,
        version => env!("CARGO_PKG_VERSION"),
        zone => look.zone.name(),
        tables => tables,
        tally => tally(&report.tally),
        is_partial => report.tally.is_partial(),
        script_hash => hash(SCRIPT),
        style_hash => hash(STYLE),
        style => Value::from_safe_string(STYLE.to_owned()),
    };
    template.render_captured_to(context, out).map(|_| ()).map_err(io::Error::other)
}

/// Writes what comes after the numbers.
pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    write!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")
}

fn table(table: &Table) -> Value {
    let of = |wanted: fn(&Note) -> bool| -> Vec<String> {
        let notes = table.notes.iter().filter(|note| wanted(note));
        notes.map(|note| human::sentence(note.text())).collect()
    };
    let title = human::sentence(&table.title);
    context! {
        name => table.name,
        title => if title.is_empty() { table.name.to_owned() } else { title },
        verdicts => of(|note| matches!(note, Note::Verdict(_))),
        warnings => of(|note| matches!(note, Note::Approximate(_))),
        notes => of(|note| matches!(note, Note::Meaning(_))),
    }
}

/// What was read, in words.
fn tally(tally: &Tally) -> String {
    let mut said = vec![
        human::counted(tally.records, "record", "records"),
        human::counted(tally.files, "file", "files"),
        human::size(tally.bytes),
    ];
    for (count, what) in [
        (tally.rejected, "not readable"),
        (tally.duplicates, "left out as duplicates"),
        (tally.unread, "sources not read"),
        (tally.skipped, "objects skipped"),
    ] {
        if count > 0 {
            said.push(format!("{} {what}", human::thousands(count)));
        }
    }
    if tally.matched < tally.records {
        said.push(format!("{} passed the filters", human::thousands(tally.matched)));
    }
    said.join(", ")
}

/// The hash of a script or a style, as a policy names it.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a parser of HTML looks for in a script or a style.
    #[test]
    fn script_and_style_end_where_they_should() {
        let script = SCRIPT.to_ascii_lowercase();
        assert!(!script.contains("</script") && !script.contains("<!--"));
        assert!(!STYLE.contains("</") && !STYLE.contains("url("));
    }

    #[test]
    fn a_license_is_a_comment() {
        let (license, code) = SCRIPT.split_once("*/").unwrap();
        assert!(license.starts_with("/*\nThe MIT License") && license.contains("Copyright (c)"));
        assert!(license.trim_end().ends_with("SOFTWARE."));
        assert!(code.trim_start().starts_with("/*! https://github.com/leeoniya/uPlot"));
    }

    #[test]
    fn a_page_is_small() {
        assert!(SCRIPT.len() + STYLE.len() + TEMPLATE.1.len() < 200_000);
    }

    #[test]
    fn hashes_are_those_of_the_policy() {
        // The example of the Content Security Policy Level 3, "hash-source".
        let hash = hash("alert('Hello, world.');");
        assert_eq!(hash, "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }
}
