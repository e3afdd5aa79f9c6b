//! Networks that are known to be bad.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact};
use crate::detect::finding::{Finding, Severity};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;

/// The rule.
pub(crate) struct BadIp {
    groups: Groups,
}

impl Rule for BadIp {
    const ABOUT: &'static About = &About {
        id: "bad-ip",
        title: "Requests from a network that is known to be bad",
        severity: Severity::High,
        tactic: "TA0001 Initial Access",
        technique: "T1078.004 Cloud Accounts",
        fires: "The address is in one of the networks of the files of --bad-ips. High if any request from it succeeds, low if none does. One finding \
                for each address.",
        unseen: "Without a list there is none: the program asks no service. A list is as good as the day it was made.",
        next: "If requests were signed, take those credentials away. If they were not, see what is public.",
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::BAD_ADDRESS;

    fn new(_: &RuleSettings, _: &Room) -> Self {
        Self { groups: Groups::default() }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        self.groups.add(event.address, event);
    }

    groups!();

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let finding = |hits: &crate::detect::hits::Hits| {
            let severity = if hits.successes > 0 { Severity::High } else { Severity::Low };
            let why = format!("{} of {} requests succeeded", hits.successes, hits.count);
            let who = hits.identity().map(<[u8]>::to_vec);
            let finding = Finding::of(Self::ABOUT, hits, why).severity(severity).of_anyone().at_address();
            Finding { requester: who, ..finding }
        };
        self.groups.all().map(|(_, hits)| finding(hits)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::config::Settings;
    use crate::detect::testing::{at, found_with};

    #[test]
    fn addresses_of_a_list() {
        let mut settings = Settings::default();
        settings.add_bad_networks("198.51.100.0/24\n").expect("a network");
        let lines = [
            at(1, 0).ip("198.51.100.7"),
            at(1, 1).ip("198.51.100.7").status("403 AccessDenied"),
            at(1, 0).ip("198.51.100.8").status("403 AccessDenied"),
            at(1, 0).ip("198.51.101.7"),
        ];
        let found = found_with("bad-ip", settings.clone(), None, &lines);
        let said: Vec<_> = found.iter().map(|one| (one.severity.name(), one.count)).collect();
        assert_eq!(said, [("high", 2), ("low", 1)]);
        settings = Settings::default();
        assert!(found_with("bad-ip", settings, None, &lines).is_empty());
    }
}
