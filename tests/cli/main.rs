//! The built program, from the outside: one module a subject.

mod answers;
mod exits;
mod filters;
#[path = "../harness/mod.rs"]
mod harness;
mod independent;
mod interrupts;
mod limits;
mod memory;
#[cfg(unix)]
mod readme;
mod rejects;
mod rooms;
mod sources;
mod terminal;
mod written;
