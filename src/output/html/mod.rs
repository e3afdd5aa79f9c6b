//! One page that opens from a file in any browser: it holds its script, its style and all numbers, and asks no network for
//! anything.
//!
//! Text of the log never is markup: it goes into the page as JSON, and the script puts it into texts of elements.

mod data;
mod page;

use std::io::{self, Write};

use super::renderer::{self, Look};
use crate::report::Report;

/// A page with all tables and their charts.
pub(super) struct Renderer;

impl renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        page::start(report, look, out)?;
        data::write(report, look, out)?;
        page::end(out)
    }

    fn is_for_people(&self) -> bool {
        true
    }

    fn holds_tally(&self) -> bool {
        true
    }
}
