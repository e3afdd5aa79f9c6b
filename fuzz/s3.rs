//! Keys of objects.

#[path = "../src/source/s3/deliveries.rs"]
mod deliveries;
#[path = "../src/source/s3/names.rs"]
mod names;
#[path = "../src/source/s3/mirror/path.rs"]
mod path;

use std::path::{Component, Path};

use deliveries::DeliveryName;
use names::{LogName, Span, SpanPosition};

/// Stands for the errors of the SDK, which no name leads to.
pub mod error {
    #[derive(Debug)]
    pub enum S3Error {}

    impl std::fmt::Display for S3Error {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match *self {}
        }
    }
}

/// Where an object's time lies, no listing jumps over it; and no key is stored elsewhere than below the folder, or at the place of
/// another.
pub fn check(key: &str) {
    if let Some(name) = LogName::parse(key) {
        let all = Span { first: None, last: None };
        assert!(name.position(all) == SpanPosition::Inside, "{key}");
        let end = name.end_of_base();
        assert!(end.as_str() > key, "{key}: {end}");
        // What comes before the time is before the name, too.
        let later = Span { first: Some(name.time), last: None };
        assert!(name.skip(later).is_none_or(|to| to.as_str() > key), "{key}");
        let _ = (LogName::delivery(key), name.source_bucket());
    }
    for prefix in ["", "AWSLogs/111122223333/", key] {
        if let Some(name) = DeliveryName::parse(key, prefix) {
            assert!(name.position(Span { first: None, last: None }) == SpanPosition::Inside, "{key}");
        }
    }
    let folder = Path::new("/mirror");
    if let Ok(place) = path::local(folder, key) {
        let below = place.strip_prefix(folder).expect("below the folder");
        assert!(below.components().all(|part| matches!(part, Component::Normal(_))), "{key:?}");
        assert!(!below.starts_with(path::STATE_FOLDER), "{key:?}");
        assert_eq!(path::key(below).as_deref(), Some(key));
    }
}
