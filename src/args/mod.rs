//! What can be typed for every command, and how it becomes what runs.

pub mod filter;

pub use filter::FilterArgs;
