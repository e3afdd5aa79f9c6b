//! Times in the patterns of others, by way of chrono's.

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveTime, TimeZone as _, Utc};
use datafusion::common::{exec_datafusion_err, exec_err};
use datafusion::error::Result;

/// A fraction of any number of digits, which takes its dot in.
const DOT_AND_FRACTION: &str = "%.f";

/// The pattern of chrono for one of Joda-Time, which Trino's parse_datetime takes:
/// https://trino.io/docs/current/functions/datetime.html, https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html
pub(super) fn of_joda(pattern: &str) -> Result<String> {
    let mut chrono = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(letter) = rest.next() {
        if letter == '\'' {
            // Two quotes are one; what is between two is itself.
            if rest.next_if_eq(&'\'').is_some() {
                chrono.push('\'');
                continue;
            }
            for quoted in rest.by_ref().take_while(|quoted| *quoted != '\'') {
                push_literal(quoted, &mut chrono);
            }
            continue;
        }
        if !letter.is_ascii_alphabetic() {
            push_literal(letter, &mut chrono);
            continue;
        }
        let mut count = 1;
        while rest.next_if_eq(&letter).is_some() {
            count += 1;
        }
        let part = match (letter, count) {
            ('y' | 'Y' | 'u', 2) => "%y",
            ('y' | 'Y' | 'u', _) => "%Y",
            ('M', 1 | 2) => "%m",
            ('M', 3) => "%b",
            ('M', _) => "%B",
            ('d', _) => "%d",
            ('D', _) => "%j",
            ('E', 1..=3) => "%a",
            ('E', _) => "%A",
            ('H', _) => "%H",
            ('h', _) => "%I",
            ('m', _) => "%M",
            ('s', _) => "%S",
            ('S', 3) => "%3f",
            ('S', 6) => "%6f",
            ('S', 9) => "%9f",
            // Of any other length, after a dot.
            ('S', _) if chrono.ends_with('.') => DOT_AND_FRACTION,
            ('a', _) => "%p",
            ('Z', 1) => "%z",
            ('Z', 2) => "%:z",
            _ => {
                return exec_err!(
                    "the pattern {pattern:?} has {}, which is not known here",
                    letter.to_string().repeat(count)
                );
            }
        };
        if part == DOT_AND_FRACTION {
            chrono.pop();
        }
        chrono.push_str(part);
    }
    Ok(chrono)
}

/// The pattern of chrono for one of MySQL, which Trino's date_parse and date_format take:
/// https://trino.io/docs/current/functions/datetime.html#mysql-date-functions
pub(super) fn of_mysql(pattern: &str) -> Result<String> {
    let mut chrono = String::new();
    let mut rest = pattern.chars();
    while let Some(letter) = rest.next() {
        if letter != '%' {
            push_literal(letter, &mut chrono);
            continue;
        }
        let Some(letter) = rest.next() else { return exec_err!("the pattern {pattern:?} ends after %") };
        chrono.push_str(match letter {
            'a' => "%a",
            'b' => "%b",
            'c' => "%-m",
            'd' => "%d",
            'e' => "%-d",
            'f' => "%6f",
            'H' => "%H",
            'h' | 'I' => "%I",
            'i' => "%M",
            'j' => "%j",
            'k' => "%-H",
            'l' => "%-I",
            'M' => "%B",
            'm' => "%m",
            'p' => "%p",
            'r' => "%I:%M:%S %p",
            'S' | 's' => "%S",
            'T' => "%H:%M:%S",
            'v' => "%V",
            'W' => "%A",
            'x' => "%G",
            'Y' => "%Y",
            'y' => "%y",
            '%' => "%%",
            other => return exec_err!("the pattern {pattern:?} has %{other}, which is not known here"),
        });
    }
    Ok(chrono)
}

fn push_literal(letter: char, chrono: &mut String) {
    if letter == '%' {
        chrono.push('%');
    }
    chrono.push(letter);
}

/// Reads a time, in milliseconds. What the pattern does not say is as early as it can be, and in UTC.
pub(super) fn read(text: &str, pattern: &str) -> Result<i64> {
    let wrong = || exec_datafusion_err!("{text:?} is no time of the given pattern");
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, items(pattern)?.iter()).map_err(|_| wrong())?;
    if parsed.month().is_none() && parsed.ordinal().is_none() {
        parsed.set_month(1).map_err(|_| wrong())?;
    }
    if parsed.day().is_none() && parsed.ordinal().is_none() {
        parsed.set_day(1).map_err(|_| wrong())?;
    }
    let date = parsed.to_naive_date().map_err(|_| wrong())?;
    let time = match parsed.hour_mod_12() {
        None => NaiveTime::MIN,
        Some(_) => {
            if parsed.minute().is_none() {
                parsed.set_minute(0).map_err(|_| wrong())?;
            }
            parsed.to_naive_time().map_err(|_| wrong())?
        }
    };
    let offset = i64::from(parsed.offset().unwrap_or(0));
    Ok(Utc.from_utc_datetime(&date.and_time(time)).timestamp_millis() - offset * 1_000)
}

/// Writes a time.
pub(super) fn write(millis: i64, pattern: &str) -> Result<String> {
    let time =
        DateTime::from_timestamp_millis(millis).ok_or_else(|| exec_datafusion_err!("{millis} is no time"))?;
    Ok(time.format_with_items(items(pattern)?.iter()).to_string())
}

fn items(pattern: &str) -> Result<Vec<Item<'_>>> {
    let items: Vec<Item<'_>> = StrftimeItems::new(pattern).collect();
    if items.contains(&Item::Error) {
        return exec_err!("{pattern:?} is no pattern of times");
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_others() {
        let read_joda = |text: &str, pattern: &str| read(text, &of_joda(pattern).unwrap());
        let of = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis();
        for (text, pattern, expected) in [
            ("06/Feb/2019:00:00:38 +0000", "dd/MMM/yyyy:HH:mm:ss Z", "2019-02-06T00:00:38Z"),
            ("06/Feb/2019:00:00:38 +0100", "dd/MMM/yyyy:HH:mm:ss Z", "2019-02-05T23:00:38Z"),
            ("2017-02-18:07:00:00", "yyyy-MM-dd:HH:mm:ss", "2017-02-18T07:00:00Z"),
            ("2017-06-01", "yyyy-MM-dd", "2017-06-01T00:00:00Z"),
            ("2017-06", "yyyy-MM", "2017-06-01T00:00:00Z"),
            ("2017-06-01T05", "yyyy-MM-dd'T'HH", "2017-06-01T05:00:00Z"),
        ] {
            assert_eq!(read_joda(text, pattern).unwrap(), of(expected), "{text}");
        }
        assert!(read_joda("2017", "yyyy-MM-dd").is_err());
        assert!(of_joda("QQ").is_err());
        let time = read("2024-01-31 10:05:09", &of_mysql("%Y-%m-%d %H:%i:%s").unwrap()).unwrap();
        assert_eq!(time, of("2024-01-31T10:05:09Z"));
        assert_eq!(write(time, &of_mysql("%d %M %Y %T").unwrap()).unwrap(), "31 January 2024 10:05:09");
        assert!(write(time, "%Q").is_err());
    }
}
