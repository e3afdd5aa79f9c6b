//! What was written, counted while writing it: the answer that a reader of the log must give.

use serde_json::{Value, json};

use super::names::{self, ANONYMOUS};
use super::ops::{OK, OUTCOMES, Op, PARTIAL};
use super::record::Record;
use super::text::Civil;

const LARGE: u64 = 50_000_000;
const MOST: usize = 50;

#[derive(Clone, Copy, Debug, Default)]
struct Requester {
    requests: u64,
    errors: u64,
    bytes_sent: u64,
}

/// The counts.
#[derive(Debug)]
pub struct Truth {
    pub lines: u64,
    pub rejected: u64,
    pub ambiguous: u64,
    records: u64,
    bytes_sent: u64,
    large: u64,
    first: u64,
    last: u64,
    requesters: Vec<Requester>,
    outcomes: [u64; OUTCOMES.len()],
    ops: Vec<u64>,
}

impl Truth {
    pub fn new(requesters: usize, ops: usize) -> Self {
        Self {
            lines: 0,
            rejected: 0,
            ambiguous: 0,
            records: 0,
            bytes_sent: 0,
            large: 0,
            first: u64::MAX,
            last: 0,
            requesters: vec![Requester::default(); requesters],
            outcomes: [0; OUTCOMES.len()],
            ops: vec![0; ops],
        }
    }

    /// Counts a record that can be read.
    pub fn add(&mut self, record: &Record, is_read: bool) {
        let is_error = OUTCOMES[record.outcome].0 >= 400;
        self.lines += 1;
        self.records += 1;
        self.bytes_sent += record.sent;
        self.outcomes[record.outcome] += 1;
        self.ops[record.op] += 1;
        self.first = self.first.min(record.time);
        self.last = self.last.max(record.time);
        let requester = &mut self.requesters[record.who];
        requester.requests += 1;
        requester.errors += u64::from(is_error);
        requester.bytes_sent += record.sent;
        let is_read = is_read && matches!(record.outcome, OK | PARTIAL);
        self.large += u64::from(is_read && record.sent >= LARGE);
    }

    /// The truth as JSON. Times are as precise as in the log.
    pub fn to_json(&self, ops: &[Op], canonical: bool, millis: bool) -> Value {
        let mut requesters: Vec<(String, &Requester)> = self
            .requesters
            .iter()
            .enumerate()
            .map(|(who, counts)| {
                let mut name = Vec::new();
                names::requester(&mut name, who, canonical);
                (String::from_utf8_lossy(&name).into_owned(), counts)
            })
            .filter(|(_, counts)| counts.requests > 0)
            .collect();
        requesters.sort_by(|(name, one), (other, two)| two.requests.cmp(&one.requests).then(name.cmp(other)));
        let top: Vec<Value> = requesters
            .iter()
            .take(MOST)
            .map(|(name, counts)| {
                json!({
                    "requester": (name != "-").then_some(name),
                    "requests": counts.requests,
                    "errors": counts.errors,
                    "bytes_sent": counts.bytes_sent,
                })
            })
            .collect();
        let outcomes = OUTCOMES.iter().zip(&self.outcomes).filter(|(_, requests)| **requests > 0);
        let outcomes: Vec<Value> = outcomes
            .map(|((status, code), requests)| {
                json!({
                    "http_status": (*status > 0).then_some(status),
                    "error_code": (*code != "-").then_some(code),
                    "requests": requests,
                })
            })
            .collect();
        let failures = OUTCOMES.iter().zip(&self.outcomes).filter(|((status, _), _)| *status >= 400);
        let ops = ops.iter().zip(&self.ops).filter(|(_, requests)| **requests > 0);
        let time = |time: u64| {
            let mut out = Vec::new();
            Civil::new(time / 1000).joined(&mut out, b"--T::");
            let text = String::from_utf8_lossy(&out).into_owned();
            (self.records > 0).then(|| {
                if millis && !time.is_multiple_of(1000) {
                    format!("{text}.{:03}Z", time % 1000)
                } else {
                    format!("{text}Z")
                }
            })
        };
        json!({
            "lines": self.lines,
            "records": self.records,
            "rejected": self.rejected,
            "ambiguous": self.ambiguous,
            "bytes_sent": self.bytes_sent,
            "failures": failures.map(|(_, requests)| requests).sum::<u64>(),
            "anonymous": self.requesters[ANONYMOUS].requests,
            "distinct_requesters": requesters.len(),
            "large_reads": self.large,
            "first": time(self.first),
            "last": time(self.last),
            "requesters": top,
            "outcomes": outcomes,
            "operations": ops.map(|(op, requests)| (op.name.to_owned(), json!(requests))).collect::<serde_json::Map<_, _>>(),
        })
    }
}
