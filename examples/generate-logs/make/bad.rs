//! Lines that are no records. Every one must be refused; each is made so that no honest reading of it exists.

use super::record as field;
use super::{Era, Maker};

const GARBAGE: &[&[u8]] = &[
    b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code></Error>",
    b"hello",
    b"#Version: 1.0",
    b"\x1f\x8b\x08\0\0\0\0\0\xff\xfe\x80",
    b"192.0.2.7 - - [01/Aug/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 12",
    b"{}",
    b"{\"message\":\"no record\"}",
    b"- - - - - - - - - - - - - - - - -",
    b"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be b [99/Aug/2026:00:00:00 +0000] - - A B - - - - - - - - - -",
];

impl Maker {
    /// Writes a line that must be refused, mostly from the record at hand.
    pub(super) fn write_bad(&mut self) {
        if self.record.bare[0] || self.rng.chance(0.1) {
            let garbage = *self.rng.pick(GARBAGE);
            self.out.extend_from_slice(garbage);
            self.out.push(b'\n');
            return;
        }
        let mut line = Vec::with_capacity(2_000);
        if self.options.json {
            self.record.write_json(&mut line);
            line.pop();
            if self.rng.chance(0.3) {
                line.push(b'}');
            } else {
                line.truncate(self.rng.between(1, line.len() as u64 - 1) as usize);
            }
        } else {
            self.record.write_line(&mut line);
            line.pop();
            self.spoil(&mut line);
        }
        self.out.extend_from_slice(&line);
        self.out.push(b'\n');
    }

    fn spoil(&mut self, line: &mut Vec<u8>) {
        // Fields after the user agent can be missing in a good line, those before it cannot.
        let quote = line.iter().rposition(|byte| *byte == b'"').unwrap_or(0);
        let tail = self.record.count - 17;
        match self.rng.below(5) {
            0 => line.truncate(self.rng.between(1, quote as u64 - 1) as usize),
            1 if tail >= 6 => {
                let fields = self.rng.between(2, 5) as usize;
                let mut spaces = (quote..line.len()).filter(|at| line[*at] == b' ');
                let end = spaces.nth(fields).unwrap_or(line.len());
                line.truncate(end);
            }
            1 | 2 => self.glue(line, quote),
            3 if tail >= 6 && self.options.era != Era::Y2019 => {
                let shifted = line[quote..].iter().position(|byte| *byte == b' ').unwrap_or(0) + quote;
                line.splice(shifted..shifted, *b" shifted");
            }
            _ => {
                // A response with one number too few, and nothing that could be taken for it.
                let sent = &self.record.fields[field::SENT];
                let total = &self.record.fields[field::TOTAL];
                let status = &self.record.fields[field::STATUS];
                let error = &self.record.fields[field::ERROR];
                let size = &self.record.fields[field::SIZE];
                let whole =
                    [&b"\" "[..], status, b" ", error, b" ", sent, b" ", size, b" ", total, b" "].concat();
                let short = [&b"\" "[..], status, b" ", error, b" ", sent, b" ", size, b" "].concat();
                match line.windows(whole.len()).position(|window| window == whole) {
                    Some(at) => drop(line.splice(at..at + whole.len(), short)),
                    None => line.truncate(40),
                }
            }
        }
    }

    /// Two records in one line. The first is whole, or ends outside of quotes: where it ends inside, the second is
    /// nothing but what a client could have sent.
    fn glue(&mut self, line: &mut Vec<u8>, quote: usize) {
        let second = line.clone();
        let subject = line.iter().position(|byte| *byte == b'"').unwrap_or(0);
        match self.rng.below(3) {
            0 => line.truncate(self.rng.between(140, subject as u64 - 1) as usize),
            1 => line.truncate(self.rng.between(quote as u64 + 1, line.len() as u64) as usize),
            _ => {}
        }
        line.extend_from_slice(&second);
    }
}
