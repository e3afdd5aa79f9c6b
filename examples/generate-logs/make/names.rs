//! Names from numbers: requester 17 and key 4 have the same name, address and size whenever they are asked for, so that
//! millions of them need no memory.

use super::pools::{ACCOUNTS, EXTENSIONS, FOLDERS, ORIGIN_ACCESS, ROLES, SERVICES, TEAMS};
use super::rng::hash;
use super::text;

/// Numbers of requesters: the special ones first, then all others.
pub const ANONYMOUS: usize = 0;
pub const AMAZON_S3: usize = 1;
pub const FIRST_ORIGIN: usize = 2;
pub const FIRST_SERVICE: usize = FIRST_ORIGIN + ORIGIN_ACCESS.len();
pub const FIRST_OTHER: usize = FIRST_SERVICE + SERVICES.len();

/// A client's hash, by which all that belongs to it is chosen.
#[inline]
pub fn client(who: usize) -> u64 {
    hash(who as u64 ^ 0x00C1_1E47)
}

/// The text of the requester field. `canonical` is for logs older than ARNs in it.
pub fn requester(out: &mut Vec<u8>, who: usize, canonical: bool) {
    match who {
        ANONYMOUS => out.push(b'-'),
        AMAZON_S3 => out.extend_from_slice(b"AmazonS3"),
        FIRST_ORIGIN..FIRST_SERVICE => out.extend_from_slice(ORIGIN_ACCESS[who - FIRST_ORIGIN].as_bytes()),
        FIRST_SERVICE..FIRST_OTHER => out.extend_from_slice(SERVICES[who - FIRST_SERVICE].as_bytes()),
        _ => other_requester(out, who, canonical),
    }
}

fn other_requester(out: &mut Vec<u8>, who: usize, canonical: bool) {
    let bits = client(who);
    let number = (who - FIRST_OTHER) as u64;
    let form = if canonical { 99 } else { bits % 100 };
    let (partition, is_user) = match form {
        0..45 => ("aws", true),
        45..88 => ("aws", false),
        88..91 => ("aws-cn", true),
        91..93 => ("aws-us-gov", false),
        _ => {
            for place in 0..4 {
                text::hex(out, hash(bits ^ place), 16);
            }
            return;
        }
    };
    out.extend_from_slice(b"arn:");
    out.extend_from_slice(partition.as_bytes());
    out.extend_from_slice(if is_user { b":iam::" } else { b":sts::" });
    out.extend_from_slice(ACCOUNTS[(bits >> 8) as usize % ACCOUNTS.len()].as_bytes());
    if is_user {
        out.extend_from_slice(b":user/");
        out.extend_from_slice(TEAMS[(bits >> 16) as usize % TEAMS.len()].as_bytes());
        out.extend_from_slice(b"/user-");
        text::number(out, number);
    } else {
        out.extend_from_slice(b":assumed-role/");
        out.extend_from_slice(ROLES[(bits >> 16) as usize % ROLES.len()].as_bytes());
        match bits >> 24 & 3 {
            0 => out.extend_from_slice(b"/i-0"),
            1 => out.extend_from_slice(b"/user+etl=1,@"),
            _ => out.extend_from_slice(b"/botocore-session-"),
        }
        text::number(out, 1_000_000_000 + number);
    }
}

/// One of a requester's addresses. Those who sign mostly come from inside a network, the others from everywhere.
pub fn address(out: &mut Vec<u8>, who: usize, which: u64) {
    const DOCUMENTATION: [&[u8]; 3] = [b"192.0.2.", b"198.51.100.", b"203.0.113."];
    let bits = hash(client(who) ^ which);
    let form = if who == ANONYMOUS { bits % 60 } else { bits % 100 };
    match form {
        0..50 => {
            out.extend_from_slice(DOCUMENTATION[(bits >> 8) as usize % 3]);
            text::number(out, 1 + (bits >> 16) % 254);
        }
        50..60 => {
            out.extend_from_slice(b"2001:db8:");
            text::hex(out, bits >> 8, 4);
            out.push(b':');
            text::hex(out, bits >> 24, 3);
            out.extend_from_slice(b"::");
            text::hex(out, bits >> 40 | 1, 2);
        }
        _ => {
            out.extend_from_slice(b"10");
            for place in [8, 16, 24] {
                out.push(b'.');
                text::number(out, bits >> place & 255);
            }
        }
    }
}

/// An object's key, percent-encoded the given number of times: 1 as in the URI, 2 as in the key field.
pub fn key(out: &mut Vec<u8>, number: u64, times: u8) {
    let bits = hash(number ^ 0x0B1E_C700);
    let mut put = |text: &[u8]| encode(out, text, times);
    put(FOLDERS[bits as usize % FOLDERS.len()].as_bytes());
    match bits >> 8 & 15 {
        0..3 => {
            put(b"/year=2026/month=");
            text::pair(out, 1 + (bits >> 16) % 12);
            out.extend_from_slice(b"/part-");
        }
        3 => put(b"/annual report "),
        4 => put("/café-".as_bytes()),
        5 => put(b"/c++ (copy) "),
        _ => out.push(b'/'),
    }
    text::hex(out, bits >> 32, 8);
    out.push(b'-');
    text::number(out, number);
    out.extend_from_slice(EXTENSIONS[(bits >> 24) as usize % EXTENSIONS.len()].as_bytes());
}

/// Percent-encodes a text, or leaves it as it is, but for spaces, where the time for encoding had not come.
pub fn encode(out: &mut Vec<u8>, text: &[u8], times: u8) {
    for byte in text {
        match (byte, times) {
            (b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/', _) => {
                out.push(*byte)
            }
            (b' ', 0) => out.push(b'+'),
            (_, 0) => out.push(*byte),
            _ => {
                out.extend_from_slice(if times == 1 { b"%" } else { b"%25" });
                let digit = |value: u8| if value < 10 { b'0' + value } else { b'A' + value - 10 };
                out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
}

/// An object's size: around 60 kB, one in a few hundred above 50 MB, very few of hundreds of gigabytes.
pub fn size(number: u64) -> u64 {
    let bits = hash(number ^ 0x0051_2E00);
    let sum: u64 = (0..4).map(|place| bits >> (place * 16) & 0xFFFF).sum();
    let normal = (sum as f64 / 65_536.0 - 2.0) * 3_f64.sqrt();
    let size = (11.0 + 2.4 * normal).exp() as u64;
    if bits.is_multiple_of(20_011) { size * 20_000 } else { size }
}
