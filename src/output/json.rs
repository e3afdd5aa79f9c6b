//! JSON: one object, one row a line.

use std::io::{self, Write};

use super::cell::Cell;
use super::envelope::{self, Seam};
use super::renderer::Look;
use super::rows::Rows;
use super::sink::Sink;
use super::stream::Stream;
use crate::report::Report;
use crate::time::Zone;

/// One JSON object.
pub(super) struct Renderer;

impl super::renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        render(report, look.zone, out)
    }

    fn rows(&self, names: &[&str], look: &Look) -> Option<Rows> {
        Some(Rows::json(names.iter().copied(), look.zone))
    }

    fn stream(&self, rows: Rows, sink: Sink, report: &str, table: &'static str) -> anyhow::Result<Stream> {
        Stream::object(sink, rows, report, table)
    }

    fn holds_one_table(&self) -> bool {
        false
    }

    fn holds_tally(&self) -> bool {
        true
    }
}

/// Writes the report as one object.
fn render(report: &Report, zone: Zone, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = Vec::new();
    envelope::start(report.name, &mut buffer);
    for (place, table) in report.tables.iter().enumerate() {
        if place > 0 {
            buffer.push(b',');
        }
        envelope::start_table(table.name, &mut buffer);
        let rows = Rows::json(table.names(), zone);
        let mut seam = Seam::default();
        table.rows.for_each(|row| {
            out.write_all(&buffer)?;
            buffer.clear();
            rows.row(row.values.iter().map(Cell::from), &mut buffer);
            out.write_all(seam.join(&buffer))?;
            buffer.clear();
            Ok(())
        })?;
        envelope::end_table(&mut buffer);
    }
    let main = report.main_table().map_or("", |table| table.name);
    let charts = report.tables.iter().map(|table| (table.name, table.drawn().collect::<Vec<_>>()));
    let charts = charts.filter(|(_, charts)| !charts.is_empty()).collect();
    envelope::end(main, report.approximate(), &charts, &report.tally, &mut buffer);
    out.write_all(&buffer)
}
