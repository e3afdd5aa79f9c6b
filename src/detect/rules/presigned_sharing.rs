//! Presigned URLs that went around.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::aggregate::{Merge as _, TimeRange};
use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, hash, mix};
use crate::detect::finding::{Finding, Severity, glob};
use crate::detect::hits::{Example, Examples, Few, Hits};
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::{Item, Room, Shelf};
use crate::record::Field;
use crate::semantics::Presigned;

/// How much of a signature is shown: enough to tell it from all others, and too little to use it.
const SHOWN: usize = 16;

/// How one signature was used. There can be millions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Uses {
    count: u32,
    is_v2: bool,
    addresses: Few,
    seen: TimeRange,
    signature: Box<[u8]>,
    examples: Examples,
}

impl Item for Uses {
    fn merge(&mut self, other: Self) {
        if self.count == 0 {
            *self = other;
            return;
        }
        self.count += other.count;
        self.seen.merge(other.seen);
        self.addresses.merge(&other.addresses);
        self.examples.merge(&other.examples);
    }

    fn heap_bytes(&self) -> usize {
        self.addresses.heap_bytes() + self.signature.len() + self.examples.heap_bytes()
    }
}

/// The rule.
pub(crate) struct PresignedSharing {
    uses: Shelf<Uses>,
    addresses: usize,
}

impl Rule for PresignedSharing {
    const ABOUT: &'static About = &About {
        id: "presigned-sharing",
        title: "A presigned URL is used from many addresses",
        severity: Severity::Medium,
        tactic: "TA0009 Collection",
        technique: "T1550 Use Alternate Authentication Material",
        fires: "One signature of a presigned URL is used with success from 5 different addresses. One finding for each signature; those of one requester and bucket \
                are one, if there are several.",
        unseen: "People whose address changes on the way (mobile networks, relays) look like several.",
        next: "Whoever has the URL can use it until it expires. Taking away the permissions of whoever signed it ends it at once; a shorter lifetime \
               helps next time.",
        thresholds: &[Threshold { name: "addresses", default: Setting::Count(5), meaning: "different addresses, up to 8" }],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::PRESIGNED;

    fn new(settings: &RuleSettings, room: &Room) -> Self {
        Self { uses: Shelf::new(room), addresses: usize::try_from(settings.number("addresses").min(8)).unwrap_or(8) }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        let record = event.record;
        if !event.is(fact::READ | fact::WRITTEN | fact::LISTED) {
            return;
        }
        let (Some(presigned), Some(address)) = (Presigned::of(record), record.get(Field::RemoteIp)) else { return };
        self.uses.update((mix(hash(&presigned.signature), event.who.hash), 0), |uses| {
            uses.count += 1;
            uses.seen.add(record.timestamp());
            uses.addresses.add(address);
            if uses.signature.is_empty() {
                uses.is_v2 = memchr::memmem::find(record.head(Field::RequestUri), b"X-Amz-").is_none();
                uses.signature = presigned.signature[..presigned.signature.len().min(SHOWN)].into();
            }
            uses.examples.add(record);
        });
    }

    fn merge(&mut self, other: Self) {
        self.uses.merge(other.uses);
    }

    fn memory(&self) -> usize {
        self.uses.memory()
    }

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let mut groups: HashMap<(Vec<u8>, Vec<u8>), Vec<Uses>> = HashMap::new();
        let at_least = self.addresses;
        self.uses.drain(|_, uses| {
            if uses.addresses.has_more() || uses.addresses.texts().len() >= at_least {
                let text =
                    |field| uses.examples.list().first().and_then(|one: &Example| one.get(field)).unwrap_or_default().to_vec();
                groups.entry((text(Field::Requester), text(Field::Bucket))).or_default().push(uses);
            }
        });
        groups.into_values().map(|group| self.finding(group)).collect()
    }
}

impl PresignedSharing {
    fn finding(&self, mut group: Vec<Uses>) -> Finding {
        group.sort_by(|a, b| (b.count, &a.signature).cmp(&(a.count, &b.signature)));
        let mut hits = Hits::default();
        for uses in &group {
            hits.count += u64::from(uses.count);
            hits.seen.merge(uses.seen);
            hits.addresses.merge(&uses.addresses);
            hits.examples.merge(&uses.examples);
        }
        for example in hits.examples.list() {
            hits.buckets.add(example.get(Field::Bucket).unwrap_or_default());
            hits.keys.add(example.get(Field::Key).unwrap_or_default());
        }
        let most = group.iter().map(|uses| (uses.addresses.has_more(), uses.addresses.texts().len())).max();
        let (has_more, addresses) = most.unwrap_or_default();
        let why = format!(
            "{} from {}{addresses} addresses (at least {})",
            if group.len() == 1 { "one signature".to_owned() } else { format!("{} signatures, one", group.len()) },
            if has_more { "more than " } else { "" },
            self.addresses,
        );
        let is_v2 = group.iter().all(|uses| uses.is_v2);
        let name = if is_v2 { "Signature" } else { "X-Amz-Signature" };
        let signatures: Vec<_> = group.iter().map(|uses| format!("{}*", glob(&uses.signature))).collect();
        Finding::of(Self::ABOUT, &hits, why)
            .show("--where", format!("param:{name}={}", signatures.join(",")))
            .show("--status", "2xx,304")
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{Line, at, found, said};

    fn shared(addresses: u32) -> Vec<Line> {
        let uri = "GET /a/1?X-Amz-Date=20260801T000000Z&X-Amz-Expires=600&X-Amz-Signature=0123456789abcdef0123 HTTP/1.1";
        let tail = at(1, 0).tail.replace("AuthHeader", "QueryString");
        (0..addresses).map(|number| at(1, number).ip(format!("198.51.100.{number}")).uri(uri).tail(&tail)).collect()
    }

    #[test]
    fn five_addresses() {
        assert_eq!(said("presigned-sharing", &shared(5)), ["medium 5 one signature from 5 addresses (at least 5)"]);
        assert!(said("presigned-sharing", &shared(30))[0].contains("more than 8 addresses"));
        assert!(found("presigned-sharing", &shared(4)).is_empty());
        let refused: Vec<_> = shared(9).into_iter().map(|line| line.status("403 AccessDenied")).collect();
        assert!(found("presigned-sharing", &refused).is_empty());
        let own: Vec<_> = shared(9)
            .into_iter()
            .enumerate()
            .map(|(place, line)| Line { uri: line.uri.replace("0123456789", &format!("{place:010}")), ..line })
            .collect();
        assert!(found("presigned-sharing", &own).is_empty());
    }
}
