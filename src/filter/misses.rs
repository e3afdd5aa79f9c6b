//! Why nothing passed: which filter let no record through, and what came nearest to it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::hash::BuildHasher as _;

use hashbrown::DefaultHashBuilder;
use memchr::memmem::Finder;

use super::glob::is_pattern;
use super::tokens::{Token, split_list, tokens};
use super::{Filter, Test};
use crate::record::{Field, Record};
use crate::time::{Timestamp, Zone};
use crate::value_error::{MIN_LIKENESS, likeness, told_invisible};

/// Hashes of texts that were compared before, so that a text that comes again costs one look.
const RECENT_TEXTS: usize = 256;

/// How many different texts are compared letter by letter. More would take longer than the answer.
const MAX_COMPARED_TEXTS: u32 = 10_000;

/// The longest text that is worth comparing letter by letter.
const MAX_COMPARED_LEN: usize = 64;

/// From how many equal bytes at their starts two texts are near each other.
const MIN_SHARED_PREFIX: usize = 4;

/// How much of a text is shown.
const MAX_SHOWN_CHARS: usize = 80;

/// How many values are named of a field that has few.
const MAX_VALUES: usize = 6;

/// How many statuses are named.
const MAX_STATUSES: usize = 12;

/// What became of the records that did not pass. It takes the same memory however many there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Misses {
    /// One for each filter, in the order of the tests.
    tests: Vec<Miss>,
}

#[derive(Clone, Debug)]
struct Miss {
    /// How many records passed all tests before this one, and not this one.
    failed: u64,
    nearest: Nearest,
}

/// The filter that let nothing through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missed {
    /// It, as it was typed.
    pub(crate) filter: String,
    /// The filters before it, as they were typed; empty if there were none.
    pub(crate) before: String,
    /// How many records passed those.
    pub(crate) reached: u64,
    /// What comes nearest, as a sentence; empty if nothing does.
    pub(crate) hint: String,
    /// What nobody sees in what was typed, as the end of a sentence; empty if there is nothing of the kind.
    pub(crate) invisible: String,
}

impl Misses {
    /// Of a filter, before anything was tested.
    pub(crate) fn of(filter: &Filter) -> Self {
        let miss = |test: &super::Typed| Miss { failed: 0, nearest: Nearest::of(test) };
        Self { tests: filter.tests.iter().map(miss).collect() }
    }

    /// Takes in a record that the test in this place was the first to refuse.
    #[inline(never)]
    pub(crate) fn add(&mut self, place: usize, filter: &Filter, record: &Record<'_>) {
        let (Some(miss), Some(typed)) = (self.tests.get_mut(place), filter.tests.get(place)) else { return };
        miss.failed += 1;
        miss.nearest.add(&typed.test, record);
    }

    /// Takes in what another thread has seen.
    pub(crate) fn merge(&mut self, other: Self) {
        if self.tests.is_empty() {
            *self = other;
            return;
        }
        for (miss, more) in self.tests.iter_mut().zip(other.tests) {
            miss.failed += more.failed;
            miss.nearest.merge(more.nearest);
        }
    }

    /// Whether all of so many records are of another time than was asked for.
    pub(crate) fn are_of_another_time(&self, filter: &Filter, records: u64) -> bool {
        let (Some(miss), Some(typed)) = (self.tests.first(), filter.tests.first()) else { return false };
        matches!(typed.test, Test::Window(_)) && miss.failed >= records
    }

    /// The filter that let none of so many records through. Times are shown in the zone.
    pub(crate) fn explain(&self, filter: &Filter, records: u64, zone: Zone) -> Option<Missed> {
        let mut reached = records;
        for (place, miss) in self.tests.iter().enumerate() {
            if reached > 0 && miss.failed >= reached {
                let before: Vec<&str> =
                    filter.tests[..place].iter().map(|typed| typed.text.as_str()).collect();
                let invisible = filter.tests[place].values.iter().map(|value| told_invisible(value));
                return Some(Missed {
                    invisible: invisible.collect(),
                    filter: filter.tests[place].text.clone(),
                    before: before.join(" "),
                    reached,
                    hint: miss.nearest.hint(zone).unwrap_or_default(),
                });
            }
            reached -= miss.failed;
        }
        None
    }
}

/// What occurs where a filter let nothing through.
#[derive(Clone, Debug)]
enum Nearest {
    /// Nothing that could be named.
    Unknown,
    Times(Option<(Timestamp, Timestamp)>),
    Sizes(Option<(u64, u64)>),
    Numbers(&'static str, Option<(u64, u64)>),
    /// One bit for each status, the last one for none.
    Statuses(Box<[u64; 16]>),
    /// A few of the values of a field that has few of them; `None` is a dash.
    Values(&'static str, BTreeSet<Option<Vec<u8>>>),
    Texts(Box<Texts>),
}

impl Nearest {
    fn of(typed: &super::Typed) -> Self {
        Self::of_test(&typed.test, &typed.values)
    }

    fn of_test(test: &Test, values: &[String]) -> Self {
        match test {
            Test::Field(test) => match (test.own_filter(), test.compares()) {
                (Some(test), _) => Self::of_test(test, values),
                (None, (true, _)) => Self::Times(None),
                (None, (_, true)) => Self::Numbers(test.dimension().name(), None),
                (None, _) => Self::of_texts(values, false),
            },
            Test::Window(_) => Self::Times(None),
            Test::Bytes(_) => Self::Sizes(None),
            Test::Status(_) => Self::Statuses(Box::default()),
            Test::TlsVersion(_) => Self::Values(Field::TlsVersion.name(), BTreeSet::new()),
            test => Self::of_texts(values, compares_letters(test)),
        }
    }

    fn of_texts(values: &[String], compares_letters: bool) -> Self {
        Texts::of(values, compares_letters).map_or(Self::Unknown, |texts| Self::Texts(Box::new(texts)))
    }

    fn add(&mut self, test: &Test, record: &Record<'_>) {
        match self {
            Self::Unknown => {}
            Self::Times(seen) => widen(seen, record.timestamp()),
            Self::Sizes(seen) => widen(seen, record.bytes_sent().unwrap_or_default()),
            Self::Statuses(bits) => {
                let code = usize::from(record.http_status().unwrap_or(1023)).min(1023);
                bits[code / 64] |= 1 << (code % 64);
            }
            Self::Numbers(_, seen) => {
                if let Test::Field(test) = test
                    && let Some(number) = test.compared_number(record)
                {
                    widen(seen, number);
                }
            }
            Self::Values(_, seen) => {
                let text = record.get(Field::TlsVersion);
                // Strangers write the lines, so there can be more of them, and long ones.
                if seen.len() < MAX_VALUES && text.is_none_or(|text| text.len() <= MAX_COMPARED_LEN) {
                    seen.insert(text.map(<[u8]>::to_vec));
                }
            }
            Self::Texts(texts) => test.with_text(record, &mut |text, name| texts.add(text, name)),
        }
    }

    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Times(seen), Self::Times(Some((first, last)))) => {
                widen(seen, first);
                widen(seen, last);
            }
            (Self::Sizes(seen), Self::Sizes(Some((least, most))))
            | (Self::Numbers(_, seen), Self::Numbers(_, Some((least, most)))) => {
                widen(seen, least);
                widen(seen, most);
            }
            (Self::Statuses(bits), Self::Statuses(more)) => {
                bits.iter_mut().zip(*more).for_each(|(bits, more)| *bits |= more);
            }
            (Self::Values(_, seen), Self::Values(_, more)) => seen.extend(more),
            (Self::Texts(texts), Self::Texts(more)) => {
                if let Some((score, text)) = more.best {
                    texts.offer(score, &text);
                }
            }
            _ => {}
        }
    }

    fn hint(&self, zone: Zone) -> Option<String> {
        let time = |time: &Timestamp| {
            let mut out = Vec::new();
            zone.write_rfc3339(*time, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        };
        match self {
            Self::Unknown => None,
            Self::Times(seen) => {
                seen.as_ref().map(|(first, last)| format!("they are from {} to {}", time(first), time(last)))
            }
            Self::Sizes(seen) => {
                seen.map(|(least, most)| format!("they sent from {least} to {most} bytes each"))
            }
            Self::Numbers(name, seen) => {
                seen.map(|(least, most)| format!("their {name} is from {least} to {most}"))
            }
            Self::Statuses(bits) => {
                let is_seen = |code: &usize| bits[code / 64] & (1 << (code % 64)) != 0;
                let name = |code: usize| if code == 1023 { "-".to_owned() } else { code.to_string() };
                let mut names: Vec<_> = (0..1024).filter(is_seen).map(name).collect();
                if names.len() > MAX_STATUSES {
                    names.truncate(MAX_STATUSES);
                    names.push("...".to_owned());
                }
                Some(format!("their statuses: {}", names.join(", ")))
            }
            Self::Values(name, seen) => {
                let text = |value: &Option<Vec<u8>>| match value {
                    Some(text) => String::from_utf8_lossy(text).into_owned(),
                    None => "-".to_owned(),
                };
                let values: Vec<_> = seen.iter().rev().take(MAX_VALUES).map(text).collect();
                (!values.is_empty()).then(|| format!("their {name}: {}", values.join(", ")))
            }
            Self::Texts(texts) => texts.hint(),
        }
    }
}

fn widen<T: Ord + Copy>(seen: &mut Option<(T, T)>, value: T) {
    *seen = Some(seen.map_or((value, value), |(least, most)| (least.min(value), most.max(value))));
}

/// Whether the values of a test are few and short names, in which people make slips.
fn compares_letters(test: &Test) -> bool {
    matches!(
        test,
        Test::SourceBucket(_) | Test::OperationPattern(_) | Test::Error(_) | Test::RequesterPattern(_)
    )
}

/// The text that comes nearest to what was typed.
#[derive(Clone, Debug)]
struct Texts {
    wanted: Vec<TypedText>,
    best: Option<(u32, Vec<u8>)>,
    recent: [u64; RECENT_TEXTS],
    hash: DefaultHashBuilder,
    /// How many more texts are compared letter by letter.
    left: u32,
    lower: Vec<u8>,
}

/// A value that was typed, without what is special in it, in lower case.
#[derive(Clone, Debug)]
struct TypedText {
    literal: String,
    finder: Finder<'static>,
    is_pattern: bool,
}

/// The score of a text that holds what was typed; more if it begins with it.
const CONTAINS_SCORE: u32 = 2_000;
const PREFIX_SCORE: u32 = 2_001;

impl Texts {
    /// `None` if nothing was typed that a text could be like.
    fn of(values: &[String], compares_letters: bool) -> Option<Self> {
        let values = values.iter().filter(|value| !value.starts_with('!'));
        let items = values.flat_map(|value| split_list(value)).map(str::trim);
        let wanted: Vec<_> = items.filter(|item| !item.starts_with('!')).filter_map(TypedText::of).collect();
        (!wanted.is_empty()).then(|| Self {
            wanted,
            best: None,
            recent: [0; RECENT_TEXTS],
            hash: DefaultHashBuilder::default(),
            left: if compares_letters { MAX_COMPARED_TEXTS } else { 0 },
            lower: Vec::new(),
        })
    }

    /// Takes in a text; `name` is the part of it that people call it by.
    fn add(&mut self, text: &[u8], name: &[u8]) {
        let hash = self.hash.hash_one(text) | 1;
        let recent = &mut self.recent[hash as usize / 2 % RECENT_TEXTS];
        if std::mem::replace(recent, hash) == hash {
            return;
        }
        self.lower.clear();
        self.lower.extend(text.iter().map(u8::to_ascii_lowercase));
        let mut score = self.wanted.iter().map(|wanted| wanted.score(&self.lower)).max().unwrap_or(0);
        if score < CONTAINS_SCORE && self.left > 0 && name.len() <= MAX_COMPARED_LEN {
            self.left -= 1;
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let alike = self.wanted.iter().map(|wanted| likeness(&wanted.literal, &name));
            score = score.max(alike.max().filter(|alike| *alike >= MIN_LIKENESS).unwrap_or(0));
        }
        if score > 0 {
            self.offer(score, text);
        }
    }

    /// Keeps the text if it is nearer: of equal ones the shortest, and then the first by its bytes.
    fn offer(&mut self, score: u32, text: &[u8]) {
        let rank = |score: u32, text: &[u8]| (score, Reverse(text.len()), Reverse(text.to_vec()));
        if self.best.as_ref().is_none_or(|(best, kept)| rank(score, text) > rank(*best, kept)) {
            self.best = Some((score, text.to_vec()));
        }
    }

    fn hint(&self) -> Option<String> {
        let (score, text) = self.best.as_ref()?;
        let nearest = format!("the nearest is {}", shown(text));
        let lower = text.to_ascii_lowercase();
        let held =
            self.wanted.iter().find(|wanted| wanted.score(&lower) == *score && *score >= CONTAINS_SCORE);
        Some(match held.filter(|wanted| !wanted.is_pattern) {
            Some(TypedText { literal, .. }) => {
                // In the case that it has in the text.
                let at =
                    lower.windows(literal.len()).position(|part| part == literal.as_bytes()).unwrap_or(0);
                let part = String::from_utf8_lossy(&text[at..at + literal.len()]);
                let start = if *score == PREFIX_SCORE { "" } else { "*" };
                let end = if at + literal.len() == text.len() { "" } else { "*" };
                format!("{nearest}; the whole text has to match, so try '{start}{part}{end}'")
            }
            None => nearest,
        })
    }
}

/// As much of a text as a message has room for: strangers write user agents.
fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into_owned(),
    }
}

impl TypedText {
    fn of(item: &str) -> Option<Self> {
        let mut runs = vec![String::new()];
        for (token, _) in tokens(item) {
            match token {
                Token::Plain(character) | Token::Escaped(character) => {
                    runs.last_mut()?.push(character.to_ascii_lowercase());
                }
                Token::Class(_) | Token::Special(_) => runs.push(String::new()),
            }
        }
        let literal = runs.into_iter().max_by_key(String::len).filter(|run| !run.is_empty() && run != "-")?;
        let finder = Finder::new(literal.as_bytes()).into_owned();
        Some(Self { literal, finder, is_pattern: is_pattern(item) })
    }

    /// How near a text in lower case is, without comparing all its letters.
    fn score(&self, lower: &[u8]) -> u32 {
        match self.finder.find(lower) {
            Some(0) => PREFIX_SCORE,
            Some(_) => CONTAINS_SCORE,
            None => {
                let same = lower.iter().zip(self.literal.as_bytes()).take_while(|(a, b)| a == b).count();
                if same >= MIN_SHARED_PREFIX { same.min(MAX_COMPARED_LEN) as u32 } else { 0 }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::tests::with;
    use crate::filter::{ByteRange, IncludeExclude, UserAgent};
    use crate::time::Window;

    /// What is said where these values of a field were read.
    fn missed(filter: &Filter, field: Field, texts: &[&str]) -> Option<Missed> {
        let halves = texts.split_at(texts.len() / 2);
        let read = |texts: &[&str]| {
            let mut misses = Misses::of(filter);
            for text in texts {
                with(&[(field, text.as_bytes())], |record| {
                    if let Some(place) = filter.first_failed(record) {
                        misses.add(place, filter, record);
                    }
                });
            }
            misses
        };
        let (mut one, mut other) = (read(halves.0), read(halves.1));
        let mut back = other.clone();
        back.merge(one.clone());
        one.merge(std::mem::take(&mut other));
        let explained = one.explain(filter, texts.len() as u64, Zone::Utc);
        assert_eq!(explained, back.explain(filter, texts.len() as u64, Zone::Utc));
        explained
    }

    fn hint<T: super::super::Predicate>(
        test: impl Fn(IncludeExclude<T>) -> Test,
        typed: &str,
        field: Field,
        texts: &[&str],
    ) -> String {
        let choice: IncludeExclude<T> = typed.parse().unwrap();
        let values = choice.typed().to_vec();
        let filter = Filter::default().and_typed(test(choice), "--filter", values);
        missed(&filter, field, texts).unwrap().hint
    }

    #[test]
    fn the_nearest_text() {
        let agents = ["aws-cli/2.0", "curl/8.4.0", "curl/7.0", "Mozilla/5.0", "curl/8.4.0"];
        let agent = |typed: &str| hint(Test::UserAgent, typed, Field::UserAgent, &agents);
        assert_eq!(agent("CURL"), "the nearest is curl/7.0; the whole text has to match, so try 'curl*'");
        assert_eq!(agent("5.0"), "the nearest is Mozilla/5.0; the whole text has to match, so try '*5.0'");
        assert_eq!(agent("*curl"), "the nearest is curl/7.0");
        assert_eq!(agent("wget*"), "");
        let long = format!("Boto3/1.34 {}", "x".repeat(300));
        let cut = hint(Test::UserAgent, "boto3", Field::UserAgent, &[&long]);
        let expected =
            format!("the nearest is {}...; the whole text has to match, so try 'Boto3*'", &long[..80]);
        assert_eq!(cut, expected);
        let keys = ["prod/db.dump", "hr/salaries.xlsx"];
        let key = |typed: &str| hint(Test::Key, typed, Field::Key, &keys);
        assert_eq!(key("prod/"), "the nearest is prod/db.dump; the whole text has to match, so try 'prod/*'");
        assert_eq!(key("prod/xy"), "the nearest is prod/db.dump");
        let requesters = ["arn:aws:iam::111122223333:user/ops/erin", "AmazonS3"];
        let requester = |typed: &str| hint(Test::RequesterPattern, typed, Field::Requester, &requesters);
        assert_eq!(requester("erni"), "the nearest is arn:aws:iam::111122223333:user/ops/erin");
        let error =
            |typed: &str| hint(Test::Error, typed, Field::ErrorCode, &["AccessDenied", "NoSuchKey", "-"]);
        assert_eq!(error("AccesDenied"), "the nearest is AccessDenied");
        assert_eq!(error("!AccessDenied,NoSuchKey,-"), "");
    }

    #[test]
    fn the_filter_that_left_none() {
        let agent: IncludeExclude<UserAgent> = "curl".parse().unwrap();
        let bytes = ByteRange::new("1KB".parse().ok(), None).unwrap();
        let filter = Filter::default()
            .and_typed(Test::UserAgent(agent), "--user-agent curl", vec!["curl".into()])
            .and_typed(Test::Bytes(bytes), "--min-bytes 1KB", Vec::new());
        let one = missed(&filter, Field::BytesSent, &["10", "20", "-"]).unwrap();
        assert_eq!((one.filter.as_str(), one.before.as_str(), one.reached), ("--min-bytes 1KB", "", 3));
        assert_eq!(one.hint, "they sent from 0 to 20 bytes each");
        let two = missed(&filter, Field::BytesSent, &["10", "2000", "3000"]).unwrap();
        assert_eq!(
            (two.filter.as_str(), two.before.as_str(), two.reached),
            ("--user-agent curl", "--min-bytes 1KB", 2)
        );
        assert_eq!(missed(&filter, Field::BytesSent, &[]), None);
    }

    #[test]
    fn times_and_statuses_that_occur() {
        let since = Some(Timestamp::from_millis(1_800_000_000_000));
        let filter = Filter::new(Window { since, until: None });
        let hint = missed(&filter, Field::Key, &["a"]).unwrap().hint;
        assert_eq!(hint, "they are from 2019-02-06T00:00:38Z to 2019-02-06T00:00:38Z");
        let statuses: IncludeExclude<crate::filter::Status> = "599".parse().unwrap();
        let filter = Filter::default().and_typed(Test::Status(statuses.into()), "--status 599", Vec::new());
        let hint = missed(&filter, Field::HttpStatus, &["404", "200", "-", "200"]).unwrap().hint;
        assert_eq!(hint, "their statuses: 200, 404, -");
    }
}
