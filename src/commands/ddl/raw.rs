//! AWS's statement for Athena, with which it reads logs as they are.
//!
//! https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html, "Querying access logs for requests
//! by using Amazon Athena": names, types, regular expression and properties of both its statements.

use anyhow::Context as _;
use chrono::NaiveDate;

use super::Table;
use super::store::{FIRST_DAY, database, hive_text};

/// The columns, of which all but two are texts.
const COLUMNS: [&str; 27] = [
    "bucketowner",
    "bucket_name",
    "requestdatetime",
    "remoteip",
    "requester",
    "requestid",
    "operation",
    "key",
    "request_uri",
    "httpstatus",
    "errorcode",
    "bytessent",
    "objectsize",
    "totaltime",
    "turnaroundtime",
    "referrer",
    "useragent",
    "versionid",
    "hostid",
    "sigv",
    "ciphersuite",
    "authtype",
    "endpoint",
    "tlsversion",
    "accesspointarn",
    "aclrequired",
    "sourceregion",
];

const NUMBERS: [&str; 2] = ["bytessent", "objectsize"];

/// The regular expression as the statement has it: within a text, so that backslashes and quotes have one more backslash.
const REGEX: &str = concat!(
    r#"([^ ]*) ([^ ]*) \\[(.*?)\\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) (\"[^\"]*\"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) "#,
    r#"([^ ]*) ([^ ]*) ([^ ]*) (\"[^\"]*\"|-) ([^ ]*)(?: ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) "#,
    r#"([^ ]*))?.*$"#
);

/// The statement for the logs at `url`; with a partition for each day from `since` on, where that is the folder of a bucket
/// in the date-partitioned layout.
///
/// # Errors
/// If the first day is not known.
pub(super) fn athena(table: &Table, url: &str, since: Option<NaiveDate>) -> anyhow::Result<String> {
    let column =
        |name: &&str| format!("  `{name}` {}", if NUMBERS.contains(name) { "BIGINT" } else { "STRING" });
    let columns: Vec<String> = COLUMNS.iter().map(column).collect();
    let mut text = format!(
        "{}CREATE EXTERNAL TABLE IF NOT EXISTS {} (\n{})\n",
        database(table),
        table.quoted('`'),
        columns.join(",\n")
    );
    let is_partitioned = is_of_bucket(url);
    if is_partitioned {
        text += "PARTITIONED BY (`timestamp` STRING)\n";
    }
    text += &format!(
        "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'\n\
         WITH SERDEPROPERTIES ('input.regex' = '{REGEX}')\n\
         STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'\n\
         OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'\n\
         LOCATION {}",
        hive_text(url)
    );
    if is_partitioned {
        let since = since.context(FIRST_DAY)?;
        text += &format!(
            "\nTBLPROPERTIES (\n  'projection.enabled' = 'true',\n  'projection.timestamp.type' = 'date',\n  \
             'projection.timestamp.format' = 'yyyy/MM/dd',\n  'projection.timestamp.interval' = '1',\n  \
             'projection.timestamp.interval.unit' = 'DAYS',\n  'projection.timestamp.range' = '{},NOW',\n  \
             'storage.location.template' = {})",
            since.format("%Y/%m/%d"),
            hive_text(&format!("{url}${{timestamp}}"))
        );
    }
    Ok(text + ";\n")
}

/// Whether a URL is that of a folder ACCOUNT/REGION/BUCKET/, below which each day has its own.
fn is_of_bucket(url: &str) -> bool {
    let mut folders = url.trim_end_matches('/').rsplit('/');
    let (Some(bucket), Some(region), Some(account)) = (folders.next(), folders.next(), folders.next()) else {
        return false;
    };
    let is_region = region.split('-').count() >= 3
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    !bucket.is_empty() && is_region && is_account
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::parser::Parser;
    use crate::record::Field;

    #[test]
    fn folders_of_buckets() {
        for (url, expected) in [
            ("s3://my-logs/prod/111122223333/eu-west-1/my-bucket/", true),
            ("s3://my-logs/111122223333/us-gov-west-1/my-bucket/", true),
            ("s3://my-logs/prod/", false),
            ("s3://my-logs/111122223333/eu-west-1/", false),
            ("s3://my-logs/", false),
        ] {
            assert_eq!(is_of_bucket(url), expected, "{url}");
        }
    }

    /// As Hive does it: the text without its own backslashes, and the whole line.
    #[test]
    fn the_expression_reads_lines_as_the_parser_does() {
        let regex = REGEX.replace(r"\\", "\0").replace('\\', "").replace('\0', r"\");
        let regex = Regex::new(&format!("^(?:{regex})$")).expect("an expression");
        let (mut count, mut moved) = (0, 0);
        for line in include_str!("../../../tests/fixtures/questions.log").lines() {
            let found = regex.captures(line).unwrap_or_else(|| panic!("not read: {line}"));
            let record = Parser::default().parse(line.as_bytes()).map(|record| {
                Field::ALL
                    .map(|field| record.get(field).map(|text| String::from_utf8_lossy(text).into_owned()))
            });
            let fields = record.expect("a record");
            count += 1;
            // It believes in quotes, which a client can write.
            if fields[Field::UserAgent.index()].as_ref().is_some_and(|text| text.contains('"')) {
                assert_ne!(
                    found[Field::UserAgent.index() + 1].trim_matches('"'),
                    fields[Field::UserAgent.index()].as_deref().unwrap()
                );
                moved += 1;
                continue;
            }
            for (place, expected) in fields.into_iter().enumerate() {
                let text = found.get(place + 1).map_or("-", |group| group.as_str()).trim_matches('"');
                assert_eq!(text, expected.as_deref().unwrap_or("-"), "{}: {line}", COLUMNS[place]);
            }
        }
        assert_eq!((count, moved), (250, 1));
    }
}
