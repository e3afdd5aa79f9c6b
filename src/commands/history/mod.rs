//! `history`: the life of an object.

mod events;
mod kind;
mod requests;

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, bail};

use self::events::Events;
pub(super) use self::kind::Kind;
pub(super) use self::requests::{Layout, Request, Requests, Values};
use crate::aggregate::{Derived, Dimension};
use crate::args::{CommonArgs, OutputDefaults, Source};
use crate::filter::{IncludeExclude, Key};
use crate::record::Field;
use crate::report::Report;
use crate::run::{Context, Exit, Run};

/// What it does where nothing is typed.
const DEFAULTS: OutputDefaults = OutputDefaults { limit: 0, ..OutputDefaults::REPORT };

/// The life of an object: written, read, changed, deleted
///
/// All that was done with an object, oldest first: when, by whom, from where, with what, and whether it succeeded.
///
/// KEY is the object's exact name, as people write it, URL-encoded, or as the log has it. For several objects, use --key with
/// patterns instead.
///
/// Events say how an object was deleted (`deleted` by a client, `deleted in batch` by DeleteObjects, `expired by lifecycle`), and
/// which version, if the request named one. A write is `overwritten` if these logs show that the object existed, otherwise
/// `created`. Failed requests are shown too: `delete denied`.
///
/// Repeated reads by the same reader (requester, address, client) with the same outcome share a row if nothing changed in between,
/// and so do repeated failures: time and request_id are those of the first, last is the time of the last, bytes_sent the sum
/// of all, and object_size that of the last request that logged it. --limit N shows the newest N rows. Nothing is approximated:
/// what --memory does not hold goes to temporary files.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  s3al history reports/2026/august.csv logs/
  s3al history --key 'reports/*' --operation DELETE --since 7d logs/
  s3al history --key 'reports/*' --operation '*DELETE*,S3.*' logs/")]
#[command(mut_args(DEFAULTS.said()))]
pub(crate) struct Args {
    /// The object's name. With --key this is the first SOURCE
    #[arg(value_name = "KEY")]
    object: Option<OsString>,

    #[command(flatten)]
    common: CommonArgs,
}

/// What tells one row from another, beside the time.
pub(super) const BY: [Dimension; 9] = [
    Dimension::Field(Field::Bucket),
    Dimension::Derived(Derived::Object),
    Dimension::Field(Field::Operation),
    Dimension::Field(Field::HttpStatus),
    Dimension::Field(Field::ErrorCode),
    Dimension::Field(Field::Requester),
    Dimension::Field(Field::RemoteIp),
    Dimension::Derived(Derived::Client),
    Dimension::Field(Field::VersionId),
];
pub(super) const BUCKET: usize = 0;
pub(super) const OBJECT: usize = 1;
pub(super) const OPERATION: usize = 2;
pub(super) const STATUS: usize = 3;
pub(super) const ERROR: usize = 4;
pub(super) const REQUESTER: usize = 5;
pub(super) const REMOTE_IP: usize = 6;
pub(super) const CLIENT: usize = 7;
const VERSION: usize = 8;

/// Runs `history`.
pub(super) fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    // Of one object, from where is part of the answer.
    let of_one = args.object.is_some() && args.common.filter.key.is_empty();
    let common = for_key(args, context)?;
    let mut run = Run::new(context, &common, DEFAULTS)?;
    let (space, memory) = (run.space().clone(), run.memory_of(1));
    let layout = Layout::new(&[BUCKET, OBJECT]);
    let requests = run.aggregate(|| Requests::new(layout.clone(), &space, memory))?;
    let table = Events::of(requests, layout, &space)?.table(of_one, run.output.limit, &space)?;
    run.report(Report { name: "history", main: table.name, tables: vec![table], ..Report::default() })
}

/// The arguments with the key among the filters.
fn for_key(Args { object: key, mut common }: Args, context: &Context) -> anyhow::Result<CommonArgs> {
    if !common.filter.key.is_empty() {
        let source = key.map(Source::read).transpose()?;
        common.input.sources.splice(0..0, source);
    } else if let Some(key) = key {
        let is_path = Path::new(&key).exists();
        let key = key.to_str().context("KEY is not UTF-8: write it URL-encoded")?;
        let has_source = common.input.has_source(&context.config, &context.environment);
        let is_like_source = is_path || key.contains("://") || key.starts_with(['@', '.']);
        if !has_source && !is_like_source {
            bail!(
                "nothing to read: `{key}` was taken for KEY, the name of an object; name files, folders or a bucket after it\n\
                 for example: s3al history {} logs/",
                shlex::try_quote(key).unwrap_or_else(|_| "KEY".into())
            );
        }
        if !has_source {
            bail!(
                "`{key}` was taken for KEY, the name of an object; name the object first, or give a pattern with --key\n\
                 for example: s3al history reports/2026/august.csv {key}\n\
                 \x20            s3al history --key 'reports/*' {key}"
            );
        }
        common.filter.key.push(IncludeExclude::only(Key::named(key).context("KEY")?).typed_as(key));
    } else {
        bail!(
            "the life of which object? Name it, or give a pattern with --key\n\
             for example: s3al history reports/2026/august.csv logs/\n\
             \x20            s3al history --key 'reports/*' logs/"
        );
    }
    Ok(common)
}
