//! The kind of a file, by its first bytes and not by its name.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

/// The largest window that a zstd file may ask for, as a power of two: what `zstd --long=31` writes.
const ZSTD_WINDOW_LOG: u32 = 31;

/// A format in which CloudWatch Logs delivers records, and which is not read here.
pub(super) const PARQUET: &str = "Parquet";

/// How a file is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Log lines as they are.
    Plain,
    /// gzip, of any number of members.
    Gzip,
    /// Zstandard, of any number of frames.
    Zstd,
    /// A kind of file that may hold logs and is not read here; its name.
    Foreign(&'static str),
}

impl Encoding {
    /// Parquet: of a store, perhaps.
    pub(super) const PARQUET: Self = Self::Foreign(PARQUET);

    /// The kind of a file with these first bytes; six are enough.
    pub(super) fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => Self::Foreign("bzip2"),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Foreign("xz"),
            [b'P', b'K', 3, 4, ..] => Self::Foreign("zip"),
            [b'P', b'A', b'R', b'1', ..] => Self::Foreign(PARQUET),
            _ => Self::Plain,
        }
    }
}

/// A reader of the log text in `source`.
///
/// # Errors
/// If the first bytes cannot be read, or if they are of a kind that is not read here.
pub(super) fn text<'a>(mut source: impl BufRead + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    Ok(match Encoding::of(source.fill_buf()?) {
        Encoding::Plain => Box::new(source),
        Encoding::Gzip => Box::new(MultiGzDecoder::new(source)),
        Encoding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(source)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
        Encoding::Foreign(kind) => return Err(foreign(kind)),
    })
}

/// The error for a kind of file that is not read here.
pub(super) fn foreign(kind: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        match kind {
            PARQUET if cfg!(feature = "sql") => "this is Parquet, which is read from its end: neither through a pipe nor while it grows. Name the \
                        file or the store to another command, or follow the logs that it is made of"
                .to_owned(),
            PARQUET => "this is a Parquet file, which this build of s3al does not read: build it with --features sql, have the \
                        delivery write JSON (outputFormat json), or convert it to JSON lines"
                .to_owned(),
            _ => format!("this is a {kind} file; unpack it and pass the log lines"),
        },
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).expect("written to memory");
        encoder.finish().expect("written to memory")
    }

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut all = String::new();
        text(bytes)?.read_to_string(&mut all).map(|_| all)
    }

    #[test]
    fn members_and_frames_are_read_one_after_the_other() {
        let two = [gzip(b"a\n"), gzip(b"b\n")].concat();
        assert_eq!(read(&two).expect("gzip"), "a\nb\n");
        let frame = |text: &[u8]| zstd::encode_all(text, 1).expect("zstd");
        assert_eq!(read(&[frame(b"a\n"), frame(b"b\n")].concat()).expect("zstd"), "a\nb\n");
        assert_eq!(read(b"plain").expect("plain"), "plain");
        assert_eq!(read(b"").expect("empty"), "");
    }

    #[test]
    fn damage_is_an_error_and_no_silence() {
        let whole = gzip(&b"line\n".repeat(1000));
        assert!(read(&whole[..whole.len() - 9]).is_err());
        assert!(read(b"PAR1....").is_err_and(|error| error.to_string().contains("Parquet")));
    }
}
