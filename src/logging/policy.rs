//! Whether a bucket's policy lets S3 deliver logs.
//!
//! Amazon S3 User Guide, "Enabling Amazon S3 server access logging", Permissions for log delivery: the service principal
//! `logging.s3.amazonaws.com` needs `s3:PutObject`, on the condition of `aws:SourceArn` (the bucket that is logged) and
//! `aws:SourceAccount`; statements that deny must not prevent it. How values are compared: AWS IAM User Guide, "IAM JSON policy
//! elements: Condition operators".

use serde_json::{Map, Value};

/// Who delivers logs.
pub(super) const SERVICE: &str = "logging.s3.amazonaws.com";
pub(super) const ACTION: &str = "s3:PutObject";
/// What only patterns are like that all names are like.
const ANYTHING: &str = "\0\0\0";

/// What a policy makes of the delivery of a bucket's logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delivery {
    /// Whether a statement allows it for this bucket or this account alone.
    pub is_limited: bool,
    /// Whether a statement allows it for any bucket of any account.
    pub is_open: bool,
    /// Whether a statement denies it.
    pub is_denied: bool,
}

impl Delivery {
    pub(super) fn is_allowed(&self) -> bool {
        self.is_limited || self.is_open
    }
}

/// One delivery.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
    pub target: &'a str,
    /// The key of a log.
    pub key: &'a str,
    pub source: &'a str,
    /// The account, if it is known.
    pub account: Option<&'a str>,
}

impl Wanted<'_> {
    pub(super) fn resource(&self) -> String {
        format!("arn:{}:s3:::{}/{}", self.partition, self.target, self.key)
    }

    pub(super) fn source_arn(&self) -> String {
        self.arn(self.source)
    }

    fn arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition)
    }
}

/// What a policy makes of a delivery.
pub(super) fn delivery(policy: Option<&str>, wanted: &Wanted<'_>) -> Delivery {
    let mut delivery = Delivery::default();
    let policy: Value = policy.and_then(|policy| serde_json::from_str(policy).ok()).unwrap_or_default();
    for statement in statements(&policy) {
        match effect(statement, wanted) {
            Effect::Allows { is_limited: true } => delivery.is_limited = true,
            Effect::Allows { is_limited: false } => delivery.is_open = true,
            Effect::Denies => delivery.is_denied = true,
            Effect::Nothing => {}
        }
    }
    delivery
}

/// What a statement makes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allows { is_limited: bool },
    Denies,
    Nothing,
}

pub(super) fn effect(statement: &Value, wanted: &Wanted<'_>) -> Effect {
    if !concerns(statement, wanted) {
        return Effect::Nothing;
    }
    let conditions = conditions(statement, wanted);
    match statement["Effect"].as_str() {
        Some("Allow") if conditions.holds != Some(false) => {
            Effect::Allows { is_limited: conditions.is_limited }
        }
        // What depends on something else may or may not deny.
        Some("Deny") if conditions.holds == Some(true) => Effect::Denies,
        _ => Effect::Nothing,
    }
}

pub(super) fn statements(policy: &Value) -> Vec<&Value> {
    match &policy["Statement"] {
        Value::Array(all) => all.iter().collect(),
        one @ Value::Object(_) => vec![one],
        _ => Vec::new(),
    }
}

/// One text or several.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a statement is about the service, the action and the key.
fn concerns(statement: &Value, wanted: &Wanted<'_>) -> bool {
    let is_service = |principal: &Value| {
        principal.as_str() == Some("*")
            || texts(&principal["Service"]).contains(&SERVICE)
            || texts(&principal["AWS"]).contains(&"*")
    };
    let is_principal = match (&statement["Principal"], &statement["NotPrincipal"]) {
        (Value::Null, Value::Null) => false,
        (Value::Null, not) => !is_service(not),
        (principal, _) => is_service(principal),
    };
    let any = |patterns: &Value, text: &str, fold: bool| {
        let text = if fold { text.to_ascii_lowercase() } else { text.to_owned() };
        texts(patterns).iter().any(|pattern| {
            let pattern = if fold { pattern.to_ascii_lowercase() } else { (*pattern).to_owned() };
            is_like(&pattern, &text)
        })
    };
    let is_action = match &statement["Action"] {
        Value::Null => !any(&statement["NotAction"], ACTION, true) && statement["NotAction"] != Value::Null,
        actions => any(actions, ACTION, true),
    };
    let resource = wanted.resource();
    let is_resource = match &statement["Resource"] {
        Value::Null => {
            !any(&statement["NotResource"], &resource, false) && statement["NotResource"] != Value::Null
        }
        resources => any(resources, &resource, false),
    };
    is_principal && is_action && is_resource
}

struct Conditions {
    /// Whether all hold; none if that depends on something else.
    holds: Option<bool>,
    /// Whether one of them is about the bucket that is logged, or its account.
    is_limited: bool,
}

fn conditions(statement: &Value, wanted: &Wanted<'_>) -> Conditions {
    let (mut holds, mut is_limited) = (Some(true), false);
    let Some(operators) = statement["Condition"].as_object() else { return Conditions { holds, is_limited } };
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().unwrap_or(&Map::new()) {
            let values = texts(values);
            let operator = operator.trim_end_matches("IfExists");
            let comparison = Comparison::of(operator);
            let found = match (key.to_ascii_lowercase().as_str(), comparison) {
                ("aws:sourcearn", Some(comparison)) => {
                    is_limited |= comparison.limits(&values, &wanted.arn(ANYTHING));
                    Some(comparison.holds(&values, &wanted.source_arn()))
                }
                ("aws:sourceaccount", Some(comparison)) => {
                    is_limited |= comparison.limits(&values, ANYTHING);
                    wanted.account.map(|account| comparison.holds(&values, account))
                }
                // S3 delivers over TLS.
                ("aws:securetransport", _) if operator == "Bool" => {
                    Some(values.iter().any(|value| value.eq_ignore_ascii_case("true")))
                }
                // A service principal has none of the others, or nobody tells what it has.
                _ => None,
            };
            holds = all(holds, found);
        }
    }
    Conditions { holds, is_limited }
}

/// How texts are compared.
#[derive(Clone, Copy)]
struct Comparison {
    is_like: fn(&str, &str) -> bool,
    is_not: bool,
}

impl Comparison {
    fn of(operator: &str) -> Option<Self> {
        let (is_like, is_not): (fn(&str, &str) -> bool, bool) = match operator {
            "StringEquals" => (|value, text| value == text, false),
            "StringNotEquals" => (|value, text| value == text, true),
            "StringEqualsIgnoreCase" => (str::eq_ignore_ascii_case, false),
            "StringNotEqualsIgnoreCase" => (str::eq_ignore_ascii_case, true),
            "StringLike" | "ArnLike" | "ArnEquals" => (is_like, false),
            "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (is_like, true),
            _ => return None,
        };
        Some(Self { is_like, is_not })
    }

    fn holds(self, values: &[&str], text: &str) -> bool {
        values.iter().any(|value| (self.is_like)(value, text)) != self.is_not
    }

    /// Whether only some texts fit: everything but a few does not limit.
    fn limits(self, values: &[&str], anything: &str) -> bool {
        !self.is_not && !self.holds(values, anything)
    }
}

fn all(before: Option<bool>, now: Option<bool>) -> Option<bool> {
    match (before, now) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Whether a text is like a pattern of a policy, in which `*` stands for anything and `?` for one character.
fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut place, mut star) = (0, 0, None);
    while place < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(sign) if *sign == b'?' || *sign == text[place] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((before, from)) => {
                    star = Some((before, from + 1));
                    at = before + 1;
                    place = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|sign| *sign == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'static> = Wanted {
        partition: "aws",
        target: "logs",
        key: "site/2026-08-01-10-00-00-0123456789ABCDEF",
        source: "site",
        account: Some("111122223333"),
    };

    fn of(statement: &str) -> String {
        format!("{{\"Statement\":[{statement}]}}")
    }

    #[test]
    fn what_policies_allow_and_deny() {
        let by_service = |more: &str| {
            of(&format!(
                r#"{{"Effect":"Allow","Principal":{{"Service":"logging.s3.amazonaws.com"}},{more}}}"#
            ))
        };
        let everything = r#""Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*""#;
        let with = |condition: &str| by_service(&format!(r#"{everything},"Condition":{condition}"#));
        let nothing = Delivery::default();
        let open = Delivery { is_open: true, ..Delivery::default() };
        let limited = Delivery { is_limited: true, ..Delivery::default() };
        let denied = Delivery { is_denied: true, ..Delivery::default() };
        let table = [
            (by_service(everything), &open),
            (by_service(r#""Action":["s3:Put*"],"Resource":["arn:aws:s3:::logs/site/*"]"#), &open),
            (by_service(r#""Action":"s3:putobject","Resource":"arn:aws:s3:::logs/s?te/*""#), &open),
            (by_service(r#""NotAction":"s3:Get*","NotResource":"arn:aws:s3:::logs/shop/*""#), &open),
            (by_service(r#""Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*""#), &nothing),
            (by_service(r#""Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/shop/*""#), &nothing),
            (by_service(r#""Action":"s3:PutObject","Resource":"arn:aws:s3:::logs""#), &nothing),
            (with(r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::site"}}"#), &limited),
            (with(r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::s*"}}"#), &limited),
            (with(r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::shop"}}"#), &nothing),
            (with(r#"{"StringEquals":{"aws:SourceAccount":["1","111122223333"]}}"#), &limited),
            (with(r#"{"StringEqualsIfExists":{"AWS:sourceaccount":"111122223333"}}"#), &limited),
            (with(r#"{"StringEquals":{"aws:SourceAccount":"444455556666"}}"#), &nothing),
            // A star stands for itself there.
            (with(r#"{"StringEquals":{"aws:SourceAccount":"*"}}"#), &nothing),
            // What fits everybody, or everybody but one, limits nothing.
            (with(r#"{"StringLike":{"aws:SourceAccount":"*"}}"#), &open),
            (with(r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}"#), &open),
            (with(r#"{"StringNotEquals":{"aws:SourceAccount":"444455556666"}}"#), &open),
            (with(r#"{"Null":{"aws:SourceArn":"false"}}"#), &open),
            (of(r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#), &open),
            (of(r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#), &denied),
            (
                of(
                    r#"{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:*","Resource":"*"}"#,
                ),
                &denied,
            ),
            (
                of(
                    r#"{"Effect":"Deny","NotPrincipal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:*","Resource":"*"}"#,
                ),
                &nothing,
            ),
            (
                of(
                    r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceAccount":"444455556666"}}}"#,
                ),
                &denied,
            ),
            // Over TLS, as S3 delivers.
            (
                of(
                    r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
                ),
                &nothing,
            ),
            // Whether that is so, nobody tells.
            (
                of(
                    r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}"#,
                ),
                &nothing,
            ),
            (
                of(
                    r#"{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"*","Resource":"*"}"#,
                ),
                &nothing,
            ),
            ("no JSON".to_owned(), &nothing),
            ("[]".to_owned(), &nothing),
            (r#"{"Statement":["x",1,null]}"#.to_owned(), &nothing),
        ];
        for (policy, expected) in table {
            assert_eq!(delivery(Some(&policy), &WANTED), *expected, "{policy}");
        }
        assert_eq!(delivery(None, &WANTED), nothing);
        // Whose account it is may not be known.
        let policy = with(r#"{"StringEquals":{"aws:SourceAccount":"444455556666"}}"#);
        assert_eq!(delivery(Some(&policy), &Wanted { account: None, ..WANTED }), limited);
    }

    #[test]
    fn patterns() {
        for (pattern, text, is_match) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*", "abc", true),
            ("a**", "a", true),
            ("", "a", false),
            ("[a]", "a", false),
        ] {
            assert_eq!(is_like(pattern, text), is_match, "{pattern} {text}");
        }
    }
}
