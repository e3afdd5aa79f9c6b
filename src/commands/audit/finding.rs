//! What `audit` looks for, and what it keeps of what it finds.

use std::cmp::Ordering;

use clap::ValueEnum;

use crate::aggregate::{Merge, TimeRange};
use crate::record::{Field, Record};
use crate::semantics::{Outcome, Presigned, Security};
use crate::time::Timestamp;

/// The room for what a finding means, beside its name and its numbers in 80 columns.
pub(super) const MEANING_WIDTH: usize = 39;

/// Something that will break, or should not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Finding {
    /// Sent without TLS
    #[value(alias = "plain-http")]
    PlainHttp,
    /// Sent over SSL, TLS 1.0 or TLS 1.1
    #[value(alias = "old-tls")]
    OldTls,
    /// Signed with Signature Version 2
    Sigv2,
    /// One signature of a presigned URL, used from several addresses
    #[value(alias = "presigned-shared")]
    PresignedShared,
    /// Presigned URLs
    Presigned,
    /// Allowed by an ACL only
    #[value(alias = "acl-required")]
    AclRequired,
    /// Anonymous and answered
    #[value(alias = "anonymous-success")]
    AnonymousSuccess,
}

impl Finding {
    /// In the order in which they are shown.
    pub(super) const ALL: [Self; 7] = [
        Self::PlainHttp,
        Self::OldTls,
        Self::Sigv2,
        Self::PresignedShared,
        Self::Presigned,
        Self::AclRequired,
        Self::AnonymousSuccess,
    ];

    /// Its name in every output.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::PlainHttp => "plain_http",
            Self::OldTls => "old_tls",
            Self::Sigv2 => "sigv2",
            Self::PresignedShared => "presigned_shared",
            Self::Presigned => "presigned",
            Self::AclRequired => "acl_required",
            Self::AnonymousSuccess => "anonymous_success",
        }
    }

    /// What it means, in [`MEANING_WIDTH`] characters, so that a terminal of 80 columns shows all of it.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::PlainHttp => "no TLS: can be read or changed en route",
            Self::OldTls => "TLS before 1.2: S3 no longer accepts it",
            Self::Sigv2 => "Signature Version 2, being turned off",
            Self::PresignedShared => "one presigned URL, several addresses",
            Self::Presigned => "presigned URLs: no credentials needed",
            Self::AclRequired => "allowed by an ACL: fails without ACLs",
            Self::AnonymousSuccess => "answered without any credentials",
        }
    }

    /// The field that tells more.
    pub(super) const fn detail(self) -> Field {
        match self {
            Self::OldTls => Field::TlsVersion,
            Self::Sigv2 => Field::AuthenticationType,
            Self::PresignedShared | Self::Presigned => Field::SignatureVersion,
            Self::PlainHttp | Self::AclRequired | Self::AnonymousSuccess => Field::Operation,
        }
    }

    /// Whether it is in a client's request. Shared signatures are found by comparing requests, not in one.
    #[inline]
    pub(super) fn is_in(
        self,
        record: &Record<'_>,
        security: Security<'_>,
        presigned: Option<&Presigned<'_>>,
    ) -> bool {
        match self {
            Self::PlainHttp => security.is_plain_http(),
            Self::OldTls => security.is_old_tls(),
            Self::Sigv2 => security.is_sigv2(),
            Self::PresignedShared => false,
            Self::Presigned => presigned.is_some(),
            Self::AclRequired => security.needed_acl(),
            // Browsers never sign a preflight.
            Self::AnonymousSuccess => {
                record.requester().is_anonymous()
                    && matches!(Outcome::of(record), Outcome::Success | Outcome::NotModified)
                    && record.operation().text() != b"REST.OPTIONS.PREFLIGHT"
            }
        }
    }
}

/// The requests of a finding.
#[derive(Clone, Default)]
pub(super) struct Found {
    pub(crate) requests: u64,
    pub(crate) seen: TimeRange,
    pub(crate) example: Option<Example>,
}

/// The newest request; of two in the same second the one with the greater texts.
#[derive(Clone)]
pub(super) struct Example {
    time: Timestamp,
    /// The request id, the bucket, the address and the key, one after the other: each presigned URL has an example of its own.
    texts: Vec<u8>,
    /// Where the request id, the bucket and the address end.
    ends: [usize; 3],
    has_key: bool,
}

impl Example {
    fn of(record: &Record<'_>) -> Self {
        let mut example = Self { time: record.timestamp(), texts: Vec::new(), ends: [0; 3], has_key: false };
        example.put(record);
        example
    }

    /// Becomes this request; the memory serves for it.
    fn put(&mut self, record: &Record<'_>) {
        let before = [Field::RequestId, Field::Bucket, Field::RemoteIp]
            .map(|field| record.get(field).unwrap_or_default());
        let key = record.key();
        self.time = record.timestamp();
        self.has_key = key.is_some();
        self.texts.clear();
        let all = before.iter().copied().chain(key);
        self.texts.reserve_exact(all.map(<[u8]>::len).sum());
        for (text, end) in before.iter().zip(&mut self.ends) {
            self.texts.extend_from_slice(text);
            *end = self.texts.len();
        }
        self.texts.extend_from_slice(key.unwrap_or_default());
    }

    /// How many bytes its texts take.
    fn heap_bytes(&self) -> usize {
        self.texts.capacity()
    }

    /// Becomes the newer one.
    #[inline]
    fn update(&mut self, record: &Record<'_>) {
        let request_id = record.get(Field::RequestId).unwrap_or_default();
        match (record.timestamp(), request_id).cmp(&(self.time, self.request_id())) {
            Ordering::Less => {}
            Ordering::Greater => self.put(record),
            Ordering::Equal => {
                let other = Self::of(record);
                if other.rank() > self.rank() {
                    *self = other;
                }
            }
        }
    }

    pub(super) fn request_id(&self) -> &[u8] {
        &self.texts[..self.ends[0]]
    }

    pub(super) fn bucket(&self) -> &[u8] {
        &self.texts[self.ends[0]..self.ends[1]]
    }

    pub(super) fn key(&self) -> Option<&[u8]> {
        self.has_key.then_some(&self.texts[self.ends[2]..])
    }

    pub(super) fn remote_ip(&self) -> Option<&[u8]> {
        Some(&self.texts[self.ends[1]..self.ends[2]]).filter(|address| !address.is_empty())
    }

    fn rank(&self) -> (Timestamp, [&[u8]; 2], Option<&[u8]>, Option<&[u8]>) {
        (self.time, [self.request_id(), self.bucket()], self.key(), self.remote_ip())
    }
}

impl Found {
    /// Takes in one more request.
    #[inline]
    pub(super) fn add(&mut self, record: &Record<'_>) {
        self.requests += 1;
        self.seen.add(record.timestamp());
        match &mut self.example {
            Some(example) => example.update(record),
            None => self.example = Some(Example::of(record)),
        }
    }
}

impl Merge for Found {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.seen.merge(other.seen);
        if other.example.as_ref().map(Example::rank) > self.example.as_ref().map(Example::rank) {
            self.example = other.example;
        }
    }

    fn weight(&self) -> u64 {
        self.requests
    }

    fn heap_bytes(&self) -> usize {
        self.example.as_ref().map_or(0, Example::heap_bytes)
    }
}
