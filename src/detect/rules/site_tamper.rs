//! Pages of a website written by somebody new.

use std::collections::HashSet;

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, mix};
use crate::detect::finding::{Finding, Severity, ending, operations};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::profile::{Entry, Hour};
use crate::detect::event::kind;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::record::Field;
use crate::semantics::{Access, Event as LifeEvent};

/// The rule.
pub(crate) struct SiteTamper {
    groups: Groups,
    endings: Vec<String>,
}

impl Rule for SiteTamper {
    const ABOUT: &'static About = &About {
        id: "site-tamper",
        title: "Somebody new writes pages or scripts of a website",
        severity: Severity::High,
        tactic: "TA0040 Impact",
        technique: "T1491.002 External Defacement",
        fires: "An object whose name ends in one of `endings` is written to a bucket that is read through a website endpoint or by CloudFront, by somebody who \
                wrote nothing to it in the baseline. One finding for each actor and bucket.",
        unseen: "What was written. A thief of the credentials of whoever always writes the site. Sites whose bucket is read some other way.",
        next: "Compare the files with those in your repository; visitors run whatever is in them. Put the old versions back, and clear caches.",
        thresholds: &[Threshold {
            name: "endings",
            default: Setting::Texts(&[".html", ".htm", ".js", ".mjs", ".css", ".svg", ".wasm", ".php"]),
            meaning: "what a name ends in",
        }],
        needs_history: true,
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::WRITTEN;

    fn new(settings: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default(), endings: settings.texts("endings").iter().map(|text| text.to_ascii_lowercase()).collect() }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        let key = event.record.key().unwrap_or_default();
        let ends_in = |ending: &String| {
            key.len().checked_sub(ending.len()).is_some_and(|start| key[start..].eq_ignore_ascii_case(ending.as_bytes()))
        };
        if self.endings.iter().any(ends_in) {
            self.groups.add(mix(event.bucket, event.actor()), event);
        }
    }

    groups!();

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let is_write = |row: &crate::semantics::OperationInfo| {
            row.access == Access::Write
                && matches!(row.event, Some(LifeEvent::Created | LifeEvent::CreatedByCopy | LifeEvent::CreatedFromParts))
        };
        let endings: Vec<_> = self.endings.iter().map(|text| ending(text)).collect();
        let is_cdn = |requester: &[u8]| {
            requester.starts_with(b"svc:cloudfront") || memchr::memmem::find(requester, b":iam::cloudfront:").is_some()
        };
        let is_site = |entry: &&Entry| entry.is_website || is_cdn(entry.requester());
        let sites: HashSet<&[u8]> = known.entries().filter(is_site).map(Entry::bucket).collect();
        // Who always writes them, with or without this ending.
        let wrote = |entry: &&Entry| {
            let is_write = |hour: &Hour| known.is_learned(hour.hour) && hour.kinds & kind::WRITE != 0;
            sites.contains(entry.bucket()) && entry.hours.iter().any(is_write)
        };
        let writers: HashSet<(u64, &[u8])> =
            known.entries().filter(wrote).map(|entry| (entry.actor, entry.bucket())).collect();
        let finding = |hits: &crate::detect::hits::Hits| {
            let bucket = hits.examples.list().first()?.get(Field::Bucket)?;
            let is_new = known.is_judged_at(hits.seen.first) && !writers.contains(&(known.actor_of(hits), bucket));
            (sites.contains(bucket) && is_new).then(|| {
                Finding::of(Self::ABOUT, hits, "by somebody who wrote nothing to this site in the baseline")
                    .show("--operation", operations(is_write))
                    .show("--key", endings.join(","))
                    .show("--status", "2xx,304")
            })
        };
        self.groups.all().filter_map(|(_, hits)| finding(hits)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{ALICE, Line, STRANGER, at, found, ordinary};

    fn site(line: Line) -> Vec<Line> {
        let visit = at(1, 0).anonymous().operation("WEBSITE.GET.OBJECT").key("index.html").bucket("www");
        let deploy = at(1, 60).operation("REST.PUT.OBJECT").key("index.html").bucket("www");
        (1..4).flat_map(ordinary).chain([visit, deploy, line]).collect()
    }

    #[test]
    fn by_somebody_new() {
        let write = at(3, 0).operation("REST.PUT.OBJECT").key("js/app.JS").bucket("www").requester(STRANGER);
        assert_eq!(found("site-tamper", &site(write.clone())).len(), 1);
        for near in [
            write.clone().requester(ALICE),
            write.clone().key("data.csv"),
            write.clone().bucket("data"),
            write.clone().status("403 AccessDenied"),
            Line { time: at(1, 0).time, ..write.clone() },
        ] {
            assert!(found("site-tamper", &site(near)).is_empty());
        }
    }
}
