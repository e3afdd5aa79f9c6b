//! What is known of the records that pass before there are records: for sources that can leave out others by the values of single fields.
//!
//! Records are tested by the filter afterwards, so that a part may pass more than its test does, and never less.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::{Filter, Test};
use crate::record::Field;
use crate::time::Window;

/// What a source can leave out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// The times that are wanted.
    pub(crate) window: Window,
    /// What single fields have to be.
    pub(crate) parts: Vec<FieldPart>,
    /// How many records were left out.
    pub(crate) passed_over: Arc<AtomicU64>,
}

/// A part of a filter that one field decides.
#[derive(Clone)]
pub(crate) struct FieldPart {
    pub(crate) field: Field,
    pub(crate) test: ValueTest,
    /// The only texts that pass, where they are known.
    pub(crate) only: Option<Vec<String>>,
}

/// Whether a record with this value can pass.
#[derive(Clone)]
pub(crate) enum ValueTest {
    Text(Arc<dyn Fn(Option<&[u8]>) -> bool + Send + Sync>),
    Number(Arc<dyn Fn(Option<u64>) -> bool + Send + Sync>),
}

impl fmt::Debug for FieldPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldPart").field("field", &self.field).field("only", &self.only).finish()
    }
}

impl FieldPart {
    pub(super) fn text(field: Field, test: impl Fn(Option<&[u8]>) -> bool + Send + Sync + 'static) -> Self {
        Self { field, test: ValueTest::Text(Arc::new(test)), only: None }
    }

    pub(super) fn number(field: Field, test: impl Fn(Option<u64>) -> bool + Send + Sync + 'static) -> Self {
        Self { field, test: ValueTest::Number(Arc::new(test)), only: None }
    }

    pub(super) fn only(self, texts: Vec<String>) -> Self {
        Self { only: Some(texts), ..self }
    }
}

impl Filter {
    /// What a source can leave out.
    pub(crate) fn selection(&self) -> Selection {
        let parts = self.tests.iter().flat_map(|typed| parts(&typed.test)).collect();
        Selection { window: self.window(), parts, passed_over: Arc::default() }
    }
}

/// What single fields decide of a test.
fn parts(test: &Test) -> Vec<FieldPart> {
    let part = match test.clone() {
        Test::Status(statuses) => FieldPart::number(Field::HttpStatus, move |code| match code {
            Some(code) => u16::try_from(code).is_ok_and(|code| statuses.holds(code)),
            None => statuses.holds_none(),
        }),
        Test::Bytes(range) => {
            FieldPart::number(Field::BytesSent, move |bytes| range.holds(bytes.unwrap_or_default()))
        }
        Test::Anonymous => FieldPart::text(Field::Requester, |text| text.is_none()),
        Test::SourceBucket(choice) => {
            let names = choice.all_wanted(|bucket| bucket.name().map(str::to_owned));
            let part =
                FieldPart::text(Field::Bucket, move |text| choice.passes(|bucket| bucket.matches_text(text)));
            match names {
                Some(names) => part.only(names),
                None => part,
            }
        }
        Test::Error(choice) => {
            FieldPart::text(Field::ErrorCode, move |text| choice.passes(|code| code.matches_text(text)))
        }
        Test::RequesterPattern(choice) => {
            FieldPart::text(Field::Requester, move |text| choice.passes(|one| one.matches_text(text)))
        }
        Test::Ip(ips) => FieldPart::text(Field::RemoteIp, move |text| ips.matches_text(text)),
        Test::UserAgent(choice) => {
            FieldPart::text(Field::UserAgent, move |text| choice.passes(|agent| agent.matches_text(text)))
        }
        Test::TlsVersion(choice) => {
            FieldPart::text(Field::TlsVersion, move |text| choice.passes(|one| one.matches_text(text)))
        }
        // What else these look at can only make fewer pass.
        Test::OperationPattern(choice) if choice.has_only_wanted() => {
            FieldPart::text(Field::Operation, move |text| choice.passes(|one| one.can_match_text(text)))
        }
        Test::Key(choice) if choice.has_only_wanted() => {
            FieldPart::text(Field::Key, move |text| choice.passes(|key| key.can_match_text(text)))
        }
        Test::Field(test) => match test.own_filter() {
            Some(test) => return parts(test),
            None => return test.part().into_iter().collect(),
        },
        Test::Comparison(comparison) => return comparison.parts(),
        Test::OperationPattern(_)
        | Test::Key(_)
        | Test::Window(_)
        | Test::Calendar(_)
        | Test::AccessKey(_) => return Vec::new(),
    };
    vec![part]
}
