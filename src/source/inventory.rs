//! S3 Inventory: the objects of a bucket on one day, as CSV files and the manifest that names them.
//!
//! Source: AWS, "Cataloging and analyzing your data with S3 Inventory" and "Locating your inventory list".

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use chrono::DateTime;
use csv::{ByteRecord, ReaderBuilder};
use percent_encoding::percent_decode;
use serde::Deserialize;

use super::Cancel;
use super::aligned::AlignedReader;
use super::decode;
use super::s3::{self, Content, Location, Options};
use crate::digits;
use crate::time::Timestamp;

/// An object of an inventory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed<'a> {
    /// The bucket it is in.
    pub(crate) bucket: &'a [u8],
    /// Its name, decoded.
    pub(crate) object: &'a [u8],
    /// Its version, where the bucket has versions.
    pub(crate) version_id: Option<&'a [u8]>,
    /// Whether this is the current version.
    pub(crate) is_latest: bool,
    /// Its size in bytes.
    pub(crate) size: Option<u64>,
    /// When it was written.
    pub(crate) last_modified: Option<Timestamp>,
    /// Its storage class.
    pub(crate) storage_class: Option<&'a [u8]>,
}

/// The columns of an inventory, which its CSV files do not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schema(Vec<String>);

/// The inventory has no columns that tell its objects.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the columns must have at least Bucket and Key: Bucket, Key, Size, LastModifiedDate, StorageClass")]
pub(crate) struct NoSchema;

impl FromStr for Schema {
    type Err = NoSchema;

    fn from_str(text: &str) -> Result<Self, NoSchema> {
        let schema = Self(text.split(',').map(|name| name.trim().to_owned()).collect());
        match (schema.position("Bucket"), schema.position("Key")) {
            (Some(_), Some(_)) => Ok(schema),
            _ => Err(NoSchema),
        }
    }
}

impl Schema {
    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    /// What the first row tells: it names the columns itself, or has a size or a version in the third one.
    fn guess(first: &ByteRecord) -> Self {
        let names = first.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",");
        let is_size = first.get(2).is_none_or(|text| digits::number(text).is_some());
        let usual = if is_size {
            "Bucket,Key,Size,LastModifiedDate,ETag,StorageClass"
        } else {
            "Bucket,Key,VersionId,IsLatest,IsDeleteMarker,Size,LastModifiedDate,ETag,StorageClass"
        };
        names.parse().unwrap_or_else(|NoSchema| Self(usual.split(',').map(str::to_owned).collect()))
    }
}

/// What `manifest.json` says, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    file_format: String,
    file_schema: String,
    files: Vec<ManifestFile>,
}

#[derive(Deserialize)]
struct ManifestFile {
    key: String,
}

/// An inventory that has been found, and not been read yet.
#[derive(Debug)]
pub(crate) struct Inventory {
    files: Vec<InventoryFile>,
    schema: Option<Schema>,
    options: Options,
    cancel: Cancel,
}

/// A file of an inventory, or its manifest: on disk or in S3.
#[derive(Clone, Debug)]
enum InventoryFile {
    Local(PathBuf),
    Object(Location),
}

impl fmt::Display for InventoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => path.display().fmt(f),
            Self::Object(location) => location.fmt(f),
        }
    }
}

impl InventoryFile {
    fn text(&self, options: &Options, cancel: &Cancel) -> anyhow::Result<Box<dyn Read + Send>> {
        let open = || -> anyhow::Result<_> {
            Ok(match self {
                Self::Local(path) => decode::text(AlignedReader::new(File::open(path)?))?,
                Self::Object(location) => {
                    match s3::get_object(location, options, cancel)?.context("there is no such object")? {
                        Content::Whole(bytes) => decode::text(Cursor::new(bytes))?,
                        Content::Parts(reader) => decode::text(reader)?,
                    }
                }
            })
        };
        open().with_context(|| format!("cannot read {self}"))
    }

    /// A file that the manifest here names by its key.
    fn beside(&self, key: &str) -> anyhow::Result<Self> {
        Ok(match self {
            Self::Local(path) => Self::Local(beside(path, key)?),
            // The manifest is in the bucket of its files.
            Self::Object(location) => Self::Object(Location::new(location.bucket.clone(), key.parse()?)),
        })
    }
}

impl Inventory {
    /// Finds the files of an inventory: one CSV file, plain or compressed, or a manifest and what it names; in a folder or in a
    /// bucket (`s3://`), which is reached as `options` say, until `cancel` ends it. A schema that is given goes before the
    /// manifest's.
    ///
    /// # Errors
    /// If something is not there, or is no CSV.
    pub(crate) fn open(
        path: &Path,
        schema: Option<Schema>,
        options: Options,
        cancel: &Cancel,
    ) -> anyhow::Result<Self> {
        let cancel = cancel.clone();
        let file = match path.to_str().filter(|text| Location::is_url(text)) {
            Some(url) => InventoryFile::Object(url.parse()?),
            None => InventoryFile::Local(path.to_owned()),
        };
        let mut reader = BufReader::new(file.text(&options, &cancel)?);
        let start = reader.fill_buf().with_context(|| format!("cannot read {file}"))?;
        if start.first() != Some(&b'{') {
            return Ok(Self { files: vec![file], schema, options, cancel });
        }
        let manifest: Manifest = serde_json::from_reader(reader)
            .with_context(|| format!("{file} is not an inventory manifest"))?;
        if !manifest.file_format.eq_ignore_ascii_case("csv") {
            bail!(
                "the inventory of {file} is in {}; only CSV is read, so let S3 write it as CSV",
                manifest.file_format
            );
        }
        let schema = match schema {
            Some(schema) => schema,
            None => manifest.file_schema.parse().with_context(|| file.to_string())?,
        };
        let files = manifest.files.iter().map(|listed| file.beside(&listed.key)).collect::<Result<_, _>>()?;
        Ok(Self { files, schema: Some(schema), options, cancel })
    }

    /// Reads all objects. Delete markers are none.
    ///
    /// # Errors
    /// If a file cannot be read, or a row has no key.
    pub(crate) fn read(&self, mut each: impl FnMut(&Listed<'_>)) -> anyhow::Result<()> {
        for file in &self.files {
            let what = || format!("cannot read the inventory {file}");
            let text = file.text(&self.options, &self.cancel)?;
            let mut rows = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
            let mut row = ByteRecord::new();
            let mut columns: Option<Columns> = self.schema.as_ref().map(Columns::new);
            let mut object = Vec::new();
            while rows.read_byte_record(&mut row).with_context(what)? {
                let columns = columns.get_or_insert_with(|| Columns::new(&Schema::guess(&row)));
                let (Some(bucket), Some(key)) = (columns.get(&row, BUCKET), columns.get(&row, KEY)) else {
                    let line = row.position().map_or(0, csv::Position::line);
                    bail!("{}: line {line} has no bucket or no key; see --inventory-schema", what());
                };
                let is = |column| columns.get(&row, column).map(|text| text.eq_ignore_ascii_case(b"true"));
                // A header, or a mark that hides an object.
                if bucket == b"Bucket" && key == b"Key" || is(IS_DELETE_MARKER) == Some(true) {
                    continue;
                }
                decode_key(key, &mut object);
                each(&Listed {
                    bucket,
                    object: &object,
                    version_id: columns.get(&row, VERSION_ID),
                    is_latest: is(IS_LATEST).unwrap_or(true),
                    size: columns.get(&row, SIZE).and_then(digits::number),
                    last_modified: columns.get(&row, LAST_MODIFIED).and_then(time),
                    storage_class: columns.get(&row, STORAGE_CLASS),
                });
            }
        }
        Ok(())
    }
}

const NAMES: [&str; 8] =
    ["Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "LastModifiedDate", "StorageClass"];
const BUCKET: usize = 0;
const KEY: usize = 1;
const VERSION_ID: usize = 2;
const IS_LATEST: usize = 3;
const IS_DELETE_MARKER: usize = 4;
const SIZE: usize = 5;
const LAST_MODIFIED: usize = 6;
const STORAGE_CLASS: usize = 7;

/// Where the columns of [`NAMES`] are.
struct Columns([Option<usize>; NAMES.len()]);

impl Columns {
    fn new(schema: &Schema) -> Self {
        Self(NAMES.map(|name| schema.position(name)))
    }

    fn get<'a>(&self, row: &'a ByteRecord, column: usize) -> Option<&'a [u8]> {
        row.get(self.0[column]?).filter(|text| !text.is_empty())
    }
}

/// The file of an object beside the manifest: in the folders that the key names below one of the manifest's, or in the same
/// folder or its `data`, where people put it.
fn beside(manifest: &Path, key: &str) -> anyhow::Result<PathBuf> {
    let relative = Path::new(key);
    let is_inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let name = relative.file_name().filter(|_| is_inside);
    let name = name.with_context(|| format!("{} names no file: {key:?}", manifest.display()))?;
    let folders = || manifest.ancestors().skip(1);
    let below = folders().map(|folder| folder.join(relative));
    let near = folders().take(2).flat_map(|folder| [folder.join(name), folder.join("data").join(name)]);
    let mut all = below.chain(near);
    all.find(|path| path.is_file())
        .with_context(|| format!("{} names {key}, which is not beside it; copy it there", manifest.display()))
}

/// Decodes a key of an inventory. A plus is encoded as well, so a bare one is a space.
fn decode_key(key: &[u8], out: &mut Vec<u8>) {
    out.clear();
    for (place, part) in key.split(|byte| *byte == b'+').enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        out.extend(percent_decode(part));
    }
}

fn time(text: &[u8]) -> Option<Timestamp> {
    let time = DateTime::parse_from_rfc3339(std::str::from_utf8(text).ok()?).ok()?;
    Some(time.to_utc().into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn objects(inventory: &Inventory) -> Vec<String> {
        let mut objects = Vec::new();
        let read = inventory.read(|listed| {
            let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
            let version = listed.version_id.map(text).unwrap_or_default();
            let time = listed.last_modified.map(|time| time.to_string()).unwrap_or_default();
            let class = listed.storage_class.map(text).unwrap_or_default();
            let (bucket, object, size) = (text(listed.bucket), text(listed.object), listed.size);
            objects.push(format!("{bucket} {object} {size:?} {time} {class} {version} {}", listed.is_latest));
        });
        read.expect("an inventory");
        objects
    }

    fn write(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }

    #[test]
    fn rows_with_and_without_versions() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |content: &str| {
            Inventory::open(
                &write(folder.path(), "i.csv", content.as_bytes()),
                None,
                Options::default(),
                &Cancel::default(),
            )
            .expect("an inventory")
        };
        let plain = "\"b\",\"a%2Fb+c%2B.txt\",\"7\",\"2026-01-02T03:04:05.000Z\",\"e\",\"STANDARD\"\n";
        let expected = "b a/b c+.txt Some(7) 2026-01-02T03:04:05Z STANDARD  true";
        assert_eq!(objects(&open(plain)), [expected]);
        assert_eq!(
            objects(&open(&format!("Bucket,Key,Size,LastModifiedDate,x,StorageClass\n{plain}"))),
            [expected]
        );
        let versions = "b,k,v2,true,false,7,2026-01-02T03:04:05.000Z\nb,k,v1,false,false,8,2026-01-01T03:04:05.000Z\nb,d,v3,true,true,,2026-01-02T03:04:05.000Z\n";
        let all = ["b k Some(7) 2026-01-02T03:04:05Z  v2 true", "b k Some(8) 2026-01-01T03:04:05Z  v1 false"];
        assert_eq!(objects(&open(versions)), all);
        assert!(open("b\n").read(|_| ()).is_err_and(|error| error.to_string().contains("line 1")));
    }

    #[test]
    fn manifests_name_files_and_columns() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"\"7\",\"b\",\"k\"\n").expect("written to memory");
        let gzip = gzip.finish().expect("written to memory");
        write(folder.path(), "inv/b/daily/data/1.csv.gz", &gzip);
        let manifest = |key: &str, format: &str| {
            let text = format!(
                "{{\"sourceBucket\":\"b\",\"fileFormat\":\"{format}\",\"fileSchema\":\"Size, Bucket, Key\",\"files\":[{{\"key\":\"{key}\",\"size\":1}}]}}"
            );
            write(folder.path(), "inv/b/daily/2026-01-02T00-00Z/manifest.json", text.as_bytes())
        };
        let open = |path: &Path| Inventory::open(path, None, Options::default(), &Cancel::default());
        for key in ["inv/b/daily/data/1.csv.gz", "elsewhere/data/1.csv.gz"] {
            let inventory = open(&manifest(key, "CSV")).expect("an inventory");
            assert_eq!(objects(&inventory), ["b k Some(7)    true"], "{key}");
        }
        let error = |path: &Path| format!("{:#}", open(path).expect_err("no inventory"));
        assert!(error(&manifest("data/2.csv.gz", "CSV")).contains("not beside it"));
        assert!(error(&manifest("../1.csv.gz", "CSV")).contains("names no file"));
        assert!(error(&manifest("data/1.csv.gz", "Parquet")).contains("only CSV"));
        assert!("Key,Size".parse::<Schema>().is_err());
    }
}
