//! Whether a bucket's policy lets S3 deliver logs, and the statement that does.
//!
//! Amazon S3 User Guide, "Enabling Amazon S3 server access logging", Permissions for log delivery: the service principal
//! `logging.s3.amazonaws.com` needs `s3:PutObject`, on the condition of `aws:SourceArn` (the bucket that is logged) and
//! `aws:SourceAccount`; statements that deny must not prevent it.

use serde_json::{Map, Value, json};

/// Who delivers logs.
const SERVICE: &str = "logging.s3.amazonaws.com";
const ACTION: &str = "s3:PutObject";
/// How the statements that s3al writes are called; a name of S3's guide, and the target's prefix makes it one of many.
const SID: &str = "S3ServerAccessLogsPolicy";

/// What a policy makes of the delivery of a bucket's logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delivery {
    /// Whether it is allowed.
    pub is_allowed: bool,
    /// Whether that is for this bucket or this account alone.
    pub is_limited: bool,
    /// Whether a statement denies it.
    pub is_denied: bool,
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
    fn resource(&self) -> String {
        format!("arn:{}:s3:::{}/{}", self.partition, self.target, self.key)
    }

    fn source_arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.partition, self.source)
    }
}

/// What a policy makes of a delivery.
pub(super) fn delivery(policy: Option<&str>, wanted: &Wanted<'_>) -> Delivery {
    let mut delivery = Delivery::default();
    let policy: Value = policy.and_then(|policy| serde_json::from_str(policy).ok()).unwrap_or_default();
    for statement in statements(&policy) {
        if !concerns(statement, wanted) {
            continue;
        }
        let conditions = conditions(statement, wanted);
        match statement["Effect"].as_str() {
            Some("Allow") if conditions.holds != Some(false) => {
                let limited = conditions.is_limited;
                delivery.is_limited =
                    if delivery.is_allowed { delivery.is_limited && limited } else { limited };
                delivery.is_allowed = true;
            }
            // What depends on something else may or may not deny.
            Some("Deny") if conditions.holds == Some(true) => delivery.is_denied = true,
            _ => {}
        }
    }
    delivery
}

fn statements(policy: &Value) -> Vec<&Value> {
    match &policy["Statement"] {
        Value::Array(all) => all.iter().collect(),
        one @ Value::Object(_) => vec![one],
        _ => Vec::new(),
    }
}

/// One text or several.
fn texts(value: &Value) -> Vec<&str> {
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
            let is_text = ["ArnLike", "ArnEquals", "StringLike", "StringEquals", "StringEqualsIgnoreCase"]
                .contains(&operator);
            let is_not =
                ["ArnNotLike", "ArnNotEquals", "StringNotLike", "StringNotEquals"].contains(&operator);
            let is_any = |text: &str| values.iter().any(|value| is_like(value, text));
            let found = match key.to_ascii_lowercase().as_str() {
                "aws:sourcearn" => Some(is_any(&wanted.source_arn())),
                "aws:sourceaccount" => wanted.account.map(is_any),
                // S3 delivers over TLS.
                "aws:securetransport" => {
                    let is_true = values.iter().any(|value| value.eq_ignore_ascii_case("true"));
                    holds = all(holds, Some(is_true));
                    continue;
                }
                // A service principal has none of the others.
                _ => None,
            };
            is_limited |= matches!(key.to_ascii_lowercase().as_str(), "aws:sourcearn" | "aws:sourceaccount");
            let found = match (is_text, is_not) {
                (true, _) => found,
                (_, true) => found.map(|found| !found),
                _ => None,
            };
            holds = all(holds, found);
        }
    }
    Conditions { holds, is_limited }
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

/// The statement that lets S3 deliver the logs of buckets of an account below a prefix of the target.
fn statement(wanted: &Wanted<'_>, prefix: &str) -> Value {
    // Names of statements hold letters and digits.
    let name: String = wanted.source.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut condition = json!({"ArnLike": {"aws:SourceArn": wanted.source_arn()}});
    if let Some(account) = wanted.account {
        condition["StringEquals"] = json!({"aws:SourceAccount": account});
    }
    json!({
        "Sid": format!("{SID}{name}"),
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": ACTION,
        "Resource": format!("arn:{}:s3:::{}/{prefix}*", wanted.partition, wanted.target),
        "Condition": condition,
    })
}

/// The policy with a statement that lets S3 deliver, beside all that is there. One that s3al wrote before for the same bucket is
/// replaced.
///
/// # Errors
/// If the policy that is there cannot be read: then nothing is to be put in its place.
pub(super) fn with_delivery(
    policy: Option<&str>,
    wanted: &Wanted<'_>,
    prefix: &str,
) -> Result<String, String> {
    let mut policy: Value = match policy {
        None => json!({"Version": "2012-10-17", "Statement": []}),
        Some(policy) => {
            serde_json::from_str(policy).map_err(|error| format!("its policy is no JSON: {error}"))?
        }
    };
    let new = statement(wanted, prefix);
    let mut all: Vec<Value> = statements(&policy).into_iter().cloned().collect();
    all.retain(|statement| statement["Sid"] != new["Sid"]);
    all.push(new);
    policy["Statement"] = Value::Array(all);
    Ok(policy.to_string())
}

/// The policy without the statement that s3al wrote for a bucket: none if nothing is left, and the same if there was none.
///
/// # Errors
/// If the policy cannot be read.
pub(super) fn without_delivery(policy: &str, wanted: &Wanted<'_>) -> Result<Option<String>, String> {
    let mut value: Value =
        serde_json::from_str(policy).map_err(|error| format!("its policy is no JSON: {error}"))?;
    let sid = statement(wanted, "")["Sid"].clone();
    let all: Vec<Value> = statements(&value).into_iter().cloned().collect();
    let left: Vec<Value> = all.iter().filter(|statement| statement["Sid"] != sid).cloned().collect();
    if left.len() == all.len() {
        return Ok(Some(policy.to_owned()));
    }
    if left.is_empty() {
        return Ok(None);
    }
    value["Statement"] = Value::Array(left);
    Ok(Some(value.to_string()))
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
        let allow = |more: &str| {
            of(&format!(
                "{{\"Effect\":\"Allow\",\"Principal\":{{\"Service\":\"logging.s3.amazonaws.com\"}},{more}}}"
            ))
        };
        let everything = "\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::logs/*\"";
        let with = |condition: &str| allow(&format!("{everything},\"Condition\":{condition}"));
        // Whether it is allowed, limited, denied.
        let table = [
            (allow(everything), (true, false, false)),
            (
                allow("\"Action\":[\"s3:Put*\"],\"Resource\":[\"arn:aws:s3:::logs/site/*\"]"),
                (true, false, false),
            ),
            (
                allow("\"Action\":\"s3:putobject\",\"Resource\":\"arn:aws:s3:::logs/s?te/*\""),
                (true, false, false),
            ),
            (
                allow("\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::logs/*\""),
                (false, false, false),
            ),
            (
                allow("\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::logs/shop/*\""),
                (false, false, false),
            ),
            (allow("\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::logs\""), (false, false, false)),
            (with("{\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:s3:::site\"}}"), (true, true, false)),
            (with("{\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:s3:::s*\"}}"), (true, true, false)),
            (with("{\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:s3:::shop\"}}"), (false, false, false)),
            (
                with("{\"StringEquals\":{\"aws:SourceAccount\":[\"1\",\"111122223333\"]}}"),
                (true, true, false),
            ),
            (with("{\"StringEquals\":{\"aws:SourceAccount\":\"444455556666\"}}"), (false, false, false)),
            (
                of("{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}"),
                (true, false, false),
            ),
            (
                of("{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\"}"),
                (false, false, true),
            ),
            // Over TLS, as S3 delivers.
            (
                of("{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\",\
                    \"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}}}"),
                (false, false, false),
            ),
            (
                of(
                    "{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"cloudtrail.amazonaws.com\"},\"Action\":\"*\",\"Resource\":\"*\"}",
                ),
                (false, false, false),
            ),
            ("no JSON".to_owned(), (false, false, false)),
        ];
        for (policy, (is_allowed, is_limited, is_denied)) in table {
            let found = delivery(Some(&policy), &WANTED);
            assert_eq!(found, Delivery { is_allowed, is_limited, is_denied }, "{policy}");
        }
        assert_eq!(delivery(None, &WANTED), Delivery::default());
    }

    #[test]
    fn statements_are_added_and_taken_away_and_the_others_stay() {
        let other = "{\"Version\":\"2012-10-17\",\"Id\":\"mine\",\"Statement\":{\"Sid\":\"Other\",\"Effect\":\"Deny\"}}";
        let added = with_delivery(Some(other), &WANTED, "site/").unwrap();
        assert!(delivery(Some(&added), &WANTED).is_limited);
        let value: Value = serde_json::from_str(&added).unwrap();
        assert_eq!((&value["Id"], value["Statement"].as_array().unwrap().len()), (&json!("mine"), 2));
        assert_eq!(value["Statement"][0]["Sid"], "Other");
        // Once more changes nothing.
        assert_eq!(with_delivery(Some(&added), &WANTED, "site/").unwrap(), added);
        let left: Value = serde_json::from_str(&without_delivery(&added, &WANTED).unwrap().unwrap()).unwrap();
        assert_eq!(left["Statement"], json!([{"Sid": "Other", "Effect": "Deny"}]));
        let alone = with_delivery(None, &WANTED, "site/").unwrap();
        assert_eq!(without_delivery(&alone, &WANTED).unwrap(), None);
        assert_eq!(without_delivery(other, &WANTED).unwrap().as_deref(), Some(other));
        assert!(with_delivery(Some("x"), &WANTED, "").is_err());
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
