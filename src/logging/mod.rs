//! How buckets are set up to be logged: what is wrong with it, and what has to change. Pure: facts come in, findings and changes
//! come out.

mod checks;
mod cli;
mod plan;
mod policy;

pub(crate) use checks::{Finding, Retention, check};
pub(crate) use cli::command;
pub(crate) use plan::{Disable, Enable, Plan, Refusal, Step};
