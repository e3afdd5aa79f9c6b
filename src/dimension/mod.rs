//! What can be asked of a record by name: its fields, and what is derived from them. `--by`, `--distinct`, `--where` and the columns of
//! an export all read it here.

mod derived;

use std::fmt;
use std::str::FromStr;

pub(crate) use derived::{DeriveOptions, Derived, ParamName, prefix, read_time, write_network, write_time};

use crate::record::{Field, FieldKind, Record};
use crate::value_error::nearest;

/// A field, or something derived from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    /// A field of the log.
    Field(Field),
    /// Something derived from one.
    Derived(Derived),
}

/// What people call fields, and what is derived from them.
const ALIASES: [(&str, Dimension); 34] = {
    use Dimension::{Derived as D, Field as F};
    [
        ("ip", F(Field::RemoteIp)),
        ("client_ip", F(Field::RemoteIp)),
        ("source_ip", F(Field::RemoteIp)),
        ("ip_address", F(Field::RemoteIp)),
        ("address", F(Field::RemoteIp)),
        ("status", F(Field::HttpStatus)),
        ("status_code", F(Field::HttpStatus)),
        ("http_code", F(Field::HttpStatus)),
        ("error", F(Field::ErrorCode)),
        ("errorcode", F(Field::ErrorCode)),
        ("user", F(Field::Requester)),
        ("arn", F(Field::Requester)),
        ("who", F(Field::Requester)),
        ("useragent", F(Field::UserAgent)),
        ("agent", F(Field::UserAgent)),
        ("time", F(Field::Timestamp)),
        ("datetime", F(Field::Timestamp)),
        ("path", F(Field::Key)),
        ("uri", F(Field::RequestUri)),
        ("url", F(Field::RequestUri)),
        ("op", F(Field::Operation)),
        ("action", F(Field::Operation)),
        ("event", F(Field::Operation)),
        ("bytes", F(Field::BytesSent)),
        ("size", F(Field::ObjectSize)),
        ("duration", F(Field::TotalTime)),
        ("latency", F(Field::TotalTime)),
        ("tls", F(Field::TlsVersion)),
        ("region", F(Field::SourceRegion)),
        ("source_bucket", F(Field::Bucket)),
        ("role", D(Derived::Principal)),
        ("verb", D(Derived::Method)),
        ("date", D(Derived::Day)),
        ("subnet", D(Derived::Network)),
    ]
};

/// What is in front of the name of a query parameter.
const PARAM: &str = "param:";

impl Dimension {
    /// Its name in `--by` and in every output.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::Derived(derived) => derived.name(),
        }
    }

    /// All names, as they can be typed.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
        let fields = Field::ALL.into_iter().map(Field::name);
        fields.chain(Derived::ALL.iter().map(|derived| derived.name())).chain(["param:NAME"])
    }

    /// What else fields are called, with the names that are meant.
    pub(crate) fn aliases() -> impl Iterator<Item = (&'static str, &'static str)> {
        ALIASES.iter().map(|(alias, meant)| (*alias, meant.name()))
    }

    /// What its text stands for.
    pub(crate) const fn kind(self) -> FieldKind {
        match self {
            Self::Field(field) => field.kind(),
            Self::Derived(derived) => derived.kind(),
        }
    }

    /// Whether null stands for a request that nobody signed.
    pub(crate) const fn is_anonymous_null(self) -> bool {
        matches!(self, Self::Field(Field::Requester) | Self::Derived(Derived::Principal | Derived::Identity))
    }

    /// Whether it says which object is meant, or when, and not what was asked of it.
    pub(crate) const fn is_of_object_or_time(self) -> bool {
        matches!(
            self,
            Self::Field(Field::Bucket | Field::Key | Field::Timestamp)
                | Self::Derived(Derived::Prefix | Derived::Object | Derived::Extension)
        )
    }

    /// Whether it is read from a database of addresses.
    pub(crate) const fn needs_geoip(self) -> bool {
        matches!(self, Self::Derived(Derived::Country | Derived::Asn | Derived::AsName))
    }

    /// The text of a record's value, as groups keep it; `None` is null. What has to be written is written to `out`, which is cleared
    /// first. Times are read with [`read_time`].
    #[inline]
    pub(crate) fn text<'v>(
        self,
        record: &Record<'v>,
        options: &DeriveOptions,
        out: &'v mut Vec<u8>,
    ) -> Option<&'v [u8]> {
        match self {
            Self::Field(Field::Timestamp) => {
                out.clear();
                write_time(record.timestamp(), out);
                Some(out)
            }
            Self::Field(field) => field_text(field, record),
            Self::Derived(derived) => {
                out.clear();
                derived.write(record, options, out)?;
                Some(out)
            }
        }
    }
}

/// The text of a field that has one, as groups keep it: not that of a time.
#[inline]
pub(crate) fn field_text<'a>(field: Field, record: &Record<'a>) -> Option<&'a [u8]> {
    match field {
        Field::Requester => record.requester().text(),
        // A dash is a value here: it says no. In whatever case it is, a yes is one value.
        Field::AclRequired => Some(if record.acl_required()? { b"Yes" } else { b"-" }),
        field => record.get(field),
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What was typed is the name of no field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown field {typed:?}; {hint}")]
pub(crate) struct UnknownDimension {
    typed: String,
    hint: String,
}

impl FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(typed: &str) -> Result<Self, UnknownDimension> {
        let typed = typed.trim();
        if let Some((start, name)) = typed.split_at_checked(PARAM.len())
            && start.eq_ignore_ascii_case(PARAM)
            && !name.is_empty()
        {
            return Ok(Self::Derived(Derived::Param(ParamName::new(name))));
        }
        // `--by remote-ip` is what fingers type.
        let name = typed.to_ascii_lowercase().replace('-', "_");
        let alias = || ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, meant)| *meant);
        let derived =
            || Derived::ALL.iter().find(|derived| derived.name() == name).map(|one| Self::Derived(*one));
        let known = name.parse().ok().map(Self::Field).or_else(derived).or_else(alias);
        known.ok_or_else(|| UnknownDimension { typed: typed.to_owned(), hint: hint(&name) })
    }
}

/// What to type instead of a name that is not known.
fn hint(typed: &str) -> String {
    let aliases = ALIASES.iter().map(|(alias, _)| *alias);
    match nearest(typed, Dimension::names().chain(aliases)) {
        Some(found) => {
            let meant = ALIASES.iter().find(|(alias, _)| *alias == found);
            format!("did you mean {}?", meant.map_or(found, |(_, meant)| meant.name()))
        }
        None => "s3al help fields lists all names".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!("remote-ip".parse(), Ok(Dimension::Field(Field::RemoteIp)));
        for (typed, meant) in [
            ("ip", "remote_ip"),
            ("status", "http_status"),
            ("user", "requester"),
            ("useragent", "user_agent"),
            ("path", "key"),
            ("role", "principal"),
            ("client-ip", "remote_ip"),
            ("Hour-Of-Day", "hour_of_day"),
            ("param:uploadId", "param:uploadId"),
            ("PARAM:X-Amz-Expires", "param:X-Amz-Expires"),
        ] {
            assert_eq!(typed.parse::<Dimension>().map(Dimension::name), Ok(meant));
        }
        for name in Dimension::names() {
            assert_eq!(name.parse::<Dimension>().map(Dimension::name), Ok(name));
        }
        assert_eq!("param:a".parse::<Dimension>(), "param:a".parse());
        let error = "requestor".parse::<Dimension>().unwrap_err().to_string();
        assert_eq!(error, "unknown field \"requestor\"; did you mean requester?");
        let error = "nothing".parse::<Dimension>().unwrap_err().to_string();
        assert_eq!(error, "unknown field \"nothing\"; s3al help fields lists all names");
        let error = "clientip".parse::<Dimension>().unwrap_err().to_string();
        assert_eq!(error, "unknown field \"clientip\"; did you mean remote_ip?");
        for (alias, _) in ALIASES {
            assert!(!Dimension::names().any(|name| name == alias), "{alias} is a name of its own");
        }
        assert!("param:".parse::<Dimension>().is_err());
    }
}
