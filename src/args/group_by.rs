//! What records are grouped by.

use clap::{Arg, Args};

use crate::aggregate::{Dimension, Dimensions};
use crate::time::Zone;

/// What records are grouped by. Each command says what that is where nothing is typed, with
/// `#[command(mut_args(by_default("requester")))]`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct GroupByArgs {
    /// Group by these fields, with commas between them (s3al help fields)
    #[arg(short, long, value_name = "FIELD", value_delimiter = ',')]
    by: Vec<Dimension>,

    /// How much of a key is a prefix.
    #[command(flatten)]
    pub(crate) prefix: DepthArgs,
}

impl GroupByArgs {
    /// The fields, each once: a row has no two columns of one name.
    pub(crate) fn fields(&self) -> Vec<Dimension> {
        without_repeats(&self.by)
    }
}

/// What was typed, each once.
pub(crate) fn without_repeats<T: Clone + PartialEq>(typed: &[T]) -> Vec<T> {
    let mut once: Vec<T> = Vec::with_capacity(typed.len());
    for one in typed {
        if !once.contains(one) {
            once.push(one.clone());
        }
    }
    once
}

/// Gives --by what it is where nothing is typed. `mut_arg` would list it after all other options.
pub(crate) fn by_default(fields: &'static str) -> impl Fn(Arg) -> Arg {
    move |arg| if arg.get_id() == "by" { arg.default_value(fields) } else { arg }
}

/// How much of a key is a prefix.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct DepthArgs {
    /// Number of key parts that form a prefix; 0 is the whole bucket
    #[arg(long, value_name = "N", default_value_t = Self::default().depth)]
    pub(crate) depth: usize,
}

impl Default for DepthArgs {
    fn default() -> Self {
        Self { depth: 1 }
    }
}

impl DepthArgs {
    /// All of `list` together.
    pub(crate) fn dimensions(self, list: Vec<Dimension>, zone: Zone) -> Dimensions {
        Dimensions::new(list, self.depth, zone)
    }
}
