//! Writes the file of a day.

use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::metadata::{KeyValue, SortingColumn};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;

use super::generation::NewFile;
use super::rows::RowBuilder;
use super::{VERSION, VERSION_KEY};
use crate::record::{Field, Record};

/// How many rows a row group has.
const MAX_ROW_GROUP: usize = 1 << 20;

/// How many rows are handed on at a time.
const BATCH_ROWS: usize = 8192;

/// Fields that are asked for by one value among very many.
const BLOOM_FILTERS: [Field; 4] = [Field::Requester, Field::Key, Field::RemoteIp, Field::RequestId];

/// Random texts, each of which is there once: nothing repeats that a dictionary or a long search for matches could find.
const RANDOM: [Field; 2] = [Field::RequestId, Field::HostId];

/// How often a filter may say that a value can be there that is not.
const FALSE_POSITIVES: f64 = 0.05;

/// Writes the rows of a day, in the order in which they come: by bucket and time.
pub(crate) struct DayWriter {
    rows: RowBuilder,
    writer: ArrowWriter<NewFile>,
    count: u64,
}

impl DayWriter {
    /// Begins to write a file, for about `rows` rows.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn new(file: NewFile, rows: u64) -> anyhow::Result<Self> {
        let builder = RowBuilder::new();
        let place = |field: Field| SortingColumn {
            column_idx: field.index() as i32,
            descending: false,
            nulls_first: false,
        };
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_max_row_group_row_count(Some(MAX_ROW_GROUP))
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_sorting_columns(Some(vec![place(Field::Bucket), place(Field::Timestamp)]))
            .set_key_value_metadata(Some(vec![KeyValue::new(VERSION_KEY.to_owned(), VERSION.to_owned())]))
            .set_created_by(concat!("s3al ", env!("CARGO_PKG_VERSION")).to_owned());
        for field in BLOOM_FILTERS {
            let column = ColumnPath::from(field.name());
            properties = properties
                .set_column_bloom_filter_enabled(column.clone(), true)
                .set_column_bloom_filter_fpp(column.clone(), FALSE_POSITIVES)
                .set_column_bloom_filter_max_ndv(column, rows.clamp(64, MAX_ROW_GROUP as u64));
        }
        for field in RANDOM {
            let column = ColumnPath::from(field.name());
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_compression(column, Compression::ZSTD(ZstdLevel::try_new(1)?));
        }
        // Times are sorted, so most are as far from the one before as others are.
        // Trino has read that since https://github.com/trinodb/trino/pull/334; the tests run other engines on it.
        let time = ColumnPath::from(Field::Timestamp.name());
        properties = properties
            .set_column_dictionary_enabled(time.clone(), false)
            .set_column_encoding(time, Encoding::DELTA_BINARY_PACKED);
        let writer = ArrowWriter::try_new(file, builder.schema().clone(), Some(properties.build()))?;
        Ok(Self { rows: builder, writer, count: 0 })
    }

    /// Writes a record.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn push(&mut self, record: &Record<'_>) -> anyhow::Result<()> {
        self.rows.push(record);
        self.count += 1;
        if self.rows.rows() >= BATCH_ROWS {
            self.writer.write(&self.rows.finish()?)?;
        }
        Ok(())
    }

    /// Ends the file, and says how many rows it has.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn finish(mut self) -> anyhow::Result<(NewFile, u64)> {
        if self.rows.rows() > 0 {
            self.writer.write(&self.rows.finish()?)?;
        }
        Ok((self.writer.into_inner()?, self.count))
    }
}
