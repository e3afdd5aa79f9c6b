//! What is typed for filters, as `OPTION=TEXT`.

use chrono::{DateTime, Utc};

use crate::dimension::DeriveOptions;
use crate::filter::{
    AccessKey, ByteRange, Calendar, Condition, ErrorCode, Hours, IncludeExclude, Ip, Ips, Key,
    OperationPattern, Predicate, RequesterPattern, Size, SourceBucket, Status, Statuses, TlsVersion,
    UserAgent, Value, Weekdays,
};
use crate::parser::Parser;
use crate::record::Record;
use crate::time::{Interval, Period, TimeArg, Zone, ZoneArg};

/// No text that is typed ends the program, and `!` in front of a value means all that the value does not.
pub fn filters(text: &[u8]) {
    let Some((option, typed)) = std::str::from_utf8(text).ok().and_then(|text| text.split_once('=')) else {
        return;
    };
    match option {
        "source_bucket" => predicate::<SourceBucket>(typed),
        "requester" => predicate::<RequesterPattern>(typed),
        "operation" => predicate::<OperationPattern>(typed),
        "key" => predicate::<Key>(typed),
        "error" => predicate::<ErrorCode>(typed),
        "user_agent" => predicate::<UserAgent>(typed),
        "access_key" => predicate::<AccessKey>(typed),
        "tls_version" => predicate::<TlsVersion>(typed),
        "ip" => complement::<Ip>(typed, |choice, record| Ips::from(choice).matches(record)),
        "status" => complement::<Status>(typed, |choice, record| Statuses::from(choice).matches(record)),
        "hours" => complement::<Hours>(typed, |choice, record| {
            Calendar::new(&choice, &IncludeExclude::default(), Zone::Utc).holds(record.timestamp())
        }),
        "weekdays" => complement::<Weekdays>(typed, |choice, record| {
            Calendar::new(&IncludeExclude::default(), &choice, Zone::Utc).holds(record.timestamp())
        }),
        "bytes" => {
            let size = typed.parse::<Size>().ok();
            let _ = ByteRange::new(size, size).map(|range| each_record(|record| _ = range.matches(record)));
        }
        "where" => condition(typed),
        "time" => time(typed),
        _ => {}
    }
}

fn predicate<T: Predicate>(typed: &str) {
    complement::<T>(typed, |choice, record| choice.matches(record));
}

/// A value and its opposite, of every record.
fn complement<T: Value>(typed: &str, matches: impl Fn(IncludeExclude<T>, &Record<'_>) -> bool) {
    let read = |typed: &str| typed.parse::<IncludeExclude<T>>();
    // Several values have several signs.
    let is_one = !typed.contains(',') && !typed.trim_start().starts_with('!');
    let Ok(_) = read(typed) else { return };
    each_record(|record| {
        let choice = |typed: &str| read(typed).expect("what was read before");
        let passes = matches(choice(typed), record);
        if is_one {
            assert_ne!(passes, matches(choice(&format!("!{typed}")), record), "{typed}");
        }
    });
}

fn condition(typed: &str) {
    let Ok(condition) = typed.parse::<Condition>() else { return };
    let Ok(test) = condition.resolve(now(), &DeriveOptions::default()) else { return };
    each_record(|record| _ = test.matches(record));
}

fn time(typed: &str) {
    if let Ok(time) = typed.parse::<TimeArg>() {
        if let Ok((start, end)) = time.span(now(), Zone::Utc) {
            assert!(start <= end, "{typed}");
        }
    }
    if let Ok(period) = typed.parse::<Period>() {
        let _ = period.resolve(now(), Zone::Utc);
    }
    if let Ok(interval) = typed.parse::<Interval>() {
        each_record(|record| {
            let start = interval.start(record.timestamp(), Zone::Utc);
            assert!(start <= record.timestamp(), "{typed}");
        });
    }
    if let Ok(zone) = typed.parse::<ZoneArg>() {
        let _ = zone.resolve(None).map(|zone| each_record(|record| _ = zone.show(record.timestamp())));
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_785_542_400_000_000_000)
}

/// Some records of all kinds.
fn each_record(mut check: impl FnMut(&Record<'_>)) {
    let mut parser = Parser::default();
    for line in include_bytes!("../tests/fixtures/hard_lines.log").split(|byte| *byte == b'\n') {
        if let Ok(record) = parser.parse(line) {
            check(&record);
        }
    }
}
