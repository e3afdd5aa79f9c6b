//! `--sort`: the column that the rows of `top` are in the order of.

use std::cmp::Reverse;
use std::str::FromStr;

use anyhow::bail;

use crate::aggregate::{Combination, Dimension, KeyBuffer, Requests, SortKey};
use crate::value_error::nearest;

/// What rows are sorted by: numbers and times greatest first, texts in their own order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::commands) enum Sort {
    #[default]
    Requests,
    Errors,
    BytesSent,
    BytesReceived,
    FirstSeen,
    LastSeen,
    /// The start of the interval, earliest first.
    Time,
    /// How many different values; of what, if there are several.
    Distinct(Option<Combination>),
    /// What rows are grouped by.
    By(Dimension),
}

/// The columns that have the same names in every answer, and those that are in the same order as another.
pub(in crate::commands) const NAMES: [(&str, Sort); 11] = [
    ("requests", Sort::Requests),
    ("share", Sort::Requests),
    ("errors", Sort::Errors),
    ("bytes_sent", Sort::BytesSent),
    ("bytes", Sort::BytesSent),
    ("bytes_share", Sort::BytesSent),
    ("bytes_received", Sort::BytesReceived),
    ("first_seen", Sort::FirstSeen),
    ("last_seen", Sort::LastSeen),
    ("time", Sort::Time),
    ("distinct", Sort::Distinct(None)),
];

/// What the sum of bytes is called among rows that are those of one size each.
pub(super) const BYTES_SENT_TOTAL: &str = "bytes_sent_total";

/// What is in front of what is counted, in the name of its column.
const DISTINCT: &str = "distinct_";

impl FromStr for Sort {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let name = typed.trim().to_ascii_lowercase().replace('-', "_");
        if let Some((_, sort)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(sort.clone());
        }
        if name == BYTES_SENT_TOTAL {
            return Ok(Self::BytesSent);
        }
        // The name of a parameter is kept as it was typed.
        let typed = typed.trim();
        if let Some((_, of)) = typed.split_at_checked(DISTINCT.len()).filter(|_| name.starts_with(DISTINCT))
            && let Ok(of) = of.parse()
        {
            return Ok(Self::Distinct(Some(of)));
        }
        typed.parse().map(Self::By).map_err(|_| {
            let known = || NAMES.iter().map(|(name, _)| *name);
            // Fields are sorted by where rows are grouped by them, so a list of all of them would be no help.
            match nearest(&name, known().chain(Dimension::names())) {
                Some(meant) => format!("no such column; did you mean {meant}?"),
                None => {
                    let known: Vec<_> = known().collect();
                    format!("no such column; there are: {}, and what --by names", known.join(", "))
                }
            }
        })
    }
}

/// Where a row is among the others: the greatest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Number(u64),
    Text(Reverse<Option<Vec<u8>>>),
}

impl SortKey for Rank {
    fn write(&self, out: &mut KeyBuffer) {
        match self {
            Self::Number(number) => number.write(out),
            Self::Text(text) => text.write(out),
        }
    }
}

impl Sort {
    /// Checks that the answer has such a column.
    ///
    /// # Errors
    /// If it has none.
    pub(super) fn check(
        &self,
        by: &[Dimension],
        distinct: &[Combination],
        every: bool,
    ) -> anyhow::Result<()> {
        match self {
            Self::Time if !every => bail!("--sort time needs --every"),
            Self::Distinct(None) if distinct.len() != 1 => {
                bail!("--sort distinct needs one --distinct FIELD; of several, say distinct_FIELD")
            }
            Self::Distinct(Some(of)) if !distinct.contains(of) => {
                bail!("--sort distinct_{of} needs --distinct {of}")
            }
            Self::By(dimension) if !by.contains(dimension) => {
                bail!("--sort {dimension} needs --by {dimension}")
            }
            _ => Ok(()),
        }
    }

    /// Where a group is among the others. `distinct` counts its different values, `text` tells what is grouped by, the place of
    /// which is given, and `time` the start of its interval.
    pub(super) fn rank(
        &self,
        group: &Requests,
        (by, distinct): (&[Dimension], &[Combination]),
        counts: impl FnOnce() -> Vec<u64>,
        values: impl FnOnce() -> (i64, Vec<Option<Vec<u8>>>),
    ) -> Rank {
        let time = |millis: i64| millis.cast_unsigned() ^ (1 << 63);
        Rank::Number(match self {
            Self::Requests => group.requests,
            Self::Errors => group.errors,
            Self::BytesSent => group.bytes_sent,
            Self::BytesReceived => group.bytes_received,
            Self::FirstSeen => time(group.seen.first.millis()),
            Self::LastSeen => time(group.seen.last.millis()),
            Self::Time => !time(values().0),
            Self::Distinct(of) => {
                let place = of.as_ref().and_then(|of| distinct.iter().position(|counted| counted == of));
                counts().get(place.unwrap_or(0)).copied().unwrap_or_default()
            }
            Self::By(dimension) => {
                let place = by.iter().position(|one| one == dimension);
                let text = place.and_then(|place| values().1.into_iter().nth(place).flatten());
                return Rank::Text(Reverse(text));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Field;

    #[test]
    fn columns() {
        let by = [Dimension::Field(Field::Bucket)];
        let distinct = ["key".parse::<Combination>().unwrap(), "remote_ip+user_agent".parse().unwrap()];
        for (typed, problem) in [
            ("requests", None),
            ("Bytes-Sent", None),
            ("bucket", None),
            ("distinct_remote_ip+user_agent", None),
            ("distinct", Some("of several")),
            ("distinct_bucket", Some("--distinct bucket")),
            ("time", Some("--every")),
            ("key", Some("--by key")),
        ] {
            let sort: Sort = typed.parse().unwrap();
            let error = sort.check(&by, &distinct, false).err().map(|error| error.to_string());
            assert_eq!(error.is_some(), problem.is_some(), "{typed}");
            assert!(error.unwrap_or_default().contains(problem.unwrap_or_default()), "{typed}");
        }
        assert!("request".parse::<Sort>().unwrap_err().contains("did you mean requests?"));
        let error = "foo".parse::<Sort>().unwrap_err();
        assert!(error.ends_with("last_seen, time, distinct, and what --by names"), "{error}");
        assert_eq!(error.matches("bytes_sent").count(), 1, "{error}");
    }
}
