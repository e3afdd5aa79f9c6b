//! The sources of one generation.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::ledger::Ledger;
use crate::source::{Item, Items};
use crate::store::Input;

/// The items of a generation: as many as come until they have so many bytes.
pub(super) struct Portion {
    pub(crate) items: Arc<Mutex<std::iter::Peekable<Items>>>,
    pub(crate) ledger: Arc<Ledger>,
    /// How many bytes there may still be.
    pub(crate) left: u64,
    /// What is to be remembered, with the names that messages have.
    pub(crate) inputs: Arc<Mutex<Vec<(String, Input)>>>,
}

impl Iterator for Portion {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if self.left == 0 {
            return None;
        }
        let item = self.items.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        let input = self.ledger.seen().wanted.get_mut(&*item.name).and_then(VecDeque::pop_front);
        if let Some(input) = input {
            self.left = self.left.saturating_sub(input.size);
            self.inputs.lock().unwrap_or_else(PoisonError::into_inner).push((item.name.to_string(), input));
        }
        Some(item)
    }
}
