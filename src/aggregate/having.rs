//! `--having`: thresholds that groups have to pass.

use std::str::FromStr;

use bytesize::ByteSize;

use super::{Combination, Requests};
use crate::value_error::ValueError;

const FORMS: &str = "one of requests, errors, bytes_sent, bytes_received, share, distinct or distinct_FIELD, then >, >=, <, <= or =, then a \
                     number: 'requests>100', 'bytes_sent>=1GB', 'share>5%'";

/// What a threshold is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Metric {
    /// How many requests.
    Requests,
    /// How many of them failed.
    Errors,
    /// Bytes sent in all.
    BytesSent,
    /// Bytes that writes brought in.
    BytesReceived,
    /// The part of all requests.
    Share,
    /// How many different values; of which field, if there are several.
    Distinct(Option<Combination>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
    Equal,
}

/// In the order in which they are looked for: the longer ones first.
const COMPARISONS: [(&str, Comparison); 5] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::Above),
    ("<", Comparison::Below),
    ("=", Comparison::Equal),
];

/// A threshold as it was typed: `requests>100`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Having {
    metric: Metric,
    comparison: Comparison,
    value: f64,
    /// What was typed.
    typed: String,
}

impl Having {
    fn wants_much(&self) -> bool {
        matches!(self.comparison, Comparison::Above | Comparison::AtLeast)
    }

    fn holds(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::Above => value > self.value,
            Comparison::AtLeast => value >= self.value,
            Comparison::Below => value < self.value,
            Comparison::AtMost => value <= self.value,
            Comparison::Equal => value == self.value,
        }
    }
}

impl FromStr for Having {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let wrong = |problem: &str| ValueError::because("threshold", typed, problem, FORMS);
        let place = typed.find(['>', '<', '=']).ok_or_else(|| wrong("no comparison"))?;
        let (name, rest) = typed.split_at(place);
        let found = COMPARISONS.into_iter().find_map(|(text, kind)| Some((rest.strip_prefix(text)?, kind)));
        let (value, comparison) = found.ok_or_else(|| wrong("no comparison"))?;
        let metric = metric(name).ok_or_else(|| wrong("unknown metric"))?;
        let value = value.trim();
        let number = match metric {
            Metric::Share => share(value),
            Metric::BytesSent | Metric::BytesReceived => {
                value.parse::<ByteSize>().ok().map(|size| size.as_u64() as f64)
            }
            _ => value.replace(['_', ','], "").parse::<u64>().ok().map(|number| number as f64),
        };
        let value = number.ok_or_else(|| wrong("no number after the comparison"))?;
        Ok(Self { metric, comparison, value, typed: typed.to_owned() })
    }
}

/// All thresholds of a run, checked against what is counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Thresholds {
    /// Each with the place of its count of different values, if it is about one.
    list: Vec<(Having, usize)>,
}

/// A threshold is about different values that are not counted, or that can be those of several fields.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSuchDistinct {
    /// It does not say of which field, and there is none.
    #[error("--having distinct needs to know of what: add --distinct FIELD")]
    None,
    /// It does not say of which field, and there are several.
    #[error("--having distinct can mean several fields: say distinct_{0}")]
    Several(Combination),
    /// Those of another field are counted.
    #[error("--having distinct_{0} needs --distinct {0}")]
    Missing(Combination),
}

impl Thresholds {
    /// Thresholds where the different values of these dimensions are counted.
    ///
    /// # Errors
    /// If one of them is about another.
    pub(crate) fn new(having: &[Having], distinct: &[Combination]) -> Result<Self, NoSuchDistinct> {
        let place = |having: &Having| {
            Ok(match (&having.metric, distinct) {
                (Metric::Distinct(None), []) => return Err(NoSuchDistinct::None),
                (Metric::Distinct(None), [first, _, ..]) => {
                    return Err(NoSuchDistinct::Several(first.clone()));
                }
                (Metric::Distinct(Some(of)), _) => {
                    let place = distinct.iter().position(|counted| counted == of);
                    place.ok_or_else(|| NoSuchDistinct::Missing(of.clone()))?
                }
                _ => 0,
            })
        };
        let list = having.iter().map(|having| Ok((having.clone(), place(having)?)));
        Ok(Self { list: list.collect::<Result<_, _>>()? })
    }

    /// Whether every group passes.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether a group passes all of them. `distinct` tells how many different values it has.
    pub(crate) fn pass(&self, group: &Requests, share: f64, distinct: impl Fn() -> Vec<u64>) -> bool {
        self.list
            .iter()
            .all(|(having, place)| having.holds(having.metric.of(group, share, &distinct, *place)))
    }
}

impl Metric {
    /// What a group has of it.
    fn of(&self, group: &Requests, share: f64, distinct: impl Fn() -> Vec<u64>, place: usize) -> f64 {
        match self {
            Self::Requests => group.requests as f64,
            Self::Errors => group.errors as f64,
            Self::BytesSent => group.bytes_sent as f64,
            Self::BytesReceived => group.bytes_received as f64,
            Self::Share => share,
            Self::Distinct(_) => distinct().get(place).map_or(0.0, |count| *count as f64),
        }
    }

    fn in_words(&self, value: f64) -> String {
        match self {
            Self::BytesSent | Self::BytesReceived => ByteSize(value as u64).display().si().to_string(),
            Self::Share => format!("{:.1} %", value * 100.0),
            _ => format!("{value}"),
        }
    }
}

/// What groups have that comes nearest to each threshold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nearest(Vec<f64>);

impl Nearest {
    /// Takes in a group.
    pub(crate) fn add(
        &mut self,
        thresholds: &Thresholds,
        group: &Requests,
        share: f64,
        distinct: impl Fn() -> Vec<u64>,
    ) {
        for (at, (having, place)) in thresholds.list.iter().enumerate() {
            let value = having.metric.of(group, share, &distinct, *place);
            match self.0.get_mut(at) {
                None => self.0.push(value),
                Some(nearest) if having.wants_much() => *nearest = nearest.max(value),
                Some(nearest) => *nearest = nearest.min(value),
            }
        }
    }

    /// `requests>100 (the most is 44)`
    pub(crate) fn in_words(&self, thresholds: &Thresholds) -> String {
        let texts = thresholds.list.iter().enumerate().map(|(at, (having, _))| {
            let typed = having.typed.trim();
            match self.0.get(at) {
                Some(value) if having.comparison != Comparison::Equal => {
                    let most = if having.wants_much() { "most" } else { "least" };
                    format!("{typed} (the {most} is {})", having.metric.in_words(*value))
                }
                _ => typed.to_owned(),
            }
        });
        texts.collect::<Vec<_>>().join(" and ")
    }
}

fn metric(name: &str) -> Option<Metric> {
    let typed = name.trim();
    let name = typed.to_ascii_lowercase().replace('-', "_");
    Some(match name.as_str() {
        "requests" => Metric::Requests,
        "errors" => Metric::Errors,
        "bytes_sent" | "bytes" => Metric::BytesSent,
        "bytes_received" => Metric::BytesReceived,
        "share" => Metric::Share,
        "distinct" => Metric::Distinct(None),
        // The name of a parameter is kept as it was typed.
        name => {
            Metric::Distinct(Some(typed[typed.len() - name.strip_prefix("distinct_")?.len()..].parse().ok()?))
        }
    })
}

/// `5%` or `0.05`.
fn share(text: &str) -> Option<f64> {
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number.trim(), 100.0));
    number.parse().ok().map(|number: f64| number / scale).filter(|share| (0.0..=1.0).contains(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds() {
        let of = Metric::Distinct(Some("remote_ip".parse().unwrap()));
        let table = [
            ("requests>100", Metric::Requests, [(100.0, false), (101.0, true)]),
            (" requests >= 1,000 ", Metric::Requests, [(999.0, false), (1000.0, true)]),
            ("errors<5", Metric::Errors, [(5.0, false), (4.0, true)]),
            ("errors<=5", Metric::Errors, [(6.0, false), (5.0, true)]),
            ("bytes_sent=1KB", Metric::BytesSent, [(1024.0, false), (1000.0, true)]),
            ("share>5%", Metric::Share, [(0.05, false), (0.051, true)]),
            ("share<=0.5", Metric::Share, [(0.51, false), (0.5, true)]),
            ("distinct>1", Metric::Distinct(None), [(1.0, false), (2.0, true)]),
            ("distinct_remote-ip>1", of, [(1.0, false), (2.0, true)]),
        ];
        for (typed, metric, cases) in table {
            let having: Having = typed.parse().unwrap();
            assert_eq!(having.metric, metric, "{typed}");
            for (value, expected) in cases {
                assert_eq!(having.holds(value), expected, "{typed} {value}");
            }
        }
        for (typed, problem) in [
            ("requests", "no comparison"),
            ("hits>1", "unknown metric"),
            ("distinct_nothing>1", "unknown metric"),
            ("distinct_param:>1", "unknown metric"),
            ("requests>", "no number"),
            ("requests>1.5", "no number"),
            ("share>5", "no number"),
            ("requests=>1", "no number"),
        ] {
            let error = typed.parse::<Having>().unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains("'requests>100'"), "{error}");
        }
    }
}
