//! What was done in an hour, kind by kind, as a timeline tells it: how often, from when to when, how much, and of what.

use smallvec::SmallVec;

use crate::detect::event::{Event, fact, kind};
use crate::record::Field;

/// How much of a name is kept.
const MAX_NAME_LEN: usize = 128;
/// How much of the name of an object is kept as evidence.
const MAX_PROOF_LEN: usize = 256;

/// Something that can be done. The order is that of a timeline, where times are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Names were listed.
    List,
    /// Settings were read.
    ReadSettings,
    /// Requests were refused.
    Denied,
    /// What was asked for is not there.
    Missing,
    /// Objects were read.
    Read,
    /// Objects were read to be copied elsewhere.
    Copy,
    /// Objects were written.
    Write,
    /// Settings were changed.
    Configure,
    /// Objects were deleted.
    Delete,
    /// Objects were deleted together.
    DeleteBatch,
}

impl What {
    /// What a request did; `None` if it is not worth telling.
    #[inline]
    pub(crate) fn of(event: &Event<'_, '_>) -> Option<Self> {
        let facts = event.facts;
        if facts & (fact::READ | fact::DENIED) == fact::READ {
            // Who asks for the head of an object learns nothing of what is in it.
            return (!event.is_head()).then_some(Self::Read);
        }
        let told = [
            (fact::DENIED, Self::Denied),
            (fact::MISSING, Self::Missing),
            (fact::COPIED, Self::Copy),
            (fact::WRITTEN, Self::Write),
            (fact::DELETED, Self::Delete),
            (fact::LISTED, Self::List),
            (fact::CONFIGURED, Self::Configure),
            (fact::SETTING_READ, Self::ReadSettings),
        ];
        let found = told.into_iter().find(|(fact, _)| facts & fact != 0).map(|(_, what)| what);
        found.or_else(|| {
            let is_batch =
                event.outcome.is_success() && event.operation.is_some_and(|one| one.api == "DeleteObjects");
            is_batch.then_some(Self::DeleteBatch)
        })
    }

    /// The kinds of the profile that it is of: bits of [`kind`]; none if nothing was done.
    pub(crate) fn kinds(self) -> u8 {
        match self {
            Self::List => kind::LIST,
            Self::ReadSettings => kind::SETTING_READ,
            // The request for a batch names no object: those that follow from it do.
            Self::Denied | Self::Missing | Self::DeleteBatch => 0,
            Self::Read | Self::Copy => kind::READ,
            Self::Write => kind::WRITE,
            Self::Configure => kind::CONFIGURE,
            Self::Delete => kind::DELETE | kind::VERSION_DELETE,
        }
    }

    /// How much it changes: what a timeline that has to be short leaves out last.
    pub(crate) fn weight(self) -> u8 {
        match self {
            Self::Delete | Self::DeleteBatch | Self::Configure | Self::Write => 3,
            Self::Copy | Self::Read => 2,
            Self::List | Self::Denied | Self::Missing => 1,
            Self::ReadSettings => 0,
        }
    }
}

/// One kind of it, in an hour.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    /// What was done.
    pub(crate) what: What,
    /// The first and the last second of the hour in which it was.
    pub(crate) seconds: (u16, u16),
    /// How many requests.
    pub(crate) count: u32,
    /// The bytes that they sent.
    pub(crate) bytes: u64,
    /// How much of the name of the first request's object all of them have in common.
    common: u16,
    /// Whether there were several objects.
    is_of_several: bool,
    /// The first request.
    pub(crate) proof: Proof,
}

impl Act {
    /// The name of what was touched, or what the names of several objects begin with; and whether they are several.
    pub(crate) fn name(&self) -> (&[u8], bool) {
        (&self.proof.parts()[2][..usize::from(self.common)], self.is_of_several)
    }

    /// Whether another name can change anything: not once names have nothing in common.
    #[inline]
    fn name_can_change(&self) -> bool {
        !self.is_of_several || self.common > 0
    }

    #[inline]
    fn add_name(&mut self, name: &[u8], is_of_several: bool) {
        let (common, differ) = in_common(self.name().0, cut(name));
        self.common = common as u16;
        self.is_of_several |= differ || is_of_several;
    }

    /// Takes a request as evidence, if it is earlier than the one that is. Its name is taken in before: then both begin alike.
    fn prove(&mut self, event: &Event<'_, '_>, object: &[u8], second: u16) {
        let parts = Proof::parts_of(event, object);
        let order = (parts, event.client.stable_hash, event.record.http_status());
        if second < self.seconds.0 || order < self.proof.order() {
            self.proof = Proof::of(event, parts);
        }
    }
}

/// The earliest request of a kind in an hour, as evidence; of equal times that whose texts come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The request id, the operation and the object, one after the other.
    texts: Box<[u8]>,
    ends: [u16; 2],
    /// The status.
    pub(crate) status: Option<u16>,
    /// The hash of the program: see [`Client::stable_hash`](crate::detect::event::Client::stable_hash).
    pub(crate) client: u64,
}

impl Proof {
    fn of(event: &Event<'_, '_>, parts: [&[u8]; 3]) -> Self {
        let id = parts[0].len();
        Self {
            texts: parts.concat().into(),
            ends: [id as u16, (id + parts[1].len()) as u16],
            status: event.record.http_status(),
            client: event.client.stable_hash,
        }
    }

    fn parts_of<'p>(event: &'p Event<'_, '_>, object: &'p [u8]) -> [&'p [u8]; 3] {
        let text = |field| cut(event.record.get(field).unwrap_or_default());
        [text(Field::RequestId), text(Field::Operation), &object[..object.len().min(MAX_PROOF_LEN)]]
    }

    fn parts(&self) -> [&[u8]; 3] {
        let [id, operation] = self.ends.map(usize::from);
        [&self.texts[..id], &self.texts[id..operation], &self.texts[operation..]]
    }

    /// What orders requests of equal times.
    fn order(&self) -> ([&[u8]; 3], u64, Option<u16>) {
        (self.parts(), self.client, self.status)
    }

    /// Its text of a field; empty if it has none.
    pub(crate) fn get(&self, field: Field) -> &[u8] {
        let [id, operation, object] = self.parts();
        match field {
            Field::RequestId => id,
            Field::Operation => operation,
            Field::Key => object,
            _ => b"",
        }
    }
}

/// How much two names begin alike, and whether they are those of two objects.
#[inline]
fn in_common(one: &[u8], other: &[u8]) -> (usize, bool) {
    if other.starts_with(one) {
        return (one.len(), other.len() > one.len());
    }
    (one.iter().zip(other).take_while(|(a, b)| a == b).count(), true)
}

/// The name of an object, or what the names of several begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name {
    /// The text.
    pub(crate) text: Vec<u8>,
    /// Whether it is of several objects.
    pub(crate) is_of_several: bool,
}

impl Name {
    /// Of what was done.
    pub(crate) fn of(act: &Act) -> Self {
        let (text, is_of_several) = act.name();
        Self { text: text.to_vec(), is_of_several }
    }

    /// Takes in another name, or what several begin with.
    pub(crate) fn add(&mut self, name: &[u8], is_of_several: bool) {
        let (common, differ) = in_common(&self.text, name);
        self.text.truncate(common);
        self.is_of_several |= differ || is_of_several;
    }
}

/// All of it, in an hour. Few kinds are in most hours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acts(SmallVec<[Act; 1]>);

impl Acts {
    /// Takes in a request, and says about how many bytes more it takes.
    #[inline]
    pub(crate) fn add(&mut self, event: &Event<'_, '_>, second: u16) -> usize {
        let Some(what) = What::of(event) else { return 0 };
        let object = || event.record.object().unwrap_or_default();
        let bytes = event.record.bytes_sent().unwrap_or_default();
        let Some(act) = self.0.iter_mut().find(|act| act.what == what) else {
            let key = object();
            let proof = Proof::of(event, Proof::parts_of(event, &key));
            let grown = if self.0.is_empty() { 0 } else { size_of::<Act>() } + proof.texts.len();
            let common = cut(&key).len() as u16;
            let seconds = (second, second);
            self.push(Act { what, seconds, count: 1, bytes, common, is_of_several: false, proof });
            return grown;
        };
        act.count = act.count.saturating_add(1);
        act.bytes = act.bytes.saturating_add(bytes);
        // Names are decoded only where they say something new.
        let is_first = second <= act.seconds.0;
        if is_first || act.name_can_change() {
            let key = object();
            act.add_name(&key, false);
            if is_first {
                act.prove(event, &key, second);
            }
        }
        act.seconds = (act.seconds.0.min(second), act.seconds.1.max(second));
        0
    }

    fn push(&mut self, act: Act) {
        // Half of all hours have one kind: no room for three more.
        self.0.reserve_exact(1);
        self.0.push(act);
    }

    /// Takes in those of another part.
    pub(crate) fn merge(&mut self, other: Self) {
        for other in other.0 {
            match self.0.iter_mut().find(|act| act.what == other.what) {
                Some(act) => {
                    let (name, is_of_several) = other.name();
                    act.add_name(name, is_of_several);
                    act.count = act.count.saturating_add(other.count);
                    act.bytes = act.bytes.saturating_add(other.bytes);
                    let is_earlier =
                        (other.seconds.0, other.proof.order()) < (act.seconds.0, act.proof.order());
                    act.seconds = (act.seconds.0.min(other.seconds.0), act.seconds.1.max(other.seconds.1));
                    if is_earlier {
                        act.proof = other.proof;
                    }
                }
                None => self.push(other),
            }
        }
    }

    /// All kinds, in no order.
    pub(crate) fn list(&self) -> &[Act] {
        &self.0
    }

    /// How many bytes it takes elsewhere.
    pub(crate) fn heap_bytes(&self) -> usize {
        let acts = if self.0.spilled() { self.0.capacity() * size_of::<Act>() } else { 0 };
        acts + self.0.iter().map(|act| act.proof.texts.len()).sum::<usize>()
    }
}

fn cut(key: &[u8]) -> &[u8] {
    &key[..key.len().min(MAX_NAME_LEN)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_do_not_depend_on_the_order(keys in prop::collection::vec("[ab]{0,4}", 1..12), cut in 1usize..12) {
            let all = |keys: &[String]| {
                let mut name = Name { text: keys[0].clone().into_bytes(), is_of_several: false };
                keys.iter().for_each(|key| name.add(key.as_bytes(), false));
                name
            };
            let cut = cut.min(keys.len());
            let mut merged = all(&keys[cut - 1..]);
            let other = all(&keys[..cut]);
            merged.add(&other.text, other.is_of_several);
            let name = all(&keys);
            prop_assert_eq!(&name, &merged);
            prop_assert_eq!(name.is_of_several, keys.iter().any(|key| key != &keys[0]));
            prop_assert!(keys.iter().all(|key| key.as_bytes().starts_with(&name.text)));
        }
    }
}
