//! An IAM policy as it is written: statements, and what they say of actions and resources.
//!
//! Source: AWS, "IAM JSON policy elements reference": action names are compared without case, `*` stands for any characters and `?` for any
//! one, in actions and resources alike.

use anyhow::{Context as _, anyhow, bail};
use regex::bytes::{Regex, RegexBuilder};
use serde_json::{Map, Value};

/// A statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// Its Sid, or its number.
    pub(crate) name: String,
    /// Whether it allows.
    pub(crate) allows: bool,
    /// Whether it means all actions but these.
    pub(crate) is_not_action: bool,
    /// The actions, as they are written.
    pub(crate) actions: Vec<Pattern>,
    /// Whether it means all resources but these.
    pub(crate) is_not_resource: bool,
    /// The resources, as they are written; none in the trust policy of a role.
    pub(crate) resources: Vec<Pattern>,
    /// Whether it holds only under conditions, which are not compared.
    pub(crate) has_condition: bool,
}

/// An action or a resource with wildcards.
#[derive(Debug)]
pub(super) struct Pattern {
    /// As it is written.
    pub(crate) text: String,
    matcher: Regex,
}

impl Pattern {
    /// An action.
    fn action(text: &str) -> anyhow::Result<Self> {
        if text != "*" && !text.contains(':') {
            bail!("{text:?} is no action: expected SERVICE:NAME, such as s3:GetObject, or *");
        }
        Self::new(text, text, true)
    }

    /// A resource. Partitions are not compared: a log does not name one.
    fn resource(text: &str) -> anyhow::Result<Self> {
        let parts: Vec<&str> = text.splitn(3, ':').collect();
        match parts[..] {
            ["arn", _, rest] => Self::new(text, &format!("arn:*:{rest}"), false),
            _ if text == "*" => Self::new(text, text, false),
            _ => bail!("{text:?} is no resource: expected an ARN, such as arn:aws:s3:::my-bucket/*, or *"),
        }
    }

    fn new(text: &str, pattern: &str, ignores_case: bool) -> anyhow::Result<Self> {
        let mut regex = String::from("^");
        let mut rest = pattern;
        while let Some(character) = rest.chars().next() {
            let len = match character {
                // `${*}` is a star that means itself; other variables can be anything.
                '$' if rest.starts_with("${") => {
                    let end = rest.find('}').map_or(rest.len(), |end| end + 1);
                    match &rest[..end] {
                        "${*}" | "${?}" | "${$}" => regex += &regex::escape(&rest[2..3]),
                        _ => regex += ".*",
                    }
                    end
                }
                '*' => {
                    regex += ".*";
                    1
                }
                '?' => {
                    regex += ".";
                    1
                }
                other => {
                    regex += &regex::escape(&rest[..other.len_utf8()]);
                    other.len_utf8()
                }
            };
            rest = &rest[len..];
        }
        regex.push('$');
        let mut builder = RegexBuilder::new(&regex);
        // Keys are bytes.
        builder.case_insensitive(ignores_case).dot_matches_new_line(true).unicode(false);
        let matcher = builder.build().map_err(|_| anyhow!("{text:?} is too long for a pattern"))?;
        Ok(Self { text: text.to_owned(), matcher })
    }

    /// Whether it holds this.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        self.matcher.is_match(text)
    }
}

impl Statement {
    /// Whether it speaks of this action.
    pub(super) fn has_action(&self, action: &[u8]) -> bool {
        self.actions.iter().any(|pattern| pattern.matches(action)) != self.is_not_action
    }

    /// Whether it speaks of this resource.
    pub(super) fn has_resource(&self, resource: &[u8]) -> bool {
        self.resources.is_empty()
            || self.resources.iter().any(|pattern| pattern.matches(resource)) != self.is_not_resource
    }
}

/// Reads a policy, also as `aws iam get-policy-version`, `get-role-policy` and `aws s3api get-bucket-policy` print one.
///
/// # Errors
/// If it is none: what is wrong, and in which statement.
pub(super) fn parse(text: &str) -> anyhow::Result<Vec<Statement>> {
    let document: Value = serde_json::from_str(text).context("not JSON")?;
    let inside = ["/PolicyVersion/Document", "/PolicyDocument", "/Policy"];
    let found = inside.iter().find_map(|path| document.pointer(path));
    let document = match found {
        // A policy in a text.
        Some(Value::String(text)) => serde_json::from_str(text).context("the policy in it is not JSON")?,
        Some(inner) => inner.clone(),
        None => document,
    };
    let Some(statements) = document.get("Statement") else {
        let is_several =
            document.as_object().is_some_and(|all| all.values().any(|one| one.get("Statement").is_some()));
        match is_several {
            true => bail!("it holds several policies by name: write the one to compare to a file of its own"),
            false => bail!("there is no Statement in it, so it is no policy"),
        }
    };
    let statements = match statements {
        Value::Array(statements) => statements.iter().collect(),
        one => vec![one],
    };
    let read = |(place, one): (usize, &Value)| {
        let number = place + 1;
        let one = one.as_object().ok_or_else(|| anyhow!("statement {number} is no object"))?;
        statement(one, number).with_context(|| format!("statement {number}"))
    };
    statements.into_iter().enumerate().map(read).collect()
}

fn statement(one: &Map<String, Value>, number: usize) -> anyhow::Result<Statement> {
    let allows = match one.get("Effect").and_then(Value::as_str) {
        Some("Allow") => true,
        Some("Deny") => false,
        _ => bail!("Effect is neither Allow nor Deny"),
    };
    let (is_not_action, actions) = either(one, "Action", "NotAction")?;
    let (is_not_resource, resources) = either(one, "Resource", "NotResource")?;
    if actions.is_empty() {
        bail!("there is neither Action nor NotAction");
    }
    Ok(Statement {
        name: one.get("Sid").and_then(Value::as_str).map_or_else(|| number.to_string(), str::to_owned),
        allows,
        is_not_action,
        actions: actions.into_iter().map(Pattern::action).collect::<Result<_, _>>()?,
        is_not_resource,
        resources: resources.into_iter().map(Pattern::resource).collect::<Result<_, _>>()?,
        has_condition: one
            .get("Condition")
            .is_some_and(|condition| condition.as_object().is_none_or(|all| !all.is_empty())),
    })
}

/// The texts of an element or of its opposite; whether it is the opposite.
fn either<'a>(one: &'a Map<String, Value>, name: &str, not: &str) -> anyhow::Result<(bool, Vec<&'a str>)> {
    let (is_not, name, value) = match (one.get(name), one.get(not)) {
        (Some(_), Some(_)) => bail!("there are both {name} and {not}"),
        (Some(value), None) => (false, name, value),
        (None, Some(value)) => (true, not, value),
        (None, None) => return Ok((false, Vec::new())),
    };
    let text =
        |value: &'a Value| value.as_str().ok_or_else(|| anyhow!("{name} holds what is no text: {value}"));
    let texts = match value {
        Value::Array(values) => values.iter().map(text).collect::<Result<_, _>>()?,
        one => vec![text(one)?],
    };
    Ok((is_not, texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let action =
            |pattern: &str, text: &str| Pattern::action(pattern).expect(pattern).matches(text.as_bytes());
        assert!(
            action("s3:get*", "s3:GetObject")
                && action("*", "s3:GetObject")
                && action("s3:GetObject?", "s3:GetObjectX")
        );
        assert!(!action("s3:Get", "s3:GetObject") && !action("s3:GetObject?", "s3:GetObject"));
        let resource =
            |pattern: &str, text: &str| Pattern::resource(pattern).expect(pattern).matches(text.as_bytes());
        for (pattern, text, is_match) in [
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b\n", true),
            ("arn:aws-cn:s3:::b/*", "arn:aws:s3:::b/a", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
            ("arn:aws:s3:::b*", "arn:aws:s3:::bc/d", true),
            ("arn:aws:s3:::B/*", "arn:aws:s3:::b/a", false),
            ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/alice/x", true),
            ("arn:aws:s3:::b/100${*}", "arn:aws:s3:::b/100*", true),
            ("arn:aws:s3:::b/100${*}", "arn:aws:s3:::b/1000", false),
            ("arn:aws:s3:::b/a.c", "arn:aws:s3:::b/abc", false),
        ] {
            assert_eq!(resource(pattern, text), is_match, "{pattern} {text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, problem) in [
            ("{", "not JSON"),
            ("{}", "no Statement"),
            (r#"{"a": {"Statement": []}}"#, "several policies"),
            (r#"{"Statement": [1]}"#, "statement 1 is no object"),
            (r#"{"Statement": {"Effect": "allow", "Action": "s3:*"}}"#, "statement 1: Effect is neither"),
            (r#"{"Statement": {"Effect": "Allow", "Resource": "*"}}"#, "neither Action nor NotAction"),
            (
                r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "NotAction": "s3:*"}}"#,
                "both Action and NotAction",
            ),
            (r#"{"Statement": {"Effect": "Allow", "Action": ["GetObject"]}}"#, "\"GetObject\" is no action"),
            (
                r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "my-bucket"}}"#,
                "\"my-bucket\" is no resource",
            ),
            (r#"{"Statement": {"Effect": "Allow", "Action": [5]}}"#, "Action holds what is no text: 5"),
        ] {
            let error = format!("{:#}", parse(text).expect_err(text));
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn as_the_aws_cli_prints_them() {
        let policy = r#"{"Statement": [{"Sid": "A", "Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Condition": {"Bool": {}}}]}"#;
        let text = serde_json::to_string(policy).expect("a text");
        for document in [
            policy.to_owned(),
            format!(r#"{{"PolicyVersion": {{"Document": {policy}}}}}"#),
            format!(r#"{{"RoleName": "x", "PolicyDocument": {policy}}}"#),
            format!(r#"{{"Policy": {text}}}"#),
        ] {
            let read = parse(&document).expect(&document);
            assert_eq!(
                (read.len(), read[0].name.as_str(), read[0].allows, read[0].has_condition),
                (1, "A", false, true)
            );
            assert!(read[0].has_action(b"kms:Decrypt") && !read[0].has_action(b"s3:GetObject"));
        }
    }
}
