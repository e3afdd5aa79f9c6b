//! The names of the members of a JSON record.
//!
//! Source: AWS, "Log format in CloudWatch Logs" (Amazon S3 User Guide).

use wide::u8x16;

use crate::record::Field;

/// The meaning of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// A field, under the name that AWS gives it.
    Aws(Field),
    /// A field, under our own name, which differs: `s3al export` writes it.
    Own(Field),
    /// None of the fields.
    Extra,
}

/// The names of members that are known: those of AWS in the order of the fields, our own where they differ, and those of
/// AWS that are no field.
const NAMES: [(&str, Member); 36] = [
    ("bucket_owner_id", Member::Aws(Field::BucketOwner)),
    ("bucket_name", Member::Aws(Field::Bucket)),
    ("request_time", Member::Aws(Field::Timestamp)),
    ("remote_ip", Member::Aws(Field::RemoteIp)),
    ("requester", Member::Aws(Field::Requester)),
    ("request_id", Member::Aws(Field::RequestId)),
    ("operation", Member::Aws(Field::Operation)),
    ("key_name", Member::Aws(Field::Key)),
    ("request_uri", Member::Aws(Field::RequestUri)),
    ("http_status", Member::Aws(Field::HttpStatus)),
    ("error_code", Member::Aws(Field::ErrorCode)),
    ("bytes_sent_size", Member::Aws(Field::BytesSent)),
    ("object_size", Member::Aws(Field::ObjectSize)),
    ("total_duration", Member::Aws(Field::TotalTime)),
    ("turn_around_duration", Member::Aws(Field::TurnAroundTime)),
    ("referer", Member::Aws(Field::Referer)),
    ("user_agent", Member::Aws(Field::UserAgent)),
    ("version_id", Member::Aws(Field::VersionId)),
    ("host_id", Member::Aws(Field::HostId)),
    ("signature_version", Member::Aws(Field::SignatureVersion)),
    ("cipher_suite", Member::Aws(Field::CipherSuite)),
    ("authentication_type", Member::Aws(Field::AuthenticationType)),
    ("host_header", Member::Aws(Field::HostHeader)),
    ("tls_version", Member::Aws(Field::TlsVersion)),
    ("access_point_arn", Member::Aws(Field::AccessPointArn)),
    ("acl_required", Member::Aws(Field::AclRequired)),
    ("source_region", Member::Aws(Field::SourceRegion)),
    ("bucket_owner", Member::Own(Field::BucketOwner)),
    ("bucket", Member::Own(Field::Bucket)),
    ("timestamp", Member::Own(Field::Timestamp)),
    ("key", Member::Own(Field::Key)),
    ("bytes_sent", Member::Own(Field::BytesSent)),
    ("total_time", Member::Own(Field::TotalTime)),
    ("turn_around_time", Member::Own(Field::TurnAroundTime)),
    ("schema_version_id", Member::Extra),
    ("bucket_arn", Member::Extra),
];

/// The meaning of a member with this name.
pub(super) fn member(name: &[u8]) -> Member {
    place(name).map_or(Member::Extra, |place| NAMES[place].1)
}

/// The field that a member with this name holds.
#[cfg(feature = "sql")]
pub(crate) fn field_of(name: &str) -> Option<Field> {
    match member(name.as_bytes()) {
        Member::Aws(field) | Member::Own(field) => Some(field),
        Member::Extra => None,
    }
}

/// Whether AWS gives this name to a member of a record.
pub(super) fn is_aws(name: &[u8]) -> bool {
    place(name).is_some_and(|place| !matches!(NAMES[place].1, Member::Own(_)))
}

/// The name that AWS gives to a field.
pub(super) fn aws_name(field: Field) -> &'static str {
    NAMES[field.index()].0
}

fn place(name: &[u8]) -> Option<usize> {
    NAMES.iter().position(|(known, _)| known.as_bytes() == name)
}

/// Which member follows which. All records of a delivery have the same members in the same order, so that a name has to be
/// compared with one other only.
#[derive(Debug)]
pub(super) struct Order {
    /// For each known name, the place of the one that followed it last.
    next: [u8; PLACES],
}

/// More than there are names, so that no place has to be checked.
const PLACES: usize = 64;

/// The place of all unknown names, and of what is before the first member.
const UNKNOWN: usize = NAMES.len();

impl Default for Order {
    fn default() -> Self {
        Self { next: [UNKNOWN as u8; PLACES] }
    }
}

impl Order {
    /// The name here, if it is the one that usually follows `before`.
    #[inline(always)]
    pub(super) fn guess(&self, before: &Pattern, text: &[u8; PATTERN]) -> Option<&'static Pattern> {
        let pattern = PATTERNS.get(usize::from(self.next[usize::from(before.place) % PLACES]))?;
        let ([a, b], [c, d]) = (halves(text), halves(&pattern.text));
        let same = a.simd_eq(c).to_bitmask() | b.simd_eq(d).to_bitmask() << HALF;
        (same & pattern.mask == pattern.mask).then_some(pattern)
    }

    /// The name that follows the one `before`; learnt for the next record.
    #[inline(never)]
    pub(super) fn learn(&mut self, before: &Pattern, name: &[u8]) -> &'static Pattern {
        let Some(found) = place(name) else { return &UNKNOWN_NAME };
        self.next[usize::from(before.place) % PLACES] = found as u8;
        &PATTERNS[found]
    }
}

/// Longer than any name with its quotes and colon.
pub(super) const PATTERN: usize = 2 * HALF;
const HALF: usize = 16;

/// A name as records write it, and its meaning.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Pattern {
    /// `"name":`, and zeros.
    text: [u8; PATTERN],
    /// A bit for each byte that counts.
    mask: u32,
    /// How many those are.
    pub(super) len: u8,
    /// Its place among the names.
    place: u8,
    /// The place of its field, or [`NO_FIELD`].
    pub(super) field: u8,
    /// A bit for its field, if it is one; and [`OWN_TIME`].
    pub(super) bit: u32,
}

/// A bit for the time under our own name.
pub(super) const OWN_TIME: u32 = 1 << 30;

/// The place of what is no field.
pub(super) const NO_FIELD: u8 = 31;

/// The pattern of unknown names, and of what is before the first member.
pub(super) static UNKNOWN_NAME: Pattern = NO_NAME;

const NO_NAME: Pattern =
    Pattern { text: [0; PATTERN], mask: 0, len: 0, place: UNKNOWN as u8, field: NO_FIELD, bit: 0 };

static PATTERNS: [Pattern; NAMES.len()] = {
    let mut patterns = [const { NO_NAME }; NAMES.len()];
    let mut place = 0;
    while place < NAMES.len() {
        let name = NAMES[place].0.as_bytes();
        let pattern = &mut patterns[place];
        pattern.text[0] = b'"';
        let mut at = 0;
        while at < name.len() {
            pattern.text[1 + at] = name[at];
            at += 1;
        }
        pattern.text[1 + at] = b'"';
        pattern.text[2 + at] = b':';
        pattern.len = at as u8 + 3;
        pattern.mask = (1 << pattern.len) - 1;
        pattern.place = place as u8;
        if let Member::Aws(field) | Member::Own(field) = NAMES[place].1 {
            pattern.field = field.index() as u8;
            pattern.bit = 1 << field.index();
        }
        if matches!(NAMES[place].1, Member::Own(Field::Timestamp)) {
            pattern.bit |= OWN_TIME;
        }
        place += 1;
    }
    patterns
};

#[inline(always)]
fn halves(text: &[u8; PATTERN]) -> [u8x16; 2] {
    let (halves, _) = text.as_chunks::<HALF>();
    [u8x16::new(halves[0]), u8x16::new(halves[1])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_name_of_aws_and_its_own() {
        for field in Field::ALL {
            assert_eq!(NAMES[field.index()].1, Member::Aws(field));
            let own =
                if NAMES[field.index()].0 == field.name() { Member::Aws(field) } else { Member::Own(field) };
            assert_eq!(member(field.name().as_bytes()), own);
        }
        assert_eq!(member(b"bucket_arn"), Member::Extra);
        assert_eq!(member(b"novel"), Member::Extra);
        assert!(is_aws(b"bucket_arn") && is_aws(b"host_id") && !is_aws(b"timestamp") && !is_aws(b"novel"));
    }

    #[test]
    fn a_wrong_guess_is_no_wrong_answer() {
        let mut order = Order::default();
        for name in ["bucket_name", "novel", "bucket_name", "key", "bucket_name", "operation", "key"] {
            for before in PATTERNS.iter().chain([&UNKNOWN_NAME]) {
                let learnt = order.learn(before, name.as_bytes());
                assert_eq!(usize::from(learnt.place), place(name.as_bytes()).unwrap_or(UNKNOWN));
                for other in ["novel", "key", "key_name", "bucket_name", "operation"] {
                    let text = format!("{:32}", format!("\"{other}\":1"));
                    let guess = order.guess(before, text.as_bytes().first_chunk().expect("32 bytes"));
                    // The guess is what is there.
                    assert!(guess.is_none_or(|guess| {
                        place(other.as_bytes()) == Some(guess.place.into())
                            && usize::from(guess.len) == other.len() + 3
                    }));
                    assert!(other != name || name == "novel" || guess.is_some());
                }
            }
        }
    }
}
