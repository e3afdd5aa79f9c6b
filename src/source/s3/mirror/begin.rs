//! Where a run begins, and why.

use std::collections::HashMap;
use std::path::Path;

use super::folder;
use super::state::LocationState;
use super::{Mirroring, date};
use crate::source::s3::location::Location;
use crate::source::s3::names::DAY;
use crate::source::s3::session::present;
use crate::source::s3::window::Spans;

/// Where a run begins.
#[derive(Debug)]
pub(super) struct Begin {
    pub(crate) spans: Spans,
    /// Why there, if it is not what was typed or the only place to begin.
    pub(crate) why: Option<String>,
}

/// Where each base begins: at the typed time, or by what is there and what is known of it.
pub(super) fn begin(
    location: &Location,
    dir: &Path,
    what: &Mirroring,
    state: &LocationState,
) -> anyhow::Result<Begin> {
    let all = Spans { any_name: what.any_name, ..what.window.into() };
    let whole = |why: Option<String>| Ok(Begin { spans: all.clone(), why });
    // What a pattern chooses says nothing about what another one has left out.
    if what.window.since.is_some() || location.has_pattern() {
        return whole(None);
    }
    if what.verify {
        return whole(Some("compares everything with the bucket (--verify)".to_owned()));
    }
    let mut there = folder::newest_by_base(dir, location.prefix.as_str(), present() + DAY)?;
    let Some(complete) = &state.complete else {
        let why = match (&state.unfinished, there.is_empty()) {
            (Some(_), _) => Some("begins where the last run did, which did not finish".to_owned()),
            (None, false) => Some(format!(
                "begins with the first log: nothing tells that {location} was fetched into this folder before"
            )),
            (None, true) => None,
        };
        return whole(why);
    };
    if let Some(since) = complete.since {
        let since = date(since);
        return whole(Some(format!(
            "begins with the first log: earlier runs have left out what is before {since}"
        )));
    }
    let lookback = i64::try_from(what.lookback.as_secs()).unwrap_or(i64::MAX);
    let mut first_by_base: HashMap<String, Option<i64>> = HashMap::new();
    for (base, newest) in &complete.newest {
        // The files may have been deleted since: then what is there tells, or all of the base is missing.
        let first = there.remove(base).map(|there| there.min(*newest).begin(lookback));
        // None is the beginning of all, and less than any time.
        let first = state.unfinished.as_ref().map_or(first, |run| run.first(base).min(first));
        first_by_base.insert(base.clone(), first);
    }
    let why = match first_by_base.values().min() {
        None => None,
        Some(_) if state.unfinished.is_some() => {
            Some("begins where the last run did, which did not finish".to_owned())
        }
        Some(None) => {
            Some("begins with the first log: the newest of an earlier run are no longer there".to_owned())
        }
        Some(Some(first)) => Some(format!(
            "begins at {}, --lookback before the newest log of an earlier run; --verify compares everything",
            date(*first)
        )),
    };
    Ok(Begin { spans: Spans { first_by_base, ..all }, why })
}
