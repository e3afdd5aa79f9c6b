//! The built program, from the outside: one module a command, and one a subject that all commands share.

#[path = "../harness/mod.rs"]
mod harness;

mod access;
mod answers;
mod audit;
mod cold;
mod compare;
mod config;
mod cost;
mod coverage;
mod exits;
mod failed;
mod filters;
mod guide;
mod help;
mod history;
mod independent;
mod interrupts;
mod latency;
mod limits;
mod memory;
#[cfg(unix)]
mod readme;
mod rejects;
mod rooms;
mod sources;
mod terminal;
mod threads;
mod timeline;
mod top_requesters;
mod written;
