//! The matching requests in the combined log format of the Apache HTTP Server, for tools that read the logs of web servers.

use std::io::{self, Write};

use super::renderer::{self, Look};
use super::rows::Rows;
use crate::report::Report;

/// The lines that the rows stand for, as Apache would have written them.
pub(super) struct Renderer;

impl renderer::Renderer for Renderer {
    fn render(&self, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
        renderer::render_rows(self, report, look, out)
    }

    fn rows(&self, _names: &[&str], look: &Look) -> Option<Rows> {
        Some(Rows::combined(look.zone))
    }

    fn is_of_lines(&self) -> bool {
        true
    }
}
