//! The matching lines of the log, as they are.

use super::sanitize::sanitize_into;

/// Appends a line. To a pipe it goes byte for byte.
pub(super) fn line(line: &[u8], terminal: bool, out: &mut Vec<u8>) {
    if terminal {
        sanitize_into(line, out);
    } else {
        out.extend_from_slice(line);
    }
    out.push(b'\n');
}
