//! Which records count: the options, and how they become a [`Filter`].

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use crate::dimension::DeriveOptions;
use crate::filter::{
    AccessKey, ByteRange, Calendar, Condition, ErrorCode, Filter, Hours, IncludeExclude, Ip, Key,
    OperationPattern, RequesterPattern, Size, SourceBucket, Status, Test, TlsVersion, UserAgent, Value,
    Weekdays,
};
use crate::semantics::Geoip;
use crate::time::{TimeArg, Window, Zone};
use crate::value_error::quoted;

/// The filters, the same for every command. A record has to pass all that are given.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArgs {
    /// From this time on: 2026-08-01T10:30, 24h or 7d (ago), yesterday
    ///
    /// A date or a time is that of the zone of --tz (UTC by default), unless an offset is typed as in
    /// 2026-08-01T10:30:00+02:00; 2026-08 is the start of the month, 2026-08-01T10 that of the hour. A time ago is a number
    /// with s, m, h, d, w or mo: 90m, 24h, 7d, 2w, 1mo, '3 days ago'. Also: today, yesterday (both from midnight on),
    /// 'yesterday 02:00' and now.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) since: Option<TimeArg>,

    /// Before this time (the same forms; the time itself is not included)
    ///
    /// --since 2026-08-01 --until 2026-08-02 is the first of August, all of it and nothing else.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) until: Option<TimeArg>,

    /// At these hours, in the zone of --tz: 9-17 (9:00 to 16:59), 20-6 (over midnight)
    ///
    /// Repeat it or use commas for more (0-6,22-24); ! in front excludes.
    #[arg(long, value_name = "HOURS")]
    pub(crate) hours: Vec<IncludeExclude<Hours>>,

    /// On these days, in the zone of --tz: mon-fri,sun
    ///
    /// Repeat it or use commas for more; ! in front excludes: '!sat-sun'. With --hours 20-6, the hours after
    /// midnight belong to the day that they are on.
    #[arg(long, value_name = "DAYS")]
    pub(crate) weekdays: Vec<IncludeExclude<Weekdays>>,

    /// The bucket that was accessed (not the one that holds the logs): my-bucket, 'prod-*'
    ///
    /// The value is a name or a pattern of *, ?, [..] and {a,b}. Repeat it or use commas for more (any of them matches);
    /// ! in front excludes: '!test-*'. The same holds for all filters; a backslash makes the next character literal.
    #[arg(long, value_name = "BUCKET")]
    pub(crate) source_bucket: Vec<IncludeExclude<SourceBucket>>,

    /// Who asked: an ARN, a user, a role, an account number, or anonymous
    ///
    /// The value is an ARN, any whole parts of its path (alice, ops/alice, user/ops/alice, a role, a session), an account, or
    /// a pattern of *, ?, [..] and {a,b} such as '*:assumed-role/Deploy/*', in upper or lower case. Repeat it or use commas
    /// for more (any of them matches); ! in front excludes: '!AmazonS3'. Sessions can hold commas, so a value with
    /// commas is also looked for as a whole.
    #[arg(long, value_name = "WHO")]
    pub(crate) requester: Vec<IncludeExclude<RequesterPattern>>,

    /// Only requests without credentials, the same as --requester anonymous
    #[arg(long)]
    pub(crate) anonymous: bool,

    /// The client's address or network: 192.0.2.3, 10.0.0.0/8, 2001:db8::/32
    ///
    /// Also a pattern for texts that are no addresses: 'x.x.41.*'; and - for none (S3's own work). Repeat it or use
    /// commas for more (any of them matches); ! in front excludes: '!10.0.0.0/8'.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) ip: Vec<IncludeExclude<Ip>>,

    /// What was asked for: GET.OBJECT, DELETE, PutObject, s3:PutObject
    ///
    /// The value is an operation of the log, whole parts of one (DELETE, GET.OBJECT), a name of the API (PutObject), an IAM
    /// action and so all that it allows (s3:PutObject, 's3:Get*'), or a pattern of *, ?, [..] and {a,b} of any of these
    /// ('REST.*.OBJECT', 'Put*'), in upper or lower case. Repeat it or use commas for more (any of them matches); ! in front excludes.
    #[arg(long, value_name = "OPERATION")]
    pub(crate) operation: Vec<IncludeExclude<OperationPattern>>,

    /// The object's key, encoded or not: 'logs/*.gz', 'a b.txt', '!tmp/*'
    ///
    /// The value is the whole key or a pattern of *, ?, [..] and {a,b}; * also crosses slashes. It is compared with the
    /// key as in the log and with the decoded one. - is for requests that name no object. Repeat it or use commas for more
    /// (any of them matches); ! in front excludes. Keys can hold commas, so a value with commas is also looked for as
    /// a whole. A backslash makes the next character literal: '\!', '\*', '\[', '\,'.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<IncludeExclude<Key>>,

    /// The HTTP status: 403, 4xx, 500-503, or - for none (S3's own work)
    ///
    /// Repeat it or use commas for more (any of them matches); ! in front excludes: '!2xx,!304'.
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Vec<IncludeExclude<Status>>,

    /// The error code: AccessDenied, 'NoSuch*', '*' (any), - (none)
    ///
    /// The value is a text or a pattern of *, ?, [..] and {a,b}, in upper or lower case. Repeat it or use commas for
    /// more (any of them matches); ! in front excludes.
    #[arg(long, value_name = "CODE")]
    pub(crate) error: Vec<IncludeExclude<ErrorCode>>,

    /// The User-Agent header: 'aws-cli/*', '*bot*', or - for none
    ///
    /// The value is the whole text or a pattern of *, ?, [..] and {a,b}, in upper or lower case. Repeat it or use commas for
    /// more (any of them matches); ! in front excludes. The header can hold commas, so a value with commas is also
    /// looked for as a whole. A backslash makes the next character literal: '\[S3Console/*'.
    #[arg(long, value_name = "TEXT")]
    pub(crate) user_agent: Vec<IncludeExclude<UserAgent>>,

    /// The access key that signed a presigned URL: AKIAIOSFODNN7EXAMPLE, 'ASIA*', or - for none
    ///
    /// It is read from X-Amz-Credential or AWSAccessKeyId in the request URI; the logs do not hold the keys of other requests.
    #[arg(long, value_name = "KEY_ID")]
    pub(crate) access_key: Vec<IncludeExclude<AccessKey>>,

    /// TLS version: 1.0, 1.2, or - for none (plain HTTP)
    #[arg(long, value_name = "VERSION")]
    pub(crate) tls_version: Vec<IncludeExclude<TlsVersion>>,

    /// Any field or derived value: referer='*example.com*', 'total_time>5s', bot=yes
    ///
    /// FIELD=PATTERN or FIELD!=PATTERN, with the rules of the filters above; for numbers and times also <, <=, > and >=. A
    /// field with its own filter follows the rules of that filter: http_status=4xx, operation=PutObject. A day, month or hour
    /// is all of it: 'timestamp<=2026-08-01', month=2026-08. Repeat it for more: all must match. The names are those of `top
    /// --by`.
    #[arg(long = "where", value_name = "FIELD=PATTERN")]
    pub(crate) conditions: Vec<Condition>,

    /// Responses of this many bytes or more: 1048576, 50MB, 1GiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) min_bytes: Option<Size>,

    /// Responses of this many bytes or fewer (no response body is 0 bytes)
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_bytes: Option<Size>,
}

impl FilterArgs {
    /// The filter that runs. `zone` is that of `--tz`: times, hours and weekdays are read in it.
    ///
    /// # Errors
    /// If a window or a range can hold nothing, or if a condition asks for what only a database of addresses knows.
    pub(crate) fn resolve(&self, now: DateTime<Utc>, zone: Zone, geoip: &Geoip) -> anyhow::Result<Filter> {
        let moment = |moment: &Option<TimeArg>, option: &'static str| {
            moment.as_ref().map(|moment| moment.resolve(now, zone)).transpose().context(option)
        };
        let since = moment(&self.since, "--since")?;
        let until = moment(&self.until, "--until")?;
        let typed = |option: &str, time: &Option<TimeArg>| {
            time.as_ref().map(|time| format!("--{option} {}", quoted(time.typed())))
        };
        let text: Vec<_> =
            [typed("since", &self.since), typed("until", &self.until)].into_iter().flatten().collect();
        let window = Window::new(since, until).context("--since and --until")?;
        let mut filter = Filter::of_window(window, text.join(" "));

        if self.anonymous {
            filter = filter.and_typed(Test::Anonymous, "--anonymous", Vec::new());
        }
        if self.min_bytes.is_some() || self.max_bytes.is_some() {
            let range =
                ByteRange::new(self.min_bytes, self.max_bytes).context("--min-bytes and --max-bytes")?;
            let typed = [("min-bytes", self.min_bytes), ("max-bytes", self.max_bytes)];
            let typed = typed.into_iter().filter_map(|(option, size)| Some(format!("--{option} {}", size?)));
            filter = filter.and_typed(Test::Bytes(range), typed.collect::<Vec<_>>().join(" "), Vec::new());
        }
        let (hours, weekdays) = (join(&self.hours), join(&self.weekdays));
        if hours.is_some() || weekdays.is_some() {
            let (hours, weekdays) = (hours.unwrap_or_default(), weekdays.unwrap_or_default());
            let text = [options("hours", hours.typed()), options("weekdays", weekdays.typed())].join(" ");
            filter = filter.and_typed(
                Test::Calendar(Calendar::new(&hours, &weekdays, zone)),
                text.trim(),
                Vec::new(),
            );
        }
        let tests = [
            test("status", &self.status, |choice| Test::Status(choice.into())),
            test("source-bucket", &self.source_bucket, Test::SourceBucket),
            test("operation", &self.operation, Test::OperationPattern),
            test("error", &self.error, Test::Error),
            test("ip", &self.ip, |choice| Test::Ip(choice.into())),
            test("requester", &self.requester, Test::RequesterPattern),
            test("tls-version", &self.tls_version, Test::TlsVersion),
            test("user-agent", &self.user_agent, Test::UserAgent),
            test("access-key", &self.access_key, Test::AccessKey),
            test("key", &self.key, Test::Key),
        ];
        let and = |filter: Filter, (test, text, values)| filter.and_typed(test, text, values);
        let filter = tests.into_iter().flatten().fold(filter, and);
        let options = DeriveOptions { depth: 1, zone, geoip: geoip.clone() };
        self.conditions.iter().try_fold(filter, |filter, condition| {
            options.check(condition.dimension()).context("--where")?;
            filter.with_condition(condition, now, &options).context("--where")
        })
    }
}

/// The test of an option, with what was typed for it; `None` if nothing was.
fn test<T: Value + Clone>(
    option: &str,
    arguments: &[IncludeExclude<T>],
    test: impl FnOnce(IncludeExclude<T>) -> Test,
) -> Option<(Test, String, Vec<String>)> {
    let choice = join(arguments)?;
    let values = choice.typed().to_vec();
    Some((test(choice), options(option, &values), values))
}

/// An option as it is typed for each of its values.
fn options(option: &str, values: &[String]) -> String {
    let typed: Vec<_> = values.iter().map(|value| format!("--{option} {}", quoted(value))).collect();
    typed.join(" ")
}

/// All the arguments of one option as one choice; `None` if there are none.
fn join<T: Value + Clone>(arguments: &[IncludeExclude<T>]) -> Option<IncludeExclude<T>> {
    (!arguments.is_empty()).then(|| arguments.iter().cloned().collect())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::parser::Parser;
    use crate::record::Record;

    #[derive(Debug, clap::Parser)]
    struct Command {
        #[command(flatten)]
        filter: FilterArgs,
    }

    const LINE: &[u8] = b"79a59d my-bucket [06/Feb/2019:23:30:38 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/alice 3E57427F3EXAMPLE REST.GET.OBJECT a%20b/c \"GET /a%20b/c HTTP/1.1\" 403 AccessDenied 243 - 7 - \"-\" \"aws-cli/2.0\" -";

    fn resolve(arguments: &[&str]) -> anyhow::Result<Filter> {
        let command = Command::try_parse_from([&["s3al"], arguments].concat())?;
        let now = DateTime::from_timestamp(1_549_500_000, 0).context("a time")?;
        command.filter.resolve(now, "Europe/Berlin".parse()?, &Geoip::default())
    }

    fn on_line<T>(test: impl FnOnce(&Record<'_>) -> T) -> T {
        test(&Parser::default().parse(LINE).unwrap())
    }

    #[test]
    fn options_become_a_filter() {
        let table: &[(&[&str], bool)] = &[
            (&[], true),
            (&["--since", "24h"], true),
            // The line is of 00:30 on the seventh, in Berlin.
            (&["--since", "2019-02-07", "--until", "2019-02-08"], true),
            (&["--since", "2019-02-06", "--until", "2019-02-07"], false),
            (&["--since", "2019-02-06T00Z", "--until", "2019-02-07T00:00Z"], true),
            (&["--until", "2019-02-06T23:30:38Z"], false),
            (&["--status", "4xx"], true),
            (&["--status", "200", "--status", "403"], true),
            (&["--status", "-"], false),
            (&["--status", "!403"], false),
            (&["--error", "accessdenied"], true),
            (&["--error", "-"], false),
            (&["--ip", "192.0.2.0/24"], true),
            (&["--operation", "REST.PUT.*,REST.GET.*"], true),
            (&["--source-bucket", "other"], false),
            (&["--requester", "alice"], true),
            (&["--requester", "-"], false),
            (&["--anonymous"], false),
            (&["--key", "a b/*"], true),
            (&["--key", "!a b/*"], false),
            (&["--user-agent", "AWS-*"], true),
            (&["--user-agent", ""], false),
            (&["--min-bytes", "243", "--max-bytes", "1KB"], true),
            (&["--min-bytes", "1KB"], false),
            // 00:30 on Thursday in Berlin.
            (&["--hours", "0", "--weekdays", "thu"], true),
            (&["--hours", "23"], false),
            (&["--weekdays", "wed"], false),
            (&["--status", "403", "--key", "x"], false),
        ];
        for (arguments, expected) in table {
            let filter = resolve(arguments).unwrap_or_else(|error| panic!("{error:#}"));
            assert_eq!(on_line(|record| filter.matches(record)), *expected, "{arguments:?}");
            assert_eq!(filter.is_empty(), arguments.is_empty());
        }
    }

    #[test]
    fn the_window_is_shown_to_sources() {
        let window = resolve(&["--since", "2019-02-06", "--key", "k"]).unwrap().window();
        assert_eq!(window.since.unwrap().to_string(), "2019-02-05T23:00:00Z");
        assert_eq!(window.until, None);
    }

    #[test]
    fn what_is_wrong_is_said_before_any_work() {
        let table: &[(&[&str], &str)] = &[
            (
                &["--status", "99x"],
                "invalid status \"99x\": expected 100 to 599, such as 403, 4xx or 500-503",
            ),
            (
                &["--status", "200,99x"],
                "invalid value '200,99x' for '--status <STATUS>': invalid status \"99x\": expected 100",
            ),
            (
                &["--since", "today", "--until", "yesterday"],
                "the window ends (2019-02-05T23:00:00Z) before it starts",
            ),
            (&["--since", "1h", "--until", "1h"], "--since and --until: the window is empty"),
            (&["--since", "-24h"], "a time ago has no minus: 24h"),
            (&["--since=-24h"], "a time ago has no minus: 24h"),
            (&["--until", "last week"], "write 7d for the seven days before now"),
            (&["--since", "3000y"], "--since: invalid time \"3000y\": too long ago"),
            (&["--min-bytes", "2MB", "--max-bytes", "1MB"], "--min-bytes and --max-bytes: the smallest size"),
            (&["--ip", "10.0.0.300"], "invalid address \"10.0.0.300\": expected an address, a network"),
            (&["--key", "[a"], "write \\[ for a bracket"),
            (&["--weekdays", "mo"], "invalid weekday \"mo\": expected mon, tue"),
            (&["--hours", "25-3"], "invalid hours \"25-3\": expected hours from 0 to 24"),
        ];
        for (arguments, expected) in table {
            let error = format!("{:#}", resolve(arguments).map(|_| ()).expect_err(&arguments.join(" ")));
            assert!(error.replace("\\\\", "\\").contains(expected), "{error}");
        }
    }

    #[test]
    fn the_options_fit_together() {
        use clap::CommandFactory as _;
        Command::command().debug_assert();
    }
}
