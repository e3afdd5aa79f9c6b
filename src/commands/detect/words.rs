//! What happened, in plain words.

use crate::detect::{Incident, Name, Step, What};
use crate::output::{counted, size};
use crate::record::Requester;
use crate::time::Zone;

/// The name of what was done, for programs.
pub(super) fn name(what: What) -> &'static str {
    match what {
        What::List => "list",
        What::ReadSettings => "read_settings",
        What::Denied => "denied",
        What::Missing => "missing",
        What::Read => "read",
        What::Copy => "copy",
        What::Write => "write",
        What::Configure => "configure",
        What::Delete | What::DeleteBatch => "delete",
    }
}

/// The whole story: each step with its time and, where that changes, who it was and from where.
pub(super) fn story(incident: &Incident, zone: Zone) -> Vec<u8> {
    let mut story = Vec::new();
    let (mut day, mut actor) = (String::new(), None);
    for step in &incident.steps {
        if !story.is_empty() {
            story.extend_from_slice(b"; ");
        }
        let (first, last) = (zone.show(step.seen.first), zone.show(step.seen.last));
        put_time(&first, &mut day, &mut story);
        // Times of one minute are one.
        if minute(&last) != minute(&first) {
            story.extend_from_slice(b" to ");
            put_time(&last, &mut day, &mut story);
        }
        let who = (&step.requester, &step.addresses, step.is_new);
        if actor.replace(who) != Some(who) {
            story.push(b' ');
            put_actor(step, &mut story);
        }
        story.push(b' ');
        story.extend_from_slice(&sentence(step));
    }
    let more = incident.left_out;
    if more > 0 {
        let more = counted(more as u64, "smaller step", "smaller steps");
        story.extend_from_slice(format!("; and {more} more").as_bytes());
    }
    story
}

/// `2026-08-01 02:11` of a time that is shown.
fn minute(shown: &str) -> &str {
    shown.get(..16).unwrap_or(shown)
}

/// A time to the minute, and its day where that is another than before.
fn put_time(shown: &str, day: &mut String, out: &mut Vec<u8>) {
    match minute(shown).split_once(' ') {
        Some((of, clock)) if of == day => out.extend_from_slice(clock.as_bytes()),
        Some((of, _)) => {
            of.clone_into(day);
            out.extend_from_slice(minute(shown).as_bytes());
        }
        None => out.extend_from_slice(shown.as_bytes()),
    }
}

fn put_actor(step: &Step, out: &mut Vec<u8>) {
    match &step.requester {
        None => out.extend_from_slice(b"somebody without credentials"),
        Some(text) => {
            let requester = Requester::new(text);
            let kind: &[u8] = match () {
                () if memchr::memmem::find(text, b":assumed-role/").is_some() => b"role ",
                () if memchr::memmem::find(text, b":user/").is_some() => b"user ",
                () if text.ends_with(b":root") => b"account ",
                () => b"",
            };
            out.extend_from_slice(kind);
            let name = if kind == b"account " { requester.account() } else { requester.principal() };
            out.extend_from_slice(&quoted(name.unwrap_or(text)));
        }
    }
    let mut addresses = step.addresses.iter().filter(|address| *address != b"-");
    match (addresses.next(), addresses.count()) {
        (None, _) => {}
        (Some(address), 0) => {
            out.extend_from_slice(b" from ");
            out.extend_from_slice(&quoted(address));
        }
        (Some(_), more) => {
            out.extend_from_slice(format!(" from {} addresses", more + 1).as_bytes());
        }
    }
    if step.is_new {
        out.extend_from_slice(b" (first seen)");
    }
}

/// What was done in a step: `reads 41 GB of customer/* (12,400 requests)`.
pub(super) fn sentence(step: &Step) -> Vec<u8> {
    let count = |one: &str, many: &str| counted(step.count, one, many);
    let requests = count("request", "requests");
    match step.what {
        What::List => join("lists", &buckets(step), &[]),
        What::ReadSettings => join("reads settings of", &buckets(step), &[requests.as_bytes()]),
        What::Denied => join(&format!("is denied {}", count("time", "times")), b"", &[&on(step)]),
        What::Missing => {
            join(&format!("asks {} for what is not there", count("time", "times")), b"", &[&on(step)])
        }
        What::Read => join(&format!("reads {} of", size(step.bytes)), &objects(step), &[requests.as_bytes()]),
        What::Copy => join("copies", &objects(step), &[b"to elsewhere, ", requests.as_bytes()]),
        What::Write => match &step.name {
            Some(name) if !name.is_of_several => join("uploads", &touched(name), &[]),
            _ => join("uploads", count("object", "objects").as_bytes(), &[&within(step)]),
        },
        What::Configure => join("changes settings of", &buckets(step), &[requests.as_bytes()]),
        What::Delete => match &step.name {
            Some(name) if !name.is_of_several => join("deletes", &touched(name), &[]),
            _ => {
                let batches = counted(step.batches, "batch", "batches");
                let deleted = count("object", "objects");
                let deleted = match step.batches {
                    0 => deleted,
                    _ => format!("{deleted} in {batches}"),
                };
                join("deletes", deleted.as_bytes(), &[&within(step)])
            }
        },
        What::DeleteBatch => {
            join("asks to delete", counted(step.batches, "batch", "batches").as_bytes(), &[&on(step)])
        }
    }
}

/// A verb, what it is done to, and what is known of that in brackets.
fn join(verb: &str, object: &[u8], more: &[&[u8]]) -> Vec<u8> {
    let mut out = verb.as_bytes().to_vec();
    if !object.is_empty() {
        out.push(b' ');
        out.extend_from_slice(object);
    }
    let more = more.concat();
    if !more.is_empty() {
        out.extend_from_slice(b" (");
        out.extend_from_slice(&more);
        out.push(b')');
    }
    out
}

/// What all names begin with, up to a slash; else the bucket.
fn objects(step: &Step) -> Vec<u8> {
    step.name.as_ref().map_or_else(|| buckets(step), touched)
}

fn within(step: &Step) -> Vec<u8> {
    let of = match &step.name {
        Some(name) if name.is_of_several => touched(name),
        _ => buckets(step),
    };
    [b"of ".to_vec(), of].concat()
}

fn on(step: &Step) -> Vec<u8> {
    [b"on ".to_vec(), buckets(step)].concat()
}

/// The only bucket, or how many they are.
fn buckets(step: &Step) -> Vec<u8> {
    match step.buckets.first() {
        Some(bucket) if step.buckets.len() == 1 => quoted(bucket),
        _ => counted(step.buckets.len() as u64, "bucket", "buckets").into_bytes(),
    }
}

/// A name, or what names begin with and a star.
pub(super) fn touched(name: &Name) -> Vec<u8> {
    let mut text = name.text.to_vec();
    if name.is_of_several {
        text.push(b'*');
    }
    quoted(&text)
}

/// A text of the log among our words: in quotes if it could be taken for them.
fn quoted(text: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+*".contains(byte) || *byte >= 0x80;
    if !text.is_empty() && text.iter().all(is_plain) {
        return text.to_vec();
    }
    let mut out = vec![b'"'];
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::aggregate::TimeRange;
    use crate::detect::Severity;
    use crate::time::Timestamp;

    fn step(what: What, minute: i64, name: &str) -> Step {
        let time = |minute: i64| Timestamp::from_millis((1_785_549_600 + minute * 60) * 1_000);
        Step {
            seen: TimeRange { first: time(minute), last: time(minute + i64::from(what == What::Read) * 37) },
            requester: Some(b"arn:aws:sts::111122223333:assumed-role/Deploy".to_vec()),
            addresses: BTreeSet::from([b"203.0.113.9".to_vec()]),
            is_new: true,
            what,
            count: 12_400,
            batches: 0,
            bytes: 41_000_000_000,
            buckets: BTreeSet::from([b"data".to_vec()]),
            name: (!name.is_empty())
                .then(|| Name { text: name.as_bytes().into(), is_of_several: name.ends_with('/') }),
        }
    }

    #[test]
    fn a_story() {
        let mut steps = vec![
            step(What::List, 0, ""),
            step(What::Read, 3, "customer/"),
            Step { batches: 6, ..step(What::Delete, 51, "customer/") },
            step(What::Write, 24 * 60, "RESTORE-FILES.txt"),
        ];
        steps[0].buckets = ["a", "b", "c"].map(|bucket| bucket.as_bytes().to_vec()).into();
        let mut incident = Incident {
            severity: Severity::High,
            findings: vec![0],
            requesters: Vec::new(),
            addresses: BTreeSet::new(),
            buckets: BTreeSet::new(),
            seen: TimeRange::default(),
            steps,
            left_out: 0,
        };
        let told = |incident: &Incident| String::from_utf8(story(incident, Zone::Utc)).expect("UTF-8");
        assert_eq!(
            told(&incident),
            "2026-08-01 02:00 role Deploy from 203.0.113.9 (first seen) lists 3 buckets; \
             02:03 to 02:40 reads 41.0 GB of customer/* (12,400 requests); \
             02:51 deletes 12,400 objects in 6 batches (of customer/*); 2026-08-02 02:00 uploads RESTORE-FILES.txt"
        );
        incident.left_out = 1;
        incident.steps[0].requester = None;
        incident.steps[0].is_new = false;
        incident.steps[0].addresses.insert(b"203.0.113.10".to_vec());
        let told = told(&incident);
        assert!(
            told.starts_with(
                "2026-08-01 02:00 somebody without credentials from 2 addresses lists 3 buckets; "
            )
        );
        assert!(told.contains("; 02:03 to 02:40 role Deploy from 203.0.113.9 (first seen) reads "), "{told}");
        assert!(told.ends_with("; and 1 smaller step more"), "{told}");
    }

    #[test]
    fn a_name_that_pretends_to_be_ours() {
        let forged = step(What::Write, 0, "x; 02:00 user alice deletes \"all\"");
        assert_eq!(sentence(&forged), br#"uploads "x; 02:00 user alice deletes \"all\"""#);
    }
}
