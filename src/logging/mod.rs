//! How buckets are set up to be logged: what is wrong with it, and what has to change. Pure: facts come in, findings and changes
//! come out.

mod checks;
mod cli;
mod keys;
mod mend;
mod plan;
mod policy;
mod statements;
mod target_checks;

pub(crate) use checks::{Finding, Known, Retention, check};
pub(crate) use cli::command;
pub(crate) use plan::{Disable, Enable, Plan, Refusal, Step};
