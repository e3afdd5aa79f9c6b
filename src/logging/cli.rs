//! Changes as commands of the AWS CLI.

use serde_json::{Value, json};

use crate::source::s3::{Change, LogLayout, LoggingFact};

/// A change as JSON and as the command that makes it.
pub(crate) fn command(change: &Change) -> (Value, String) {
    match change {
        Change::Create { bucket, region } => {
            // Amazon S3's API reference, CreateBucket: us-east-1 takes no LocationConstraint.
            let place = match region.as_str() {
                "us-east-1" => String::new(),
                region => format!(" --create-bucket-configuration LocationConstraint={region}"),
            };
            let json = json!({"Bucket": bucket, "Region": region});
            (json, format!("aws s3api create-bucket --bucket {} --region {region}{place}", quoted(bucket)))
        }
        Change::Policy { bucket, policy: Some(policy) } => {
            let json: Value = serde_json::from_str(policy).unwrap_or_default();
            let command = format!(
                "aws s3api put-bucket-policy --bucket {} --policy {}",
                quoted(bucket),
                quoted(policy)
            );
            (json, command)
        }
        Change::Policy { bucket, policy: None } => {
            (Value::Null, format!("aws s3api delete-bucket-policy --bucket {}", quoted(bucket)))
        }
        Change::Expire { bucket, id, prefix, days, is_first } => {
            let rule = json!({"ID": id, "Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": days}});
            let command = match is_first {
                true => format!(
                    "aws s3api put-bucket-lifecycle-configuration --bucket {} --lifecycle-configuration {}",
                    quoted(bucket),
                    quoted(&json!({"Rules": [rule]}).to_string())
                ),
                false => with_rules(bucket, &format!("[.Rules[] | select(.ID != {})] + [{rule}]", json!(id))),
            };
            (rule, command)
        }
        Change::Logging { bucket, logging } => {
            let status = logging.as_ref().map_or_else(|| json!({}), status);
            let command = format!(
                "aws s3api put-bucket-logging --bucket {} --bucket-logging-status {}",
                quoted(bucket),
                quoted(&status.to_string())
            );
            (status, command)
        }
    }
}

/// Replaces the lifecycle rules of a bucket by what an expression of jq makes of them. S3 replaces all together, so those that are
/// there go along; where they cannot be read, nothing is replaced.
pub(super) fn with_rules(bucket: &str, rules: &str) -> String {
    let (bucket, filter) = (quoted(bucket), quoted(&format!("{{Rules: ({rules})}}")));
    format!(
        "rules=$(aws s3api get-bucket-lifecycle-configuration --bucket {bucket} 2>&1) || case $rules in \
         *NoSuchLifecycleConfiguration*) rules='{{\"Rules\":[]}}';; esac; printf %s \"$rules\" | jq {filter} > lifecycle.json && \
         aws s3api put-bucket-lifecycle-configuration --bucket {bucket} --lifecycle-configuration file://lifecycle.json"
    )
}

fn status(logging: &LoggingFact) -> Value {
    let mut enabled = json!({"TargetBucket": logging.target, "TargetPrefix": logging.prefix});
    let source = match logging.layout {
        LogLayout::Simple => None,
        LogLayout::EventTime => Some("EventTime"),
        LogLayout::DeliveryTime => Some("DeliveryTime"),
    };
    if let Some(source) = source {
        enabled["TargetObjectKeyFormat"] = json!({"PartitionedPrefix": {"PartitionDateSource": source}});
    }
    json!({"LoggingEnabled": enabled})
}

/// A word for a shell.
pub(super) fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| "''".to_owned(), |word| word.into_owned())
}
