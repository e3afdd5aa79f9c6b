//! What a request is in the life of its object, and what that is called.

use super::{OBJECT, OPERATION, STATUS, Values};
use crate::digits;
use crate::record::Operation;
use crate::semantics::{Effect, Event, OperationInfo, Outcome};

/// What was tried, and how it ended.
#[derive(Clone, Copy)]
pub(in crate::commands) struct Kind {
    pub(in crate::commands) event: Option<Event>,
    pub(in crate::commands) outcome: Outcome,
}

impl Kind {
    /// That of a request with these values.
    pub(in crate::commands) fn of(values: &Values<'_>) -> Self {
        let text = |of: usize| values[of].as_deref();
        let status = text(STATUS).and_then(digits::number).and_then(|status| status.try_into().ok());
        let event = Event::of(Operation::new(text(OPERATION).unwrap_or_default()));
        Self { event, outcome: Outcome::of_status(status) }
    }

    /// Whether the object is another one afterwards.
    pub(super) fn is_change(self) -> bool {
        self.outcome.is_success() && !self.event.is_some_and(Event::is_repeated)
    }

    /// What a row is called; an operation that is not known has its own name. A deletion says which version was meant, if one
    /// was.
    pub(super) fn name(self, operation: &[u8], overwrites: bool, version: Option<&[u8]>) -> Vec<u8> {
        let name = self.name_of_all(operation, overwrites);
        let is_delete = self.event.is_some_and(|event| event.effect() == Effect::Delete);
        match version.filter(|_| is_delete) {
            Some(version) => [&name[..], b" (version ", version, b")"].concat(),
            None => name,
        }
    }

    fn name_of_all(self, operation: &[u8], overwrites: bool) -> Vec<u8> {
        let (done, tried) = match self.event {
            Some(Event::Transitioned(class)) if self.outcome.is_success() => {
                return format!("transitioned to {}", class.name()).into_bytes();
            }
            Some(event) => event.names(),
            None => ("", ""),
        };
        let overwriting = self.event.filter(|_| overwrites).and_then(Event::overwriting_name);
        let done = overwriting.unwrap_or(done);
        let tried = if self.event.is_none() { operation } else { tried.as_bytes() };
        match self.outcome {
            outcome if outcome.is_success() && self.event.is_some() => done.into(),
            outcome if outcome.is_success() => operation.to_vec(),
            Outcome::Denied => [tried, b" denied"].concat(),
            Outcome::Redirect => [tried, b" redirected"].concat(),
            _ => [tried, b" failed"].concat(),
        }
    }

    /// What is said of a request among others of one actor; of one that touches no object, the name of the API.
    pub(in crate::commands) fn activity_name(self, values: &Values<'_>) -> Vec<u8> {
        let operation = values[OPERATION].as_deref().unwrap_or_default();
        let has_key = values[OBJECT].is_some();
        let info = OperationInfo::of(Operation::new(operation), has_key);
        match info.filter(|_| !has_key) {
            Some(info) => Self { event: None, ..self }.name(info.api.as_bytes(), false, None),
            None => self.name(operation, false, None),
        }
    }
}
