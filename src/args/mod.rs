//! What can be typed for every command, and what it becomes.

mod output;

pub use output::{OutputArgs, OutputDefaults};
