//! What is charged of the requests of a group: how many of each tier, and where their bytes went.

use crate::aggregate::Merge;
use crate::semantics::Tier;

/// Where the bytes of a response went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Egress {
    /// To CloudFront, or in a response that is not billed.
    Free,
    SameRegion,
    OtherRegion,
    Internet,
    /// The line is older than the field that tells.
    Unknown,
}

/// What is charged of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Charges {
    pub(super) requests: u64,
    pub(super) tier1: u64,
    pub(super) tier2: u64,
    pub(super) free: u64,
    /// By [`StorageClass`](crate::semantics::StorageClass).
    pub(super) transitions: [u64; 6],
    /// By [`Egress`].
    pub(super) bytes: [u64; 5],
}

impl Merge for Charges {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.tier1 += other.tier1;
        self.tier2 += other.tier2;
        self.free += other.free;
        for (count, more) in self.transitions.iter_mut().zip(other.transitions) {
            *count += more;
        }
        for (bytes, more) in self.bytes.iter_mut().zip(other.bytes) {
            *bytes = bytes.saturating_add(more);
        }
    }
}

impl Charges {
    /// Takes in one more request, without its bytes.
    #[inline]
    pub(super) fn add(&mut self, tier: Tier) {
        self.requests += 1;
        match tier {
            Tier::Tier1 => self.tier1 += 1,
            Tier::Tier2 => self.tier2 += 1,
            Tier::Free => self.free += 1,
            Tier::Transition(class) => self.transitions[class as usize] += 1,
        }
    }

    /// Takes in the bytes of a response.
    #[inline]
    pub(super) fn send(&mut self, kind: Egress, bytes: u64) {
        let sum = &mut self.bytes[kind as usize];
        *sum = sum.saturating_add(bytes);
    }
}
