//! The built program, reading a server of these tests.

use std::path::Path;
use std::process::Command;

use crate::harness::{Ran, command, ran};
use crate::server::Server;

/// A run of the program against a server, in a folder of its own.
pub struct Program {
    pub dir: tempfile::TempDir,
    url: String,
    variables: Vec<(String, String)>,
}

impl Program {
    pub fn new(server: &Server) -> Self {
        Self::at(&server.url())
    }

    /// With another endpoint.
    pub fn at(url: &str) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), url: url.to_owned(), variables: Vec::new() }
    }

    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// With these keys in the environment.
    pub fn keys(self, (id, secret): (&str, &str)) -> Self {
        self.variable("AWS_ACCESS_KEY_ID", id).variable("AWS_SECRET_ACCESS_KEY", secret)
    }

    /// With this text as `~/.aws/config`.
    pub fn config(self, text: &str) -> Self {
        let path = self.path("aws-config");
        std::fs::write(&path, text).unwrap();
        self.variable("AWS_CONFIG_FILE", path.to_str().unwrap())
    }

    /// The command with these arguments, and the endpoint of the server.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bare(args);
        command.args(["--endpoint-url", &self.url]);
        command
    }

    /// The command with these arguments alone.
    pub fn bare(&self, args: &[&str]) -> Command {
        let mut command = command();
        command.current_dir(self.dir.path());
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command.args(args);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        ran(&mut self.command(args))
    }

    /// The place of a file of its folder.
    pub fn path(&self, name: impl AsRef<Path>) -> std::path::PathBuf {
        self.dir.path().join(name)
    }
}
