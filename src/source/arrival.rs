//! What has come to a source that is followed.

use anyhow::Error;

use super::Items;

/// What has come to a source since it was looked at last.
pub struct Arrival {
    /// What is to be read.
    pub items: Items,
    /// Whether that is anything.
    pub has_items: bool,
    /// What may be good to know.
    pub notes: Vec<String>,
    /// What cannot be read, each said once: its name, and why.
    pub errors: Vec<(String, Error)>,
    /// Whether there is more already.
    pub more: bool,
    /// Whether what has come is not known to its end.
    pub is_broken: bool,
}

impl Default for Arrival {
    fn default() -> Self {
        let items = Box::new(std::iter::empty());
        Self { items, has_items: false, notes: Vec::new(), errors: Vec::new(), more: false, is_broken: false }
    }
}
