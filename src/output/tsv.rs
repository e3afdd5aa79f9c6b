//! Tab-separated values: a line is a row, whatever the values hold, so `cut` and `awk` can be trusted with it.

use super::cell::Encoding;
use super::csv::Cells;
use super::sanitize::sanitize_into;

/// How TSV writes values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tsv(pub(super) Cells);

impl Encoding for Tsv {
    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.prefix(text));
        if self.0.terminal {
            // Its escapes hold those of TSV.
            sanitize_into(text, out);
        } else {
            escape(text, out);
        }
    }
}

fn escape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(place) = rest.iter().position(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b'\\')) {
        out.extend_from_slice(&rest[..place]);
        out.extend_from_slice(match rest[place] {
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            _ => b"\\\\",
        });
        rest = &rest[place + 1..];
    }
    out.extend_from_slice(rest);
}
