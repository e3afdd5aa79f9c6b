//! Where addresses are: databases in MaxMind's format.
//!
//! Sources: the documentation of the crate maxminddb, and for the names of the members those of MaxMind's GeoIP2 and GeoLite2 files
//! (Country, City, ASN), which DB-IP's share, and of IPinfo's, as their makers document them.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use maxminddb::{LookupResult, MaxMindDbError, PathElement, Reader};

type Found<'a> = LookupResult<'a, Vec<u8>>;

/// One database.
pub(crate) struct GeoipFile(Reader<Vec<u8>>);

impl GeoipFile {
    /// From the bytes of its file.
    ///
    /// # Errors
    /// If they are not a database.
    pub(crate) fn new(bytes: Vec<u8>) -> Result<Self, MaxMindDbError> {
        Reader::from_source(bytes).map(Self)
    }
}

/// Databases of addresses; the first with an entry is used. Cheap to clone: all threads share the files' bytes.
#[derive(Clone, Default)]
pub(crate) struct Geoip(Arc<[GeoipFile]>);

impl FromIterator<GeoipFile> for Geoip {
    fn from_iter<I: IntoIterator<Item = GeoipFile>>(files: I) -> Self {
        Self(files.into_iter().collect())
    }
}

impl fmt::Debug for Geoip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|file| &file.0.metadata().database_type)).finish()
    }
}

impl Geoip {
    /// Whether there is no database.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The country of an address, as two letters of ISO 3166.
    pub(crate) fn country(&self, address: &[u8]) -> Option<&str> {
        self.find(address, |found| {
            text(found, &["country", "iso_code"])
                .or_else(|| text(found, &["country_code"]))
                .or_else(|| text(found, &["country"]).filter(|name| name.len() == 2))
        })
    }

    /// The number of the autonomous system of an address.
    pub(crate) fn asn(&self, address: &[u8]) -> Option<u32> {
        self.find(address, |found| {
            let number = found.decode_path(&[PathElement::Key("autonomous_system_number")]).ok().flatten();
            number.or_else(|| text(found, &["asn"])?.trim_start_matches("AS").parse().ok())
        })
    }

    /// Whose autonomous system an address is in.
    pub(crate) fn as_name(&self, address: &[u8]) -> Option<&str> {
        self.find(address, |found| {
            text(found, &["autonomous_system_organization"]).or_else(|| text(found, &["as_name"]))
        })
    }

    /// What the first database that has it says of an address; a file for IPv4 knows nothing of IPv6.
    fn find<'a, T>(&'a self, address: &[u8], read: impl Fn(&Found<'a>) -> Option<T>) -> Option<T> {
        let address: IpAddr = std::str::from_utf8(address).ok()?.parse().ok()?;
        self.0.iter().find_map(|file| read(&file.0.lookup(address.to_canonical()).ok()?))
    }
}

fn text<'a>(found: &Found<'a>, path: &[&str]) -> Option<&'a str> {
    let path: Vec<_> = path.iter().map(|name| PathElement::Key(name)).collect();
    found.decode_path(&path).ok().flatten()
}
