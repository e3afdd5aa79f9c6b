//! Addresses that try names of objects.

use hashbrown::HashMap;

use crate::aggregate::TimeRange;
use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, WhoKind, fact, mix};
use crate::detect::finding::{Finding, Severity};
use crate::detect::hits::Hits;
use crate::detect::known::Known;
use crate::detect::origin;
use crate::detect::profile::Entry;
use crate::detect::rule::{About, Rule, Setting, Threshold};
use crate::detect::shelf::Room;
use crate::detect::slot::{Requests, Slot};
use crate::detect::window::Windows;
use crate::record::Field;

/// About what a sender takes: its hash, and its text elsewhere.
const SENDER_BYTES: usize = size_of::<(u64, Box<[u8]>)>() + 24;

/// What counts as a guess: without credentials any 403 or 404. With them, a 404 is the answer to those who may list, and many programs ask
/// whether an object is there before they write it: only a 403 says that somebody asks for what is not theirs.
pub(super) fn is_guess(event: &Event<'_, '_>) -> bool {
    event.key != 0
        && match event.who.kind {
            WhoKind::Anonymous => event.is(fact::DENIED | fact::MISSING),
            WhoKind::User | WhoKind::Role => event.is(fact::DENIED),
            WhoKind::Service => false,
        }
}

/// The thresholds of a burst of guesses, and what senders guessed, for both rules that look for one.
pub(super) struct Guesses<S> {
    keys: u64,
    share: f64,
    windows: Windows<S>,
    /// The senders as texts.
    senders: HashMap<u64, Box<[u8]>>,
}

/// A burst of guesses.
pub(super) struct Burst<T> {
    /// Who guessed: see [`origin`].
    pub(super) sender: Box<[u8]>,
    /// What was guessed.
    pub(super) guesses: T,
    /// The first and the last guess.
    pub(super) seen: TimeRange,
    /// Why it is one.
    pub(super) why: String,
}

pub(super) const THRESHOLDS: [Threshold; 3] = [
    Threshold { name: "keys", default: Setting::Count(40), meaning: "different keys that were denied or missing, counted up to 1,024" },
    Threshold { name: "window", default: Setting::Seconds(300), meaning: "within this time" },
    Threshold {
        name: "share",
        default: Setting::Share(0.8),
        meaning: "the part of the address's requests in those hours that were such",
    },
];

impl<S: Slot> Guesses<S> {
    pub(super) fn new(settings: &RuleSettings, room: &Room) -> Self {
        Self {
            keys: settings.number("keys"),
            share: settings.share("share"),
            windows: Windows::new(settings.number("window"), room),
            senders: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, event: &Event<'_, '_>) {
        if !is_guess(event) {
            return;
        }
        let address = event.record.head(Field::RemoteIp);
        // Of whoever has credentials the address is known, and not yet its network.
        let sender = if event.is_anonymous() { event.sender } else { origin::of_hashed(address, event.address) };
        self.senders.entry(sender).or_insert_with(|| origin::text(address).into());
        self.windows.add(sender, event, mix(event.bucket, event.key));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.windows.merge(other.windows);
        self.senders.extend(other.senders);
    }

    pub(super) fn memory(&self) -> usize {
        self.windows.memory() + self.senders.capacity() * SENDER_BYTES
    }

    /// The bursts of each sender.
    pub(super) fn bursts(&mut self, known: &Known<'_>) -> Vec<Burst<S::Sum>> {
        let bursts = self.windows.bursts(self.keys, |window| window.differs(self.keys));
        // All entries are looked at once, and not once a burst: both can be many.
        let mut of_sender: HashMap<u64, Vec<&Entry>> = bursts.iter().map(|(sender, _)| (*sender, Vec::new())).collect();
        if !bursts.is_empty() {
            for entry in known.entries() {
                if let Some(entries) = of_sender.get_mut(&origin::of(entry.address())) {
                    entries.push(entry);
                }
            }
        }
        let mut found = Vec::new();
        for (sender, guesses) in bursts {
            let (Some(text), Some(entries)) = (self.senders.get(&sender), of_sender.get(&sender)) else { continue };
            let (count, seen, distinct) = S::numbers(&guesses);
            let hours = seen.first.millis().div_euclid(3_600_000)..=seen.last.millis().div_euclid(3_600_000);
            let all: u64 = entries.iter().map(|entry| requests(entry, &hours)).sum();
            if count as f64 > self.share * all as f64 {
                let why = format!(
                    "{} different keys denied or missing (at least {} in {} s), {count} of the address's {all} requests",
                    distinct.shown(),
                    self.keys,
                    self.windows.seconds(),
                );
                found.push(Burst { sender: text.clone(), guesses, seen, why });
            }
        }
        found
    }
}

/// The requests of an entry in some hours, which are in their order.
fn requests(entry: &Entry, hours: &std::ops::RangeInclusive<i64>) -> u64 {
    let start = entry.hours.partition_point(|hour| hour.hour < *hours.start());
    let within = entry.hours[start..].iter().take_while(|hour| hours.contains(&hour.hour));
    within.map(|hour| u64::from(hour.requests)).sum()
}

/// The rule.
pub(crate) struct KeyGuessing(Guesses<Requests>);

impl Rule for KeyGuessing {
    const ABOUT: &'static About = &About {
        id: "key-guessing",
        title: "An address tries names of objects",
        severity: Severity::Medium,
        tactic: "TA0043 Reconnaissance",
        technique: "T1595.003 Wordlist Scanning",
        fires: "One address (of IPv6, one network of 64 bits) asks for 40 different keys in 5 minutes and is told 403 or 404, or with credentials 403, and that is over 80 % of its requests in \
                those hours.",
        unseen: "Many addresses that share the work, each with few requests; or one that takes its time. Requests for buckets that do not exist are in \
                 nobody's log.",
        next: "See whether anything was found: the command, without --status. Names that can be guessed are no protection.",
        thresholds: &THRESHOLDS,
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::DENIED | fact::MISSING;

    fn new(settings: &RuleSettings, room: &Room) -> Self {
        Self(Guesses::new(settings, room))
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        self.0.add(event);
    }

    fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
    }

    fn memory(&self) -> usize {
        self.0.memory()
    }

    fn findings(&mut self, known: &Known<'_>) -> Vec<Finding> {
        let finding = |burst: Burst<Hits>| {
            let finding = Finding::of(Self::ABOUT, &burst.guesses, burst.why).at_origin();
            let status = if finding.requester.is_none() { "401,403,404" } else { "401,403" };
            let requester = finding.requester.clone();
            Finding { requester, ..finding.of_anyone() }.show("--status", status).show("--key", "!-")
        };
        self.0.bursts(known).into_iter().map(finding).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::detect::testing::{Line, at, found, found_with, said, settings};

    /// So many guesses, so many seconds apart.
    pub(in crate::detect::rules) fn guesses(count: u32, every: u32) -> Vec<Line> {
        let guess = |number: u32| {
            let status = if number.is_multiple_of(2) { "404 NoSuchKey" } else { "403 AccessDenied" };
            at(1, number * every).anonymous().ip("198.51.100.7").key(format!("k{number}")).status(status)
        };
        (0..count).map(guess).collect()
    }

    #[test]
    fn forty_in_five_minutes() {
        assert_eq!(
            said("key-guessing", &guesses(40, 7)),
            ["medium 40 40 different keys denied or missing (at least 40 in 300 s), 40 of the address's 40 requests"]
        );
        assert!(found("key-guessing", &guesses(39, 1)).is_empty());
        let fewer = settings("[rules.key-guessing]\nkeys = 10\nwindow = \"10s\"\n");
        assert_eq!(found_with("key-guessing", fewer, None, &guesses(12, 1)).len(), 1);
    }

    #[test]
    fn the_edge_of_the_window() {
        // 299 s are seen whole wherever they begin; 341 s and more are never in one window of eleven slots of 30 s.
        for start in (0..60).step_by(7) {
            let shifted = |lines: Vec<Line>| -> Vec<Line> {
                let last = lines.len() - 1;
                (0..lines.len()).map(|place| at(1, 0).time_of(&lines[place], start, place == last)).collect()
            };
            assert_eq!(found("key-guessing", &shifted(spread(299))).len(), 1, "{start}");
            assert_eq!(found("key-guessing", &shifted(spread(341))).len(), 0, "{start}");
        }
    }

    /// Half of forty guesses at the start, half after so many seconds.
    fn spread(seconds: u32) -> Vec<Line> {
        let mut lines = guesses(40, 0);
        for (number, line) in lines.iter_mut().enumerate().skip(20) {
            let late = at(1, seconds);
            line.time = late.time;
            line.key = format!("k{number}");
        }
        lines
    }

    impl Line {
        /// The line, later by so many seconds.
        fn time_of(self, line: &Line, seconds: u32, _: bool) -> Line {
            let clock = &line.time[12..20];
            let number = |range: std::ops::Range<usize>| clock[range].parse::<u32>().expect("a number");
            let second = number(0..2) * 3_600 + number(3..5) * 60 + number(6..8);
            Line { time: at(1, second + seconds).time, ..line.clone() }
        }
    }

    /// Whoever has a network of IPv6 sends each guess from another address.
    #[test]
    fn a_network_of_ipv6_is_one_sender() {
        let from = |lines: Vec<Line>, network: &str| -> Vec<Line> {
            lines.into_iter().enumerate().map(|(place, line)| line.ip(format!("2001:db8:{network}::{place:x}"))).collect()
        };
        let [finding] = &found("key-guessing", &from(guesses(40, 7), "0:1"))[..] else { panic!() };
        assert!(finding.show.contains(&("--ip", "2001:db8:0:1::/64".into())), "{:?}", finding.show);
        assert_eq!((finding.count, finding.addresses.only()), (40, Some(&b"2001:db8:0:1::/64"[..])));
        let mut two = from(guesses(20, 7), "0:1");
        two.extend(from(guesses(40, 7).split_off(20), "0:2"));
        assert!(found("key-guessing", &two).is_empty());
    }

    #[test]
    fn near_misses() {
        // The same key again and again; most requests succeed; a program that looks before it writes.
        let same: Vec<_> = guesses(60, 1).into_iter().map(|line| line.key("k")).collect();
        assert!(found("key-guessing", &same).is_empty());
        let mut busy = guesses(40, 1);
        busy.extend((0..10).map(|number| at(1, number).ip("198.51.100.7")));
        assert!(found("key-guessing", &busy).is_empty());
        let sync: Vec<_> = (0..60).map(|number| at(1, number).key(format!("k{number}")).status("404 NoSuchKey")).collect();
        assert!(found("key-guessing", &sync).is_empty());
        let denied: Vec<_> = (0..60).map(|number| at(1, number).key(format!("k{number}")).status("403 AccessDenied")).collect();
        assert_eq!(found("key-guessing", &denied).len(), 1);
    }
}
