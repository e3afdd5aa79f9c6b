//! Writing into byte buffers without a `String` in between: most of the run is this.

use super::rng::Rng;

const UPPER: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8; 16] = b"0123456789abcdef";
const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

#[inline]
pub fn number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Two digits.
#[inline]
pub fn pair(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&[b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
}

#[inline]
pub fn hex(out: &mut Vec<u8>, bits: u64, digits: u32) {
    for place in (0..digits).rev() {
        out.push(HEX[(bits >> (place * 4) & 15) as usize]);
    }
}

/// 16 of `[0-9A-Z]`: a request id, or the end of an object name.
pub fn upper_id(out: &mut Vec<u8>, rng: &mut Rng) {
    let (mut high, mut low) = (rng.next() >> 8, rng.next() >> 8);
    for _ in 0..8 {
        out.extend_from_slice(&[UPPER[(high % 36) as usize], UPPER[(low % 36) as usize]]);
        high /= 36;
        low /= 36;
    }
}

/// `length` characters of base64, padding included.
pub fn base64(out: &mut Vec<u8>, rng: &mut Rng, length: usize) {
    let mut bits = 0;
    for place in 1..length {
        if place % 10 == 1 {
            bits = rng.next();
        }
        out.push(BASE64[(bits & 63) as usize]);
        bits >>= 6;
    }
    out.push(b'=');
}

pub fn uuid(out: &mut Vec<u8>, rng: &mut Rng) {
    let (high, low) = (rng.next(), rng.next());
    for (bits, digits) in [(high, 8), (high >> 32, 4), (high >> 48, 4), (low, 4), (low >> 16, 12)] {
        if digits != 8 {
            out.push(b'-');
        }
        hex(out, bits, digits);
    }
}

/// A moment in UTC, as numbers.
#[derive(Clone, Copy, Debug)]
pub struct Civil {
    pub year: u64,
    pub month: u64,
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
}

impl Civil {
    /// From seconds since 1970. Days are counted from 1 March of year 0, so that the leap day is a year's last.
    pub fn new(seconds: u64) -> Self {
        let (days, clock) = (seconds / 86_400 + 719_468, seconds % 86_400);
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: year + era * 400 + u64::from(month <= 2),
            month,
            day: of_year - (153 * shifted + 2) / 5 + 1,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
        }
    }

    /// `01/Aug/2026:10:30:00 +0000`
    pub fn log(self, out: &mut Vec<u8>) {
        pair(out, self.day);
        out.push(b'/');
        out.extend_from_slice(MONTHS[(self.month - 1) as usize]);
        out.push(b'/');
        number(out, self.year);
        for part in [self.hour, self.minute, self.second] {
            out.push(b':');
            pair(out, part);
        }
        out.extend_from_slice(b" +0000");
    }

    /// The six numbers with what is between them: `--T::`, or `-----` for object names; nothing for a space.
    pub fn joined(self, out: &mut Vec<u8>, between: &[u8; 5]) {
        number(out, self.year);
        let rest = [self.month, self.day, self.hour, self.minute, self.second];
        for (part, separator) in rest.into_iter().zip(between) {
            if *separator != b' ' {
                out.push(*separator);
            }
            pair(out, part);
        }
    }
}
