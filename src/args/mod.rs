//! What can be typed for every command, and what it becomes.

pub mod output;

pub use output::{OutputArgs, OutputDefaults};
