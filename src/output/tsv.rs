//! Tab-separated values.

use std::io::{self, Write};

use super::renderer::{self, Look};
use super::rows::Rows;
use crate::report::Report;

/// Rows of tab-separated values, below a line of names.
pub(super) struct Renderer;

impl renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        renderer::render_rows(self, report, look, out)
    }

    fn rows(&self, names: &[&str], look: &Look) -> Option<Rows> {
        Some(Rows::tsv(names.iter().copied(), look.zone, look.cells()))
    }
}
