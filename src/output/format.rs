//! The formats: the one list of them.

use super::renderer::Renderer;
use super::{combined, csv, html, json, list, markdown, ndjson, ocsf, raw, sarif, table, tsv};

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident $module:ident;)*) => {
        /// How an answer is written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
        pub(crate) enum Format {
            $($(#[$doc])* $name,)*
        }

        impl Format {
            /// What writes it.
            pub(super) fn renderer(self) -> &'static dyn Renderer {
                match self {
                    $(Self::$name => &$module::Renderer,)*
                }
            }
        }
    };
}

formats! {
    /// Tables for people
    Table table;
    /// A block of lines for each row, for people
    List list;
    /// One object with all tables and the tally
    Json json;
    /// One JSON object a row
    Ndjson ndjson;
    /// Comma-separated values with a line of names
    Csv csv;
    /// Tab-separated values with a line of names
    Tsv tsv;
    /// Tables for GitHub
    Markdown markdown;
    /// One page for a browser: tables to sort and filter, and charts
    Html html;
    /// The matching lines of the log, as they are
    Raw raw;
    /// The matching requests as the Apache web server logs them
    Combined combined;
    /// Findings of detect as SARIF 2.1.0
    Sarif sarif;
    /// Findings of detect as OCSF Detection Findings, one JSON object a line
    Ocsf ocsf;
}

impl Format {
    /// Whether rows have to stand for lines of the log.
    pub(crate) fn is_of_lines(self) -> bool {
        self.renderer().is_of_lines()
    }

    /// Whether rows have to be findings.
    pub(crate) fn is_of_findings(self) -> bool {
        self.renderer().is_of_findings()
    }

    /// Whether people read it, and not programs.
    pub(crate) fn is_for_people(self) -> bool {
        self.renderer().is_for_people()
    }

    /// Whether it holds the tally.
    pub(crate) fn holds_tally(self) -> bool {
        self.renderer().holds_tally()
    }
}
