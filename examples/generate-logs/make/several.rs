//! What writes several records: split downloads, uploads in parts, copies, deletions of many objects.

use super::Maker;
use super::names;
use super::ops;
use super::record as field;
use super::text;

/// A download of this size is worth splitting.
const SPLIT: u64 = 16 << 20;
const DAY: u64 = 86_400_000;

impl Maker {
    /// A little later, for the next record of the same event; a file can be for one day.
    fn tick(&mut self, most: u64) {
        let end_of_day = (self.record.time / DAY + 1) * DAY - 1;
        self.record.time = (self.record.time + self.rng.below(most)).min(end_of_day);
    }

    /// One download as a client does it that splits: the size first, then all parts at the same time.
    pub(super) fn download_in_parts(&mut self, number: u64, room: u64) {
        // Most objects are small, so look for one that is worth it.
        let number = (number..self.options.keys).take(2_000).find(|number| names::size(*number) >= SPLIT);
        let Some(number) = number else {
            let op = self.ops.place("REST.GET.OBJECT");
            return self.single(op, 0);
        };
        let size = names::size(number);
        let parts = (size / (SPLIT / 2)).clamp(2, 40).min(room);
        let part = size.div_ceil(parts);
        let (op, who) = (self.ops.place("REST.GET.OBJECT"), self.draw_requester());
        self.start(op, who);
        let address = self.record.fields[field::IP].clone();
        let agent = self.record.fields[field::AGENT].clone();
        for place in 0..parts {
            if place > 0 {
                self.tick(400);
                self.start(op, who);
                self.record.set(field::IP, &address);
                self.record.set(field::AGENT, &agent);
            }
            self.request("GET", Some(number), "");
            self.respond(ops::PARTIAL, Some(part.min(size - (place * part).min(size))), Some(size));
            self.finish();
        }
    }

    pub(super) fn upload(&mut self, number: u64, room: u64) {
        let who = self.draw_requester();
        let parts = self.rng.between(1, 12).min(room - 2);
        let id = format!("{:016x}{:016x}", self.rng.next(), self.rng.next());
        let part = 8 << 20;
        for place in 0..parts + 2 {
            let (name, method, query) = match place {
                0 => ("REST.POST.UPLOADS", "POST", "uploads".to_owned()),
                _ if place <= parts => ("REST.PUT.PART", "PUT", format!("partNumber={place}&uploadId={id}")),
                _ => ("REST.POST.UPLOAD", "POST", format!("uploadId={id}")),
            };
            let op = self.ops.place(name);
            self.start(op, who);
            self.request(method, Some(number), &query);
            match place {
                0 => self.respond(ops::OK, Some(420), None),
                _ if place <= parts => self.respond(ops::OK, None, Some(part)),
                _ => self.respond(ops::OK, Some(560), Some(part * parts)),
            }
            self.finish();
            self.tick(700);
        }
    }

    /// A copy inside one bucket: the destination's record and the source's, with one request id.
    pub(super) fn copy(&mut self, number: u64, what: &str, times: u64) {
        let who = self.draw_requester();
        let to = self.rng.skewed(self.options.keys);
        let size = names::size(number);
        let (put, get) =
            (self.ops.place(&format!("REST.COPY.{what}")), self.ops.place(&format!("REST.COPY.{what}_GET")));
        for place in 1..=times {
            self.start(get, who);
            let query = if what == "PART" {
                format!("partNumber={place}&uploadId=Q29weSBwYXJ0")
            } else {
                String::new()
            };
            self.request("PUT", Some(to), &query);
            let copied_to = self.record.fields[field::KEY].clone();
            self.object(number);
            self.respond(ops::OK, None, Some(size));
            let id = self.record.fields[field::REQUEST_ID].clone();
            self.finish();
            self.start(put, who);
            self.request("PUT", Some(to), &query);
            self.record.set(field::KEY, &copied_to);
            self.record.set(field::REQUEST_ID, &id);
            self.respond(ops::OK, Some(230), Some(size));
            self.finish();
            self.tick(300);
        }
    }

    pub(super) fn delete_many(&mut self, op: usize, room: u64) {
        let who = self.draw_requester();
        let keys = self.rng.between(1, 30).min(room - 1);
        self.start(op, who);
        self.request("POST", None, "delete");
        self.respond(ops::OK, Some(140 + keys * 90), None);
        let id = self.record.fields[field::REQUEST_ID].clone();
        let connection: Vec<Vec<u8>> = self.record.fields[field::HOST_ID..].to_vec();
        self.finish();
        let op = self.ops.place("BATCH.DELETE.OBJECT");
        for _ in 0..keys {
            let number = self.rng.skewed(self.options.keys);
            self.start(op, who);
            self.record.set(field::REQUEST_ID, &id);
            self.object(number);
            for (place, text) in connection.iter().enumerate() {
                self.record.set(field::HOST_ID + place, text);
            }
            for unset in [field::REFERER, field::AGENT] {
                self.record.set(unset, b"-");
            }
            self.record.outcome = ops::NO_CONTENT;
            self.record.set(field::STATUS, b"204");
            text::number(self.record.edit(field::SIZE), names::size(number));
            self.record.bare = [true; 3];
            self.finish();
        }
    }
}
