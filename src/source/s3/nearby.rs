//! What to tell someone who has typed a prefix below which nothing is.

use super::client::S3Client;
use super::connect::Options;
use super::error::S3Error;
use super::location::Location;
use super::retry::retry;
use super::store::{ListRequest, ObjectStore, Page};
use super::threads::Threads;
use crate::source::Cancel;
use crate::value_error::likeness;

/// So many prefixes are named at the most.
const MAX_NAMED_PREFIXES: usize = 5;

/// What is found at a location where no log was listed, of all or of those of a window of time, in words. Asks S3 once, or
/// once for each folder of the prefix.
///
/// # Errors
/// If S3 cannot be asked.
pub(crate) fn nearby(
    location: &Location,
    options: &Options,
    has_window: bool,
    cancel: &Cancel,
) -> Result<String, S3Error> {
    Threads::start()?.wait(cancel, async {
        let store = S3Client::new(&location.bucket, options).await?;
        let list = |prefix: &str| {
            let request =
                ListRequest { prefix: prefix.to_owned(), by_folder: true, ..ListRequest::default() };
            let store = &store;
            async move { retry(&options.retry_policy, &request.prefix, |_| (), || store.list(&request)).await }
        };
        say(location, has_window, list).await
    })
}

/// Asks for the pages of ever shorter prefixes until one holds something.
async fn say<F: Future<Output = Result<Page, S3Error>>>(
    location: &Location,
    has_window: bool,
    list: impl Fn(&str) -> F,
) -> Result<String, S3Error> {
    let prefix = location.prefix.as_str();
    let is_there = |page: &Page| !page.objects.is_empty() || !page.folders.is_empty();
    if is_there(&list(prefix).await?) {
        if location.has_pattern() {
            return Ok(format!(
                "there are objects below s3://{}/{prefix}, but no log that matches",
                location.bucket
            ));
        }
        let of_window = if has_window { " of that time" } else { "" };
        return Ok(format!("of the objects there, none has the name of a log{of_window}"));
    }
    let mut parent = prefix;
    while !parent.is_empty() {
        parent = &parent[..parent.trim_end_matches('/').rfind('/').map_or(0, |slash| slash + 1)];
        // Permissions can end at the prefix.
        let Ok(page) = list(parent).await else { return Ok("no object has this prefix".into()) };
        if is_there(&page) {
            return Ok(format!("no object has this prefix; {}", there(&page, prefix)));
        }
    }
    Ok("there is no object in this bucket".into())
}

/// What is there: the prefixes that are most like the one that was typed.
fn there(page: &Page, typed: &str) -> String {
    let mut there: Vec<&str> = page.folders.iter().map(String::as_str).collect();
    if there.is_empty() {
        // No folder: the objects themselves tell how names begin.
        there.extend(page.objects.iter().map(|object| object.key.as_str()));
    }
    there.sort_by_key(|name| std::cmp::Reverse(likeness(typed, name)));
    let and_more = if there.len() > MAX_NAMED_PREFIXES || page.truncated { ", ..." } else { "" };
    let named: Vec<String> = there.iter().take(MAX_NAMED_PREFIXES).map(|name| format!("{name:?}")).collect();
    format!("there are {}{and_more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;

    async fn said(keys: &[&str], prefix: &str) -> String {
        let store = Memory::new(keys.iter().copied());
        let location = Location::new("my-logs".parse().unwrap(), prefix.parse().unwrap());
        let list = |prefix: &str| {
            let request =
                ListRequest { prefix: prefix.to_owned(), by_folder: true, ..ListRequest::default() };
            let store = &store;
            async move { store.list(&request).await }
        };
        say(&location, true, list).await.unwrap()
    }

    #[tokio::test]
    async fn prefixes_that_exist_are_named() {
        let keys = ["prod/a/1", "prod/b/1", "staging/1", "test/1"];
        for (prefix, expected) in [
            ("prod/", "of the objects there, none has the name of a log of that time"),
            ("prd/", "no object has this prefix; there are \"prod/\", \"test/\", \"staging/\""),
            ("prod/c/d/", "no object has this prefix; there are \"prod/a/\", \"prod/b/\""),
        ] {
            assert_eq!(said(&keys, prefix).await, expected);
        }
        assert_eq!(said(&[], "x/").await, "there is no object in this bucket");
        assert_eq!(said(&[], "").await, "there is no object in this bucket");
        let flat = said(&["2026-08-01-a"], "x").await;
        assert_eq!(flat, "no object has this prefix; there are \"2026-08-01-a\"");
        let many: Vec<String> = (0..9).map(|number| format!("b{number}/k")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let few = said(&many, "c").await;
        assert_eq!(few.matches("\"b").count(), MAX_NAMED_PREFIXES);
        assert!(few.ends_with(", ..."), "{few}");
    }
}
