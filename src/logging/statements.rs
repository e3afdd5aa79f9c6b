//! The statements that let S3 deliver logs, put into the policies of log buckets beside all that is there, and taken out of them.

use serde_json::{Map, Value, json};

use super::policy::{ACTION, Effect, SERVICE, Wanted, effect, statements, texts};

/// What the names of the statements of s3al begin with: the name in S3's guide. The bucket that is logged makes it one of many.
const SID: &str = "S3ServerAccessLogsPolicy";

/// A policy as an object.
fn parsed(policy: &str) -> Result<Map<String, Value>, String> {
    let policy = serde_json::from_str(policy).map_err(|error| format!("its policy is no JSON: {error}"))?;
    let Value::Object(policy) = policy else { return Err("its policy is no object of JSON".to_owned()) };
    match policy.get("Statement") {
        None | Some(Value::Array(_) | Value::Object(_)) => Ok(policy),
        Some(_) => Err("the statements of its policy are none".to_owned()),
    }
}

fn statements_of(policy: &Map<String, Value>) -> Vec<Value> {
    statements(&Value::Object(policy.clone())).into_iter().cloned().collect()
}

fn with_statements(mut policy: Map<String, Value>, statements: Vec<Value>) -> String {
    policy.insert("Statement".to_owned(), Value::Array(statements));
    Value::Object(policy).to_string()
}

/// The name of the statement for a bucket. AWS IAM User Guide, "IAM JSON policy elements: Sid": letters and digits.
fn sid(wanted: &Wanted<'_>) -> String {
    let name: String = wanted.source.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{SID}{name}")
}

/// Whether s3al wrote a statement for this bucket. The names of `my-site` and `mysite` are the same, but for a number.
fn is_own(statement: &Value, wanted: &Wanted<'_>) -> bool {
    let is_named = statement["Sid"].as_str().is_some_and(|name| {
        let number = name.strip_prefix(&sid(wanted));
        number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    });
    let source = &statement["Condition"]["ArnLike"]["aws:SourceArn"];
    is_named && statement["Principal"]["Service"] == SERVICE && *source == wanted.source_arn()
}

/// The statement that lets S3 deliver the logs of a bucket below a prefix of the target.
fn statement(sid: &str, wanted: &Wanted<'_>, prefix: &str) -> Value {
    let mut condition = json!({"ArnLike": {"aws:SourceArn": wanted.source_arn()}});
    if let Some(account) = wanted.account {
        condition["StringEquals"] = json!({"aws:SourceAccount": account});
    }
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": ACTION,
        "Resource": Wanted { key: &format!("{prefix}*"), ..*wanted }.resource(),
        "Condition": condition,
    })
}

/// The policy with one more statement, which lets S3 deliver. All that is there stays.
///
/// # Errors
/// If the policy that is there cannot be read: then nothing is to be put in its place.
pub(super) fn added(policy: Option<&str>, wanted: &Wanted<'_>, prefix: &str) -> Result<String, String> {
    let policy = parsed(policy.unwrap_or(r#"{"Version":"2012-10-17"}"#))?;
    let mut all = statements_of(&policy);
    let is_taken = |name: &String| all.iter().any(|statement| statement["Sid"] == **name);
    let sid = sid(wanted);
    let names = std::iter::once(sid.clone()).chain((2..).map(|number: u64| format!("{sid}{number}")));
    let name = names.into_iter().find(|name| !is_taken(name)).unwrap_or(sid);
    all.push(statement(&name, wanted, prefix));
    Ok(with_statements(policy, all))
}

/// The policy without the statements that s3al wrote for a bucket: none if nothing is left, and the same if there were none.
///
/// # Errors
/// If the policy cannot be read.
pub(super) fn removed(policy: &str, wanted: &Wanted<'_>) -> Result<Option<String>, String> {
    let value = parsed(policy)?;
    let mut left = statements_of(&value);
    let before = left.len();
    left.retain(|statement| !is_own(statement, wanted));
    Ok(match left.len() {
        same if same == before => Some(policy.to_owned()),
        0 => None,
        _ => Some(with_statements(value, left)),
    })
}

/// The policy with the condition of `aws:SourceAccount` in each statement that lets S3 deliver the logs of everybody; none where that
/// would shut somebody else out, or where the account is not known.
pub(super) fn limited(policy: &str, wanted: &Wanted<'_>) -> Option<String> {
    let account = wanted.account?;
    let policy = parsed(policy).ok()?;
    let mut all = statements_of(&policy);
    for statement in &mut all {
        if effect(statement, wanted) != (Effect::Allows { is_limited: false }) {
            continue;
        }
        let is_for_delivery_alone = statement["Principal"]
            .as_object()
            .is_some_and(|who| who.len() == 1 && texts(&statement["Principal"]["Service"]) == [SERVICE]);
        if !is_for_delivery_alone {
            return None;
        }
        let conditions = statement.as_object_mut()?.entry("Condition").or_insert_with(|| json!({}));
        let equals = conditions.as_object_mut()?.entry("StringEquals").or_insert_with(|| json!({}));
        equals.as_object_mut()?.insert("aws:SourceAccount".to_owned(), json!(account));
    }
    Some(with_statements(policy, all))
}

#[cfg(test)]
mod tests {
    use super::super::policy::delivery;
    use super::*;

    const WANTED: Wanted<'static> = Wanted {
        partition: "aws",
        target: "logs",
        key: "my-site/2026-08-01-10-00-00-0123456789ABCDEF",
        source: "my-site",
        account: Some("111122223333"),
    };

    fn sids(policy: &str) -> Vec<String> {
        let policy: Value = serde_json::from_str(policy).unwrap();
        statements(&policy).iter().map(|found| found["Sid"].as_str().unwrap_or("-").to_owned()).collect()
    }

    #[test]
    fn statements_are_added_and_taken_away_and_the_others_stay() {
        let other = r#"{"Version":"2012-10-17","Id":"mine","Statement":{"Sid":"Other","Effect":"Deny"}}"#;
        let with = added(Some(other), &WANTED, "my-site/").unwrap();
        assert!(delivery(Some(&with), &WANTED).is_limited);
        assert_eq!(sids(&with), ["Other", "S3ServerAccessLogsPolicymysite"]);
        assert!(with.contains(r#""Id":"mine""#), "{with}");
        let left: Value = serde_json::from_str(&removed(&with, &WANTED).unwrap().unwrap()).unwrap();
        assert_eq!(left["Statement"], json!([{"Sid": "Other", "Effect": "Deny"}]));
        let alone = added(None, &WANTED, "my-site/").unwrap();
        assert_eq!(removed(&alone, &WANTED).unwrap(), None);
        assert_eq!(removed(other, &WANTED).unwrap().as_deref(), Some(other));
        for broken in ["x", "[]", "\"x\"", "null", r#"{"Statement":"x"}"#] {
            assert!(added(Some(broken), &WANTED, "").is_err(), "{broken}");
            assert!(removed(broken, &WANTED).is_err(), "{broken}");
            assert_eq!(limited(broken, &WANTED), None, "{broken}");
        }
    }

    #[test]
    fn buckets_whose_names_differ_in_signs_have_statements_of_their_own() {
        let same = Wanted { source: "mysite", key: "mysite/x", ..WANTED };
        let one = added(None, &WANTED, "my-site/").unwrap();
        let both = added(Some(&one), &same, "mysite/").unwrap();
        assert_eq!(sids(&both), ["S3ServerAccessLogsPolicymysite", "S3ServerAccessLogsPolicymysite2"]);
        assert!(delivery(Some(&both), &WANTED).is_limited && delivery(Some(&both), &same).is_limited);
        let left = removed(&both, &WANTED).unwrap().unwrap();
        assert!(!delivery(Some(&left), &WANTED).is_allowed() && delivery(Some(&left), &same).is_limited);
        // A statement of somebody else has the name.
        let taken = r#"{"Statement":[{"Sid":"S3ServerAccessLogsPolicymysite","Effect":"Deny"}]}"#;
        let beside = added(Some(taken), &WANTED, "my-site/").unwrap();
        assert_eq!(sids(&beside), ["S3ServerAccessLogsPolicymysite", "S3ServerAccessLogsPolicymysite2"]);
        let left = removed(&beside, &WANTED).unwrap().unwrap();
        assert!(left.contains("Deny") && sids(&left) == ["S3ServerAccessLogsPolicymysite"], "{left}");
        // And one of the guide is not of s3al.
        let guide = both.replace("S3ServerAccessLogsPolicymysite", "S3ServerAccessLogsPolicy");
        assert_eq!(removed(&guide, &WANTED).unwrap().unwrap(), guide);
    }

    #[test]
    fn what_is_open_is_limited_where_that_shuts_nobody_out() {
        let open = |principal: &str, condition: &str| {
            format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"{condition}}}]}}"#
            )
        };
        let service = r#"{"Service":"logging.s3.amazonaws.com"}"#;
        for condition in ["", r#","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#] {
            let policy = open(service, condition);
            let now = limited(&policy, &WANTED).unwrap();
            let found = delivery(Some(&now), &WANTED);
            assert!(found.is_limited && !found.is_open, "{now}");
            assert_eq!(now.contains("SecureTransport"), policy.contains("SecureTransport"));
            assert_eq!(limited(&policy, &Wanted { account: None, ..WANTED }), None);
        }
        assert_eq!(limited(&open("\"*\"", ""), &WANTED), None);
        let two = r#"{"Service":["logging.s3.amazonaws.com","cloudtrail.amazonaws.com"]}"#;
        assert_eq!(limited(&open(two, ""), &WANTED), None);
    }
}
