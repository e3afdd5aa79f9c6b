//! What is charged of the requests of a group: how many of each tier, and where their bytes went.

use enum_map::EnumMap;
use serde::{Deserialize, Serialize};

use crate::aggregate::Merge;
use crate::semantics::prices::{Egress, Prices};
use crate::semantics::{StorageClass, Tier};

/// What is charged of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Charges {
    pub(super) requests: u64,
    pub(super) tier1: u64,
    pub(super) tier2: u64,
    pub(super) free: u64,
    pub(super) transitions: EnumMap<StorageClass, u64>,
    pub(super) bytes: EnumMap<Egress, u64>,
}

impl Merge for Charges {
    fn merge(&mut self, other: Self) {
        self.requests += other.requests;
        self.tier1 += other.tier1;
        self.tier2 += other.tier2;
        self.free += other.free;
        for (class, more) in other.transitions {
            self.transitions[class] += more;
        }
        for (kind, more) in other.bytes {
            self.send(kind, more);
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
            Tier::Transition(class) => self.transitions[class] += 1,
        }
    }

    /// Takes in the bytes of a response.
    #[inline]
    pub(super) fn send(&mut self, kind: Egress, bytes: u64) {
        let sum = &mut self.bytes[kind];
        *sum = sum.saturating_add(bytes);
    }

    /// What was counted, at these prices.
    pub(super) fn cost(&self, prices: &Prices) -> Cost {
        let transitions: f64 =
            self.transitions.iter().map(|(class, count)| prices.transition(class, *count)).sum();
        let sent = |to: Egress| prices.transfer(to, self.bytes[to]);
        Cost {
            requests: prices.tier1(self.tier1) + prices.tier2(self.tier2) + transitions,
            transfer: sent(Egress::SameRegion)
                + sent(Egress::OtherRegion)
                + sent(Egress::Internet)
                + sent(Egress::Unknown),
        }
    }
}

/// What requests and transfer cost, in US dollars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    pub(super) requests: f64,
    pub(super) transfer: f64,
}

impl Cost {
    pub(super) fn total(self) -> f64 {
        self.requests + self.transfer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::s3::Plan;

    #[test]
    fn a_bill_by_hand() {
        let mut charges = Charges { tier1: 2000, tier2: 10_000, ..Charges::default() };
        charges.transitions[StorageClass::Glacier] = 1000;
        charges.bytes[Egress::Internet] = 2 << 30;
        charges.bytes[Egress::Unknown] = 1 << 30;
        charges.bytes[Egress::OtherRegion] = 1 << 29;
        charges.bytes[Egress::Free] = 1 << 40;
        let cost = charges.cost(&Prices::LIST);
        // 2 × 0.005 + 10 × 0.0004 + 1 × 0.03; 3 × 0.09 + 0.5 × 0.02.
        assert!((cost.requests - 0.044).abs() < 1e-12 && (cost.transfer - 0.28).abs() < 1e-12, "{cost:?}");
    }

    #[test]
    fn fetch_prices_requests_and_a_gb_as_cost_does() {
        let plan = Plan { list_requests: 3, get_requests: 7000, bytes: 5 << 30, ..Plan::default() };
        let mut charges = Charges { tier1: 3, tier2: 7000, ..Charges::default() };
        charges.bytes[Egress::Internet] = plan.bytes;
        let cost = charges.cost(&Prices::LIST);
        assert_eq!((plan.request_cost(), plan.transfer_cost()), (cost.requests, cost.transfer));
        // Five GB of 2^30 bytes at 0.09.
        assert!((plan.transfer_cost() - 0.45).abs() < 1e-12, "{}", plan.transfer_cost());
    }
}
