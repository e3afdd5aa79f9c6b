//! `--operation`: what was asked for.

use std::str::FromStr;

use super::glob::{Case, Glob, is_pattern};
use super::include_exclude::{Predicate, Value};
use super::nullable_glob::{NullableGlob, not_empty};
#[cfg(feature = "sql")]
use crate::record::Operation;
use crate::record::{Field, Record};
use crate::semantics::{OPERATIONS, OperationInfo, OperationSet, names_version};
use crate::value_error::{ValueError, nearest};

const FORMS: &str = "an operation such as REST.GET.OBJECT, parts of one (DELETE, GET.OBJECT), a name of the API (PutObject), an IAM \
                     action (s3:PutObject), a pattern such as REST.*.OBJECT or Put*, or - for none";

/// What the names of operations in the log begin with.
const FAMILIES: [&str; 5] = ["REST", "WEBSITE", "SOAP", "BATCH", "S3"];

/// An operation, in upper or lower case.
#[derive(Clone, Debug)]
pub(crate) struct OperationPattern(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Whole(NullableGlob),
    /// A pattern of names of the API: `Put*`.
    ApiPattern(Glob, OperationSet),
    /// Whole parts of the name, one after the other: `DELETE`, `GET.OBJECT`.
    Parts(String),
    /// The operations of an API name.
    Api(OperationSet),
    /// What an IAM action allows, without and with a version.
    Action(OperationSet, OperationSet),
}

impl FromStr for OperationPattern {
    type Err = ValueError;

    fn from_str(typed: &str) -> Result<Self, ValueError> {
        let typed = not_empty(typed, FORMS)?;
        if typed.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("s3:")) {
            return action(typed).map(Self);
        }
        if typed == "-" {
            return NullableGlob::new(typed, Case::Ignored).map(Kind::Whole).map(Self);
        }
        if is_pattern(typed) {
            return pattern(typed).map(Self);
        }
        let named = OperationSet::of(|row| is_api(row.api, typed));
        if !named.is_empty() {
            return Ok(Self(Kind::Api(named)));
        }
        let is_family = |typed: &str| FAMILIES.iter().any(|family| family.eq_ignore_ascii_case(typed));
        let is_known = OPERATIONS.iter().any(|row| has_parts(row.name.as_bytes(), typed.as_bytes()));
        // AWS publishes no list, so an operation that is not known is legal where it is written out.
        if is_known || typed.split_once('.').is_some_and(|(family, _)| is_family(family)) {
            return Ok(Self(Kind::Parts(typed.to_owned())));
        }
        let names = OPERATIONS.iter().flat_map(|row| {
            let tail = row.name.split_once('.').map_or(row.name, |(_, tail)| tail);
            [row.api, row.name, tail].into_iter().chain(row.name.split('.'))
        });
        Err(unknown(typed, names))
    }
}

/// Versions 1 and 2 of ListObjects are logged alike.
fn is_api(api: &str, typed: &str) -> bool {
    let version_1 = |name: &str| name.len() - if name.to_ascii_lowercase().ends_with("v2") { 2 } else { 0 };
    api[..version_1(api)].eq_ignore_ascii_case(&typed[..version_1(typed)])
}

/// A pattern is about the names in the log where it matches any that are known, and else about those of the API.
fn pattern(typed: &str) -> Result<Kind, ValueError> {
    let glob = Glob::new(typed, Case::Ignored)?;
    // The old names of SOAP hold those of the API.
    let mut names = OPERATIONS.iter().map(|row| row.name).filter(|name| !name.starts_with("SOAP."));
    if names.any(|name| glob.matches(name.as_bytes())) {
        return NullableGlob::new(typed, Case::Ignored).map(Kind::Whole);
    }
    let named = OperationSet::of(|row| !row.api.is_empty() && glob.matches(row.api.as_bytes()));
    Ok(Kind::ApiPattern(glob, named))
}

fn action(typed: &str) -> Result<Kind, ValueError> {
    let glob = Glob::new(typed, Case::Ignored)?;
    let is_meant = |actions: &[&str]| actions.iter().any(|action| glob.matches(action.as_bytes()));
    let plain = OperationSet::of(|row| is_meant(row.actions));
    let version = OperationSet::of(|row| is_meant(row.version_actions));
    if plain.is_empty() && version.is_empty() {
        let actions =
            OPERATIONS.iter().flat_map(|row| row.actions.iter().chain(row.version_actions).copied());
        return Err(unknown(typed, actions));
    }
    Ok(Kind::Action(plain, version))
}

fn unknown<'n>(typed: &str, names: impl Iterator<Item = &'n str> + Clone) -> ValueError {
    let problem = match nearest(typed, names) {
        Some(name) => format!("there is none of that name; did you mean {name}?"),
        None => "there is none of that name".to_owned(),
    };
    ValueError::because("operation", typed, problem, FORMS)
}

/// Whether a name has these dotted parts, one after the other.
fn has_parts(name: &[u8], parts: &[u8]) -> bool {
    let mut start = 0;
    loop {
        let rest = &name[start..];
        if let Some((same, after)) = rest.split_at_checked(parts.len())
            && same.eq_ignore_ascii_case(parts)
            && matches!(after.first(), None | Some(b'.'))
        {
            return true;
        }
        match rest.iter().position(|byte| *byte == b'.') {
            Some(dot) => start += dot + 1,
            None => return false,
        }
    }
}

impl Value for OperationPattern {
    const HOLDS_COMMAS: bool = false;
}

impl OperationPattern {
    /// Whether a record with this operation can pass; what else it holds decides.
    #[cfg(feature = "sql")]
    pub(super) fn can_match_text(&self, text: Option<&[u8]>) -> bool {
        let is_in = |set: &OperationSet| {
            let operation = Operation::new(text.unwrap_or_default());
            let places = [true, false].map(|has_key| OperationInfo::place(operation, has_key));
            places.into_iter().flatten().any(|place| set.holds(place))
        };
        match &self.0 {
            Kind::Whole(glob) => glob.matches(text),
            Kind::Parts(parts) => text.is_none_or(|text| has_parts(text, parts.as_bytes())),
            Kind::ApiPattern(glob, set) => text.is_some_and(|text| glob.matches(text)) || is_in(set),
            Kind::Api(set) => is_in(set),
            Kind::Action(plain, version) => is_in(plain) || is_in(version),
        }
    }
}

impl Predicate for OperationPattern {
    #[inline]
    fn matches(&self, record: &Record<'_>) -> bool {
        let operation = record.operation();
        let place = || OperationInfo::place(operation, record.key().is_some());
        match &self.0 {
            Kind::Whole(glob) => glob.matches(record.get(Field::Operation)),
            Kind::Parts(parts) => has_parts(operation.text(), parts.as_bytes()),
            // AWS publishes no list of operations, so the pattern can match a name that nobody knows.
            Kind::ApiPattern(glob, set) => {
                record.get(Field::Operation).is_some_and(|text| glob.matches(text))
                    || place().is_some_and(|place| set.holds(place))
            }
            Kind::Api(set) => place().is_some_and(|place| set.holds(place)),
            Kind::Action(plain, version) => place().is_some_and(|place| {
                if names_version(record) { version.holds(place) } else { plain.holds(place) }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::include_exclude::IncludeExclude;
    use crate::filter::tests::{check, refuses, with_version};

    /// The record of a bucket's settings and that of an object's have one operation; a version asks for another action.
    #[test]
    fn keys_and_versions_count() {
        let table: &[(&str, &str, &str, &str, bool)] = &[
            ("GetObjectAcl", "REST.GET.ACL", "-", "-", false),
            ("GetBucketAcl", "REST.GET.ACL", "-", "-", true),
            ("s3:GetBucketAcl", "REST.GET.ACL", "-", "-", true),
            ("s3:DeleteObject", "REST.DELETE.OBJECT", "k", "v1", false),
            ("s3:DeleteObjectVersion", "REST.DELETE.OBJECT", "k", "v1", true),
            ("s3:DeleteObject", "REST.DELETE.OBJECT", "k", "-", true),
        ];
        for (typed, operation, key, version, expected) in table {
            let choice: IncludeExclude<OperationPattern> = typed.parse().unwrap();
            let uri = format!("DELETE /k?versionId={version} HTTP/1.1");
            let fields = [
                (Field::Operation, operation.as_bytes()),
                (Field::Key, key.as_bytes()),
                (Field::RequestUri, uri.as_bytes()),
            ];
            let matches = with_version(&fields, version, |record| choice.matches(record));
            assert_eq!(matches, *expected, "{typed} {operation} {key} {version}");
        }
    }

    #[test]
    fn operations() {
        check::<OperationPattern>(
            Field::Operation,
            &[
                ("REST.GET.OBJECT", "REST.GET.OBJECT", true),
                ("rest.get.object", "REST.GET.OBJECT", true),
                ("REST.GET.OBJECT", "REST.GET.OBJECT_TAGGING", false),
                ("REST.GET", "REST.GET.OBJECT", true),
                ("REST.GET", "REST.GETX.OBJECT", false),
                ("REST.*.OBJECT", "REST.PUT.OBJECT", true),
                ("rest.put.*,REST.HEAD.*", "REST.HEAD.BUCKET", true),
                ("REST.{GET,HEAD}.*,S3.*", "S3.EXPIRE.OBJECT", true),
                ("REST.{GET,HEAD}.*", "REST.HEAD.OBJECT", true),
                ("!S3.*", "S3.EXPIRE.OBJECT", false),
                ("REST.*,!REST.GET.*", "REST.GET.OBJECT", false),
                ("REST.*,!REST.GET.*", "REST.PUT.OBJECT", true),
                ("!GET,HEAD", "REST.HEAD.OBJECT", false),
                ("!GET,HEAD", "REST.PUT.OBJECT", true),
                ("-", "-", true),
                // Parts.
                ("DELETE", "REST.DELETE.OBJECT", true),
                ("delete", "BATCH.DELETE.OBJECT", true),
                ("DELETE", "REST.POST.MULTI_OBJECT_DELETE", false),
                ("GET.OBJECT", "REST.GET.OBJECT", true),
                ("GET.OBJECT", "WEBSITE.GET.OBJECT", true),
                ("GET.OBJECT", "REST.GET.OBJECT_ATTRIBUTES", false),
                ("CHECKSUM", "S3.COMPUTE.OBJECT.CHECKSUM", true),
                ("WEBSITE.INVALIDOPERATION", "WEBSITE.INVALIDOPERATION", true),
                ("REST.GET.FUTURE", "REST.GET.FUTURE", true),
                // Names of the API.
                ("PutObject", "REST.PUT.OBJECT", true),
                ("putobject", "SOAP.PutObjectInline", true),
                ("PutObject", "REST.PUT.PART", false),
                ("DeleteObjects", "REST.POST.MULTI_OBJECT_DELETE", true),
                // Their patterns.
                ("Put*", "REST.PUT.OBJECT", true),
                ("put*", "REST.PUT.OBJECT_TAGGING", true),
                ("Put*", "REST.PUT.PART", false),
                ("Put*", "REST.GET.OBJECT", false),
                ("GetObject*", "REST.GET.OBJECT", true),
                ("GetObject*", "REST.GET.OBJECT_TAGGING", true),
                ("GetObject*", "REST.GET.BUCKET", false),
                ("*PutObject", "REST.PUT.OBJECT", true),
                ("*PutObject", "SOAP.PutObject", true),
                ("SOAP.*", "SOAP.PutObject", true),
                ("SOAP.*", "REST.PUT.OBJECT", false),
                ("!Put*,Get*", "REST.PUT.OBJECT", false),
                ("!Put*,Get*", "REST.DELETE.OBJECT", true),
                ("Put*", "-", false),
                ("FUTURE.*", "FUTURE.GET.THING", true),
                // What matches names in the log is about those alone.
                ("*.OBJECT", "REST.GET.OBJECT", true),
                ("*OBJECT", "REST.POST.RESTORE", false),
                ("DeleteObjects", "BATCH.DELETE.OBJECT", true),
                ("DeleteObject", "BATCH.DELETE.OBJECT", false),
                ("ListObjects", "REST.GET.BUCKET", true),
                ("GetObjectAcl", "REST.GET.ACL", true),
                ("GetBucketAcl", "REST.GET.ACL", false),
                // IAM actions.
                ("s3:PutObject", "REST.PUT.PART", true),
                ("S3:putobject", "REST.POST.UPLOADS", true),
                ("s3:PutObject", "REST.GET.OBJECT", false),
                ("s3:GetObject", "REST.HEAD.OBJECT", true),
                ("s3:GetObjectVersion", "REST.HEAD.OBJECT", false),
                ("s3:*Tagging", "REST.PUT.OBJECT_TAGGING", true),
            ],
        );
        for (typed, hint) in [
            ("PutObjekt", "did you mean PutObject?"),
            ("DELTE", "did you mean DELETE?"),
            ("GET.OBJEKT", "did you mean GET.OBJECT?"),
            ("s3:PutObjekt", "did you mean s3:PutObject?"),
            ("x", "there is none of that name; expected an operation such as"),
        ] {
            let error = typed.parse::<OperationPattern>().unwrap_err().to_string();
            assert!(error.contains(hint), "{error}");
        }
        refuses::<OperationPattern>(&["", "a,", "!", "{a", "PutObjekt", "s3:PutObjekt", "GET.OBJEKT"]);
    }
}
