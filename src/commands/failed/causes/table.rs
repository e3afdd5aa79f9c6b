//! The causes of failures as a table, once all is read.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::aggregate::{Merge as _, split_numbers};
use crate::record::Requester;
use crate::report::{Accent, Note, Table, Value};
use crate::semantics::DenialReason;
use crate::time::Timestamp;

use super::{BY, Causes, Refused};

/// A cause, as rows are grouped by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    DenialReason(DenialReason),
    /// A permission, of a requester from another account than the bucket's usual one.
    OtherAccount,
    /// The object was not found, and had been used with success before.
    ExistedBefore,
    /// The object was not found, and these logs show no success before.
    NeverSeen,
    /// Something else was not found: a bucket, an upload, a setting.
    OtherMissing,
}

impl Cause {
    const fn name(self) -> &'static str {
        match self {
            Self::DenialReason(refusal) => refusal.name(),
            Self::OtherAccount => "other_account",
            Self::ExistedBefore => "key_existed_before",
            Self::NeverSeen => "key_never_seen",
            Self::OtherMissing => "no_such_thing",
        }
    }
}

/// Failures of one cause, by one identity on one bucket.
struct CauseRow {
    cause: Cause,
    status: u16,
    pair: [Option<Vec<u8>>; 2],
    refused: Refused,
    /// When the first and the last success of that identity on that bucket was.
    success: Option<(Timestamp, Timestamp)>,
}

impl Causes {
    /// The account whose requesters use a bucket, for each bucket: the one that most of the identities with a success on it
    /// belong to. The log names a bucket's owner by a canonical id, which tells no account. Where two are even, none is.
    fn usual_accounts(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut counts: BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, u64>> = BTreeMap::new();
        for (key, _) in self.successes.iter() {
            let [Some(identity), Some(bucket)] = self.pair(key) else { continue };
            let Some(account) = Requester::new(&identity).account() else { continue };
            *counts.entry(bucket).or_default().entry(account.to_vec()).or_default() += 1;
        }
        let usual = counts.into_iter().filter_map(|(bucket, accounts)| {
            let most = accounts.values().max().copied()?;
            let mut with_most = accounts.into_iter().filter(|(_, count)| *count == most);
            let (account, _) = with_most.next()?;
            with_most.next().is_none().then_some((bucket, account))
        });
        usual.collect()
    }

    fn pair(&self, key: &[u8]) -> [Option<Vec<u8>>; 2] {
        <[_; 2]>::try_from(self.by.values(key)).unwrap_or_default()
    }

    /// All failures by status, cause and pair.
    fn rows(&self) -> BTreeMap<(u16, Cause, &[u8]), Refused> {
        let usual = self.usual_accounts();
        let mut rows: BTreeMap<(u16, Cause, &[u8]), Refused> = BTreeMap::new();
        for (key, refused) in self.refused.iter() {
            let (pair, [status, cause]) = split_numbers(key);
            let cause = match DenialReason::ALL.get(cause as usize) {
                Some(DenialReason::Permission) if self.is_from_elsewhere(pair, &usual) => Cause::OtherAccount,
                Some(refusal) => Cause::DenialReason(*refusal),
                None => Cause::OtherMissing,
            };
            rows.entry((status as u16, cause, pair)).or_default().merge(*refused);
        }
        for (key, times) in self.missing.iter() {
            let (pair, [object]) = split_numbers(key);
            let first = self.first_success(object);
            for time in &times.0 {
                let existed = first.is_some_and(|first| first < *time);
                let cause = if existed { Cause::ExistedBefore } else { Cause::NeverSeen };
                rows.entry((404, cause, pair)).or_default().add(*time);
            }
        }
        rows
    }

    fn is_from_elsewhere(&self, pair: &[u8], usual: &BTreeMap<Vec<u8>, Vec<u8>>) -> bool {
        let [Some(identity), Some(bucket)] = self.pair(pair) else { return false };
        let account = Requester::new(&identity).account();
        account.zip(usual.get(&bucket)).is_some_and(|(account, usual)| account != usual)
    }

    /// The causes, most frequent first.
    pub(in crate::commands::failed) fn table(&mut self, limit: usize) -> Table {
        self.add_recent();
        let mut all: Vec<_> = self.rows().into_iter().collect();
        // Stable, so ties keep the order of status, cause and pair.
        all.sort_by_key(|(_, refused)| Reverse(refused.requests));
        let total = all.len() as u64;
        let rows = all.into_iter().take(limit).map(|((status, cause, key), refused)| {
            let success = self.successes.get(key).and_then(|success| success.get());
            CauseRow { cause, status, pair: self.pair(key), refused, success }
        });
        Table::builder("by_cause", "Likely causes", rows)
            .word("cause", |row| row.cause.name())
            .column("http_status", |status: u16| Value::Integer(status.into()), |row| row.status)
            .accent(Accent::Status)
            .context()
            .dimension(BY[0], |row| row.pair[0].as_ref())
            .dimension(BY[1], |row| row.pair[1].as_ref())
            .column("requests", Value::Count, |row| row.refused.requests)
            .column("first_seen", Value::Time, |row| row.refused.seen.first)
            .detail()
            .column("last_seen", Value::Time, |row| row.refused.seen.last)
            .context()
            .column("succeeded_before", Value::Bool, |row| {
                row.success.is_some_and(|(start, _)| start < row.refused.seen.first)
            })
            .context()
            .column("succeeded_after", Value::Bool, |row| {
                row.success.is_some_and(|(_, end)| end > row.refused.seen.last)
            })
            .context()
            .total(total)
            .notes(self.notes())
            .build()
    }

    fn notes(&self) -> Vec<Note> {
        let mut notes: Vec<Note> = vec![
            "permission: missing, or denied by a policy; other_account: the same, from another account than most of \
             the bucket's users"
                .into(),
            "succeeded_before, succeeded_after: the same identity on the same bucket, before the first and after the \
             last of these"
                .into(),
        ];
        let tables =
            [self.refused.approximation(), self.missing.approximation(), self.successes.approximation()];
        notes.extend(tables.into_iter().flatten().map(Note::from));
        if self.has_more_objects {
            let unseen = "key_never_seen can be too high: --memory did not hold all objects that were used";
            notes.push(Note::Approximate(unseen.to_owned()));
        }
        notes
    }
}
