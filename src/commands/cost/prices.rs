//! What things cost: the list prices, and those of a file.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use super::charges::{Charges, Egress};
use crate::semantics::StorageClass;

const LIST: &str = include_str!("prices.toml");

/// Prices in US dollars.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    pub(super) date: String,
    pub(super) region: String,
    requests: Requests,
    transitions: Transitions,
    transfer: Transfer,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    tier1: f64,
    tier2: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transitions {
    standard_ia: f64,
    onezone_ia: f64,
    intelligent_tiering: f64,
    glacier_ir: f64,
    glacier: f64,
    deep_archive: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    same_region: f64,
    other_region: f64,
    internet: f64,
}

/// What requests and transfer cost.
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

impl Prices {
    /// The list prices, with those of a file in their place.
    pub(super) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut prices: toml::Table = LIST.parse().context("the list prices")?;
        let Some(path) = file else { return Ok(prices.try_into()?) };
        let what = || format!("--prices {}", path.display());
        let text = std::fs::read_to_string(path).with_context(what)?;
        replace(&mut prices, text.parse().with_context(what)?);
        prices.try_into().with_context(what)
    }

    /// What was counted, at these prices.
    pub(super) fn of(&self, charges: &Charges) -> Cost {
        let thousands = |count: u64, price: f64| count as f64 * price / 1000.0;
        let sent =
            |kind: Egress, price: f64| charges.bytes[kind as usize] as f64 * price / (1u64 << 30) as f64;
        let transition = |kind: StorageClass| {
            let price = match kind {
                StorageClass::StandardIa => self.transitions.standard_ia,
                StorageClass::OnezoneIa => self.transitions.onezone_ia,
                StorageClass::IntelligentTiering => self.transitions.intelligent_tiering,
                StorageClass::GlacierIr => self.transitions.glacier_ir,
                StorageClass::Glacier => self.transitions.glacier,
                StorageClass::DeepArchive => self.transitions.deep_archive,
            };
            thousands(charges.transitions[kind as usize], price)
        };
        let transitions: f64 = StorageClass::ALL.into_iter().map(transition).sum();
        Cost {
            requests: thousands(charges.tier1, self.requests.tier1)
                + thousands(charges.tier2, self.requests.tier2)
                + transitions,
            transfer: sent(Egress::SameRegion, self.transfer.same_region)
                + sent(Egress::OtherRegion, self.transfer.other_region)
                + sent(Egress::Internet, self.transfer.internet)
                + sent(Egress::Unknown, self.transfer.internet),
        }
    }
}

/// Puts the values of one table in the place of those of another, table by table.
fn replace(prices: &mut toml::Table, by: toml::Table) {
    for (name, value) in by {
        match (prices.get_mut(&name), value) {
            (Some(toml::Value::Table(prices)), toml::Value::Table(by)) => replace(prices, by),
            // TOML tells 1 from 1.0; people do not.
            (_, toml::Value::Integer(number)) => {
                prices.insert(name, toml::Value::Float(number as f64));
            }
            (_, value) => {
                prices.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> anyhow::Result<Prices> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), text)?;
        Prices::load(Some(file.path()))
    }

    #[test]
    fn a_file_replaces_what_it_names() {
        let list = Prices::load(None).unwrap();
        let prices = load("region = \"eu-west-1\"\n[requests]\ntier1 = 1\n").unwrap();
        assert_eq!((prices.requests.tier1, prices.requests.tier2), (1.0, list.requests.tier2));
        assert_eq!((prices.region.as_str(), &prices.date), ("eu-west-1", &list.date));
        let error = |text| format!("{:#}", load(text).unwrap_err());
        assert!(error("[requests]\ntier3 = 1.0").contains("unknown field `tier3`"));
        assert!(error("[requests]\ntier1 = \"1\"").contains("tier1") || error("x").contains("--prices"));
        assert!(format!("{:#}", Prices::load(Some(Path::new("/no/file"))).unwrap_err()).contains("/no/file"));
    }

    #[test]
    fn a_bill_by_hand() {
        let mut charges = Charges { tier1: 2000, tier2: 10_000, ..Charges::default() };
        charges.transitions[StorageClass::Glacier as usize] = 1000;
        charges.bytes[Egress::Internet as usize] = 2 << 30;
        charges.bytes[Egress::Unknown as usize] = 1 << 30;
        charges.bytes[Egress::OtherRegion as usize] = 1 << 29;
        charges.bytes[Egress::Free as usize] = 1 << 40;
        let cost = Prices::load(None).unwrap().of(&charges);
        // 2 × 0.005 + 10 × 0.0004 + 1 × 0.03; 3 × 0.09 + 0.5 × 0.02.
        assert!((cost.requests - 0.044).abs() < 1e-12 && (cost.transfer - 0.28).abs() < 1e-12, "{cost:?}");
    }
}
