//! Dividing the rest of a slice, so that it is listed in parallel.

use super::listing_context::{KeyRange, ListingContext};
use super::names::{DAY, Layout, LogName, key_at, start_of_day};
use super::store::{ListRequest, ObjectStore};
use super::window::Spans;

/// The most slices that one is divided into. Each is divided again when its first page shows that it is long: so what follows
/// a page costs little if it is short after all.
const MAX_SLICES: i64 = 4;
/// Pages that a slice is worth. Each slice can cost one page in vain.
const MIN_PAGES_PER_SLICE: f64 = 2.0;
/// The most requests that the search for source buckets may cost.
const MAX_FOLDER_LISTS: usize = 64;

/// The names of a page that lie in the window: how dense are they?
#[derive(Debug, Default)]
pub(super) struct Sample {
    base: String,
    layout: Option<Layout>,
    whole_day: bool,
    first: i64,
    last: i64,
}

impl Sample {
    /// Adds a name. Only the last base of a page counts: what comes after the page belongs to it.
    pub(super) fn add(&mut self, name: &LogName<'_>) {
        if self.layout != Some(name.layout) || self.base != name.base {
            name.base.clone_into(&mut self.base);
            self.layout = Some(name.layout);
            self.whole_day = false;
            self.first = name.time;
        }
        self.whole_day |= name.whole_day;
        self.last = name.time;
    }
}

/// Divides what follows a page into slices of equal time, if it promises several pages.
pub(super) fn by_time(sample: &Sample, rest: &KeyRange, spans: &Spans, now: i64) -> Option<Vec<KeyRange>> {
    let layout = sample.layout?;
    let span = spans.of(&sample.base);
    // A slice that was cut at the names of another base does not end by time.
    let end = [rest.end, span.last, Some(now.max(sample.last))].into_iter().flatten().min()?;
    let step = if sample.whole_day { DAY } else { 1 };
    let paged = (sample.last - sample.first).max(step);
    let left = end.saturating_sub(sample.last);
    let pages = left as f64 / paged as f64;
    let slices = ((pages / MIN_PAGES_PER_SLICE) as i64).min(MAX_SLICES).min(left / step);
    if slices < 2 {
        return None;
    }
    let mut ranges = vec![rest.clone()];
    for slice in 1..slices {
        let cut = sample.last + left / slices * slice;
        let cut = if sample.whole_day { start_of_day(cut) } else { cut };
        let key = key_at(&sample.base, layout, cut);
        let current = ranges.last_mut()?;
        let inside = key > current.after && rest.last.as_ref().is_none_or(|last| key < *last);
        if inside {
            let next = KeyRange { after: key.clone(), ..current.clone() };
            (current.last, current.end) = (Some(key), Some(cut));
            ranges.push(next);
        }
    }
    (ranges.len() > 1).then_some(ranges)
}

/// Whether the names of other source buckets can follow this key under the prefix.
pub(super) fn reaches_over_bases(prefix: &str, key: &str) -> bool {
    LogName::parse(key).is_some_and(|name| name.base.len() > prefix.len() && name.source_bucket().is_some())
}

/// What comes before `ACCOUNT/REGION/BUCKET/`.
fn root(base: &str) -> Option<&str> {
    let (rest, _bucket) = base.strip_suffix('/')?.rsplit_once('/')?;
    let (rest, _region) = rest.rsplit_once('/')?;
    let account = rest.rsplit('/').next()?;
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| &rest[..rest.len() - account.len()])
}

/// Looks for source buckets, folder by folder, and divides a range into one slice each. It is only a search for good
/// places to cut: what it misses is found by the slice that it lies in. `seen` is a key of one of them.
pub(super) async fn by_base<S: ObjectStore>(
    context: &ListingContext<S>,
    rest: &KeyRange,
    seen: &str,
) -> Option<Vec<KeyRange>> {
    let name = LogName::parse(seen)?;
    let root = root(name.base)?;
    let start = if context.prefix.len() > root.len() {
        context.prefix.rfind('/').map_or(0, |at| at + 1)
    } else {
        root.len()
    };
    let depth = name.base.get(start..)?.matches('/').count();
    let mut folders =
        vec![if context.prefix.len() > root.len() { context.prefix.clone() } else { root.to_owned() }];
    let mut searches = 0;
    for level in 0..depth {
        let mut found = Vec::new();
        for folder in folders {
            searches += 1;
            if searches > MAX_FOLDER_LISTS {
                break;
            }
            let request = ListRequest { prefix: folder, by_folder: true, ..ListRequest::default() };
            found.extend(context.list(&request).await.ok()?.folders);
        }
        if level == 0 && start == root.len() {
            found.retain(|folder| is_account(&folder[root.len().min(folder.len())..]));
        }
        folders = found;
    }
    folders.sort_unstable();
    folders.dedup();
    let mut ranges = vec![rest.clone()];
    for base in folders {
        let span = context.spans.of(&base);
        let key = match span.first {
            Some(first) => key_at(&base, Layout::Partitioned, start_of_day(first)),
            None => base,
        };
        let current = ranges.last_mut()?;
        if key > current.after && rest.last.as_ref().is_none_or(|last| key < *last) {
            let next = KeyRange { after: key.clone(), ..current.clone() };
            current.last = Some(key);
            ranges.push(next);
        }
    }
    (ranges.len() > 1).then_some(ranges)
}

fn is_account(folder: &str) -> bool {
    folder
        .strip_suffix('/')
        .is_some_and(|name| name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()))
}
