//! Lines that are legal, or were seen, and that the hasty read wrongly. Each must be read, with these values.

use super::Maker;
use super::names::{ANONYMOUS, FIRST_ORIGIN, FIRST_SERVICE};
use super::ops::{self, Kind};
use super::record::{self as field, Quirk};
use super::{names, text};

const AGENTS: &[&[u8]] = &[
    b"evil\" x",
    b"x\" 200 - 1 1 1 1 \"-\" \"fake\" - AAAA= SigV4 - AuthHeader h TLSv1.2",
    b"pip/21.0 {\"ci\":null,\"cpu\":\"x86_64\",\"distro\":{\"id\":\"bionic\",\"name\":\"Ubuntu\"},\"python\":\"3.6.9\"}",
    b"\"Mozilla/5.0 (X11; Linux x86_64)",
    b"Mozilla/5.0 (iPhone) Safari/604.1\"",
    b"back\\slash \\\" and quote",
    b"[06/Feb/2019:00:00:38 +0000] is no record",
    b"",
    b"\xff\xfe no text \xc3(",
    b"nul\0byte",
    b"\x1b[2J\x1b]0;title\x07red\x1b[31m",
    b"right\xe2\x80\xae-to-left",
    b"\"",
    b" ",
];

const REFERERS: &[&[u8]] = &[
    b"http://www.example.com/?id=452\"",
    b"a page with spaces",
    b"one\" \"two",
    b"\" \"",
    b"\"quoted\"",
    b"http://www.example.com/caf\xe9\0\x1b[0m",
    b"",
];

const KEYS: &[&[u8]] =
    &[b"/", b".", b"..", b"folder/", b"%2522", b"a+b", b"raw\xe9\xff", b"nul\0esc\x1b[1m", b"100%", b"x[a]"];

/// What follows the path, or replaces it all.
const URIS: &[(&[u8], bool)] = &[
    (
        b"?response-content-disposition=attachment;%20filename=\"a.csv\"&X-Amz-Algorithm=AWS4-HMAC-SHA256 HTTP/1.1",
        true,
    ),
    (b"\" HTTP/1.1", true),
    (b"?x=\"a\"\"b\" HTTP/1.1", true),
    (b"GET /\" HTTP/1.1", false),
    (b"GET /no-version", false),
    (b"GET", false),
    (b"", false),
    (b"GET /raw\xff\xfe\0\x1b[31m HTTP/1.1", false),
];

impl Maker {
    /// Makes the record hard, if it is a client's; whether it did.
    pub(super) fn harden(&mut self) -> bool {
        if self.ops.all[self.record.op].kind == Kind::Own || self.record.bare[0] {
            return false;
        }
        match self.rng.below(14) {
            0..3 => {
                let agent = *self.rng.pick(AGENTS);
                self.record.set(field::AGENT, agent);
            }
            3 | 4 => {
                let referer = *self.rng.pick(REFERERS);
                self.record.set(field::REFERER, referer);
            }
            5 | 6 => self.hard_uri(),
            7 => {
                let key = *self.rng.pick(KEYS);
                self.record.set(field::KEY, key);
            }
            8 => self.dash_object(),
            9 => self.bare_dashes(),
            10 => self.origin_access_identity(),
            11 => self.hard_operation(),
            12 if self.is_stray_time() => self.record.stray = *self.rng.pick(&["-", "AIDAEXAMPLEEXAMPLE"]),
            12 => self.record.set(field::IP, b"x.x.41.39"),
            _ => {
                let quirk = *self.rng.pick(&[
                    Quirk::TwoSpaces,
                    Quirk::TrailingSpace,
                    Quirk::CarriageReturn,
                    Quirk::ExtraFields,
                ]);
                // Only the newest lines can have more fields than all of them.
                self.record.quirk = match quirk {
                    Quirk::ExtraFields if self.record.count < field::FIELDS => Quirk::None,
                    quirk => quirk,
                };
            }
        }
        true
    }

    fn hard_uri(&mut self) {
        let (text, is_end) = *self.rng.pick(URIS);
        let uri = &mut self.record.fields[field::URI];
        if is_end {
            let path = uri.iter().rposition(|byte| *byte == b' ').unwrap_or(uri.len());
            uri.truncate(path);
        } else {
            uri.clear();
        }
        uri.extend_from_slice(text);
    }

    /// An object whose name is a dash.
    fn dash_object(&mut self) {
        if self.record.fields[field::KEY] != b"-" {
            self.record.set(field::KEY, b"-");
            self.record.set(field::URI, field::DASH_OBJECT);
        }
    }

    fn bare_dashes(&mut self) {
        let (referer, agent) = *self.rng.pick(&[(true, false), (false, true), (true, true)]);
        for (place, field, is_bare) in [(1, field::REFERER, referer), (2, field::AGENT, agent)] {
            if is_bare {
                self.record.set(field, b"-");
                self.record.bare[place] = true;
            }
        }
    }

    fn origin_access_identity(&mut self) {
        let who = FIRST_ORIGIN + self.rng.below((FIRST_SERVICE - FIRST_ORIGIN) as u64) as usize;
        self.record.who = who;
        names::requester(self.record.edit(field::REQUESTER), who, false);
        self.record.set(field::AGENT, b"Amazon CloudFront");
    }

    /// Operations with two and with four parts, and a request id that is a UUID.
    fn hard_operation(&mut self) {
        let is_own = self.rng.chance(0.5);
        let name = if is_own { "S3.COMPUTE.OBJECT.CHECKSUM" } else { "WEBSITE.INVALIDOPERATION" };
        let op = self.ops.place(name);
        let who = if is_own { FIRST_SERVICE } else { ANONYMOUS };
        self.start(op, who);
        if is_own {
            text::uuid(self.record.edit(field::REQUEST_ID), &mut self.rng);
            self.record.set(field::KEY, b"checked.bin");
            self.record.set(field::AGENT, b"-");
            self.record.bare = [true; 3];
        } else {
            self.record.set(field::KEY, b"-");
            self.respond(ops::METHOD, Some(300), None);
        }
    }
}
