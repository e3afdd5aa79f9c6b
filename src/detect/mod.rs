//! What in the logs deserves a person's attention: rules, each a file, over one pass of records.
//!
//! Rules see each request that they want ([`event::fact`]) once, in no order, and keep what they need by actor and slot of time
//! ([`window`]). What they compare with, who did what in which hour, is kept once for all ([`profile`]). At the end each rule makes its
//! findings of both ([`known`]).

mod acts;
mod config;
mod detector;
mod event;
mod finding;
mod groups;
mod hits;
mod incident;
mod keys;
mod known;
mod origin;
mod others;
mod profile;
mod rule;
mod rules;
mod shelf;
mod slot;
mod text;
mod timeline;
mod window;

#[cfg(test)]
mod testing;

pub(crate) use acts::{Name, What};
pub(crate) use config::{Settings, print as print_rules, shown};
pub(crate) use detector::{Detected, Detector};
pub(crate) use finding::{Finding, Severity, quote};
pub(crate) use hits::{Example, Few};
pub(crate) use incident::Incident;
#[cfg(test)]
pub(crate) use others::CATALOGUES;
pub(crate) use others::found_by;
pub(crate) use rule::{About, MAX_TITLE_LEN};
pub(crate) use rules::{ALL as RULES, place};
pub(crate) use shelf::Room;
pub(crate) use timeline::Step;
