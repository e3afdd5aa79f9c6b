//! What has come to a source that is followed.

use anyhow::Error;

use super::Items;

/// What has come to a source since it was looked at last.
pub(crate) struct Arrival {
    /// What is to be read.
    pub(crate) items: Items,
    /// Whether that is anything.
    pub(crate) has_items: bool,
    /// What may be good to know.
    pub(crate) notes: Vec<String>,
    /// What cannot be read, each said once: its name, and why.
    pub(crate) errors: Vec<(String, Error)>,
    /// Whether there is more already.
    pub(crate) more: bool,
    /// Whether what has come is not known to its end.
    pub(crate) is_broken: bool,
}

impl Default for Arrival {
    fn default() -> Self {
        let items = Box::new(std::iter::empty());
        Self { items, has_items: false, notes: Vec::new(), errors: Vec::new(), more: false, is_broken: false }
    }
}
