//! Presigned URLs that went around.

use hashbrown::HashMap;

use crate::aggregate::{Merge as _, TimeRange};
use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, hash, mix};
use crate::detect::finding::{Finding, Severity, glob};
use crate::detect::hits::{Example, Examples, Few, Hits};
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::record::Field;
use crate::semantics::Presigned;

/// How much of a signature is shown: enough to tell it from all others, and too little to use it.
const SHOWN: usize = 16;

/// How one signature was used. There can be millions.
#[derive(Clone, Debug, Default)]
struct Uses {
    count: u32,
    is_v2: bool,
    addresses: Few,
    seen: TimeRange,
    signature: Box<[u8]>,
    examples: Examples,
}

/// About what it takes beside its place in the table: texts of an address, a signature and a request.
const USES_BYTES: usize = 400;

/// The rule.
pub(crate) struct PresignedSharing {
    uses: HashMap<u64, Box<Uses>>,
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
        unseen: "People whose address changes on the way (mobile networks, relays) look like several. Each different signature takes about 500 bytes of \
                 memory.",
        next: "Whoever has the URL can use it until it expires. Taking away the permissions of whoever signed it ends it at once; a shorter lifetime \
               helps next time.",
        thresholds: &[Threshold { name: "addresses", default: Setting::Count(5), meaning: "different addresses, up to 8" }],
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::PRESIGNED;

    fn new(settings: &RuleSettings) -> Self {
        Self { uses: HashMap::new(), addresses: usize::try_from(settings.number("addresses").min(8)).unwrap_or(8) }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        let record = event.record;
        if !event.is(fact::READ | fact::WRITTEN | fact::LISTED) {
            return;
        }
        let (Some(presigned), Some(address)) = (Presigned::of(record), record.get(Field::RemoteIp)) else { return };
        let uses = self.uses.entry(mix(hash(&presigned.signature), event.who.hash)).or_default();
        uses.count += 1;
        uses.seen.add(record.timestamp());
        uses.addresses.add(address);
        if uses.signature.is_empty() {
            uses.is_v2 = memchr::memmem::find(record.head(Field::RequestUri), b"X-Amz-").is_none();
            uses.signature = presigned.signature[..presigned.signature.len().min(SHOWN)].into();
        }
        uses.examples.add(record);
    }

    fn merge(&mut self, other: Self) {
        for (key, other) in other.uses {
            let uses = self.uses.entry(key).or_default();
            if uses.count == 0 {
                *uses = other;
                continue;
            }
            uses.count += other.count;
            uses.seen.merge(other.seen);
            uses.addresses.merge(&other.addresses);
            uses.examples.merge(&other.examples);
        }
    }

    fn memory(&self) -> usize {
        self.uses.capacity() * 16 + self.uses.len() * (size_of::<Uses>() + USES_BYTES)
    }

    fn findings(&self, _: &Known<'_>) -> Vec<Finding> {
        let is_shared = |uses: &&Uses| uses.addresses.has_more() || uses.addresses.texts().len() >= self.addresses;
        let mut groups: HashMap<(Vec<u8>, Vec<u8>), Vec<&Uses>> = HashMap::new();
        for uses in self.uses.values().map(|uses| &**uses).filter(is_shared) {
            let text = |field| uses.examples.list().first().and_then(|one: &Example| one.get(field)).unwrap_or_default().to_vec();
            groups.entry((text(Field::Requester), text(Field::Bucket))).or_default().push(uses);
        }
        groups.into_values().map(|group| self.finding(group)).collect()
    }
}

impl PresignedSharing {
    fn finding(&self, mut group: Vec<&Uses>) -> Finding {
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
