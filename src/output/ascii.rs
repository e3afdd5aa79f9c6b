//! What stands for our own signs in a terminal that cannot show them: one character for one, so that all stays aligned.

use std::io::{self, Write};

/// Writes texts on in ASCII, as far as our own signs go. Each has to come whole.
pub(super) struct Ascii<'a>(pub(super) &'a mut dyn Write);

impl Write for Ascii<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(buffer) {
            Ok(text) => self.0.write_all(ascii(text).as_bytes())?,
            Err(_) => self.0.write_all(buffer)?,
        }
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The text with lines, bars and ellipses in ASCII.
pub(super) fn ascii(text: &str) -> String {
    text.chars().map(replaced).collect()
}

fn replaced(sign: char) -> char {
    match sign {
        '─' => '-',
        '…' => '~',
        '█' | '▉' | '▊' | '▋' | '▌' => '#',
        '▍' | '▎' | '▏' => ' ',
        // Steps of a sparkline; the eighth is a full block.
        '▁' => '_',
        '▂' => '.',
        '▃' => ':',
        '▄' => '-',
        '▅' => '=',
        '▆' => '+',
        '▇' => '*',
        // Shades of a heat map.
        '·' => '.',
        '░' => ':',
        '▒' => 'o',
        '▓' => '8',
        '×' => 'x',
        '÷' => '/',
        '²' => '2',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_become_ascii_and_texts_stay() {
        assert_eq!(ascii("key…txt ──"), "key~txt --");
        assert_eq!(ascii("▁▂▃▄▅▆▇█ █▌ ░▒▓█"), "_.:-=+*# ## :o8#");
        assert_eq!(ascii("plain é"), "plain é");
    }
}
