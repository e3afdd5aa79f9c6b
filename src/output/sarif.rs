//! SARIF 2.1.0, which code scanning and other collectors of findings read.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", and its schema, `sarif-schema-2.1.0.json`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::findings::{self, Named, object};
use super::renderer::Look;
use crate::report::Report;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One run with a result for each finding.
pub(super) struct Renderer;

impl super::renderer::Renderer for Renderer {
    fn render(&self, report: &Report, _look: &Look, out: &mut dyn Write) -> io::Result<()> {
        // Rules in the order of their names, each with its place.
        let mut rules: BTreeMap<String, (usize, Json)> = BTreeMap::new();
        findings::for_each(report, |finding, _| {
            let rule = finding.text("rule").unwrap_or_default();
            rules.entry(rule).or_insert_with_key(|id| (0, descriptor(id, finding)));
            Ok(())
        })?;
        rules.values_mut().enumerate().for_each(|(place, (own, _))| *own = place);
        let mut results = Vec::new();
        findings::for_each(report, |finding, evidence| {
            let rule = finding.text("rule").unwrap_or_default();
            let place = rules.get(&rule).map(|(place, _)| *place);
            results.push(result(finding, evidence, &rule, place));
            Ok(())
        })?;
        let driver = json!({
            "name": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "rules": rules.into_values().map(|(_, rule)| rule).collect::<Vec<_>>(),
        });
        let run = json!({ "tool": { "driver": driver }, "results": results });
        findings::write(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }), out)?;
        out.write_all(b"\n")
    }

    fn is_of_findings(&self) -> bool {
        true
    }

    fn holds_one_table(&self) -> bool {
        false
    }
}

fn descriptor(id: &str, finding: &Named<'_>) -> Json {
    let text = |name: &str| finding.text(name).map_or(Json::Null, |text| json!({ "text": text }));
    let tags = ["tactic", "technique"].map(|name| finding.text(name));
    let tags: Vec<_> = [Some("security".to_owned())].into_iter().chain(tags).flatten().collect();
    object([
        ("id", id.into()),
        ("shortDescription", text("title")),
        ("help", text("next")),
        ("properties", json!({ "tags": tags })),
    ])
}

fn result(finding: &Named<'_>, evidence: &[Named<'_>], rule: &str, place: Option<usize>) -> Json {
    let text = |name: &str| finding.text(name).map_or(Json::Null, Json::String);
    let list = |name: &str| Json::from(finding.list(name));
    let severity = finding.text("severity").unwrap_or_default();
    let (level, score) = match severity.as_str() {
        "critical" => ("error", "9.5"),
        "high" => ("error", "8.0"),
        "medium" => ("warning", "5.5"),
        "low" => ("note", "2.5"),
        _ => ("note", "0.0"),
    };
    let message = [finding.text("title"), finding.text("why")].into_iter().flatten().collect::<Vec<_>>();
    let buckets = finding.list("buckets");
    let touched = finding.text("touched");
    let locations: Vec<Json> = buckets.iter().map(|bucket| location(bucket, touched.as_deref())).collect();
    let properties = object([
        ("severity", text("severity")),
        // How severe a result is where results are ordered by it: GitHub, "SARIF support for code scanning".
        ("security-severity", score.into()),
        ("finding", finding.number("finding").into()),
        ("incident", finding.number("incident").into()),
        ("requester", text("requester")),
        ("remote_ips", list("remote_ips")),
        ("clients", list("clients")),
        ("buckets", buckets.into()),
        ("touched", text("touched")),
        ("first_seen", finding.time("first_seen").into()),
        ("last_seen", finding.time("last_seen").into()),
        ("tactic", text("tactic")),
        ("technique", text("technique")),
        ("next", text("next")),
        ("command", text("command")),
        ("request_ids", evidence.iter().filter_map(|one| one.text("request_id")).collect::<Vec<_>>().into()),
    ]);
    object([
        ("ruleId", rule.into()),
        ("ruleIndex", place.into()),
        ("level", level.into()),
        ("message", json!({ "text": message.join(": ") })),
        ("locations", locations.into()),
        ("occurrenceCount", finding.number("count").filter(|count| *count > 0).into()),
        ("partialFingerprints", json!({ "finding/v1": finding.fingerprint() })),
        ("properties", properties),
    ])
}

/// A bucket, and what of it was touched.
fn location(bucket: &str, touched: Option<&str>) -> Json {
    let name = match touched {
        Some(touched) => format!("arn:aws:s3:::{bucket}/{touched}"),
        None => format!("arn:aws:s3:::{bucket}"),
    };
    json!({
        "physicalLocation": { "artifactLocation": { "uri": format!("s3://{}/", utf8_percent_encode(bucket, NON_ALPHANUMERIC)) } },
        "logicalLocations": [{ "fullyQualifiedName": name, "kind": "resource" }],
    })
}
