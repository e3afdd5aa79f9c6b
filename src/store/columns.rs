//! Files of a store read as columns, for queries about nothing but fields: no line and no record is made.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use datafusion::parquet::file::metadata::PageIndexPolicy;

use super::{VERSION, VERSION_KEY, pruning};
use crate::columnar::{BATCH_ROWS, DATE};
use crate::filter::Selection;
use crate::record::Field;

/// A file that this program wrote.
#[derive(Debug)]
pub(crate) struct StoreFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

/// Some rows of a file, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    file: Arc<StoreFile>,
    groups: Vec<usize>,
    /// The first one, of those in the row groups.
    first: usize,
    count: usize,
}

impl StoreFile {
    /// Looks at a file; `None` if it is another one, or cannot be read.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        // It may have moved to its day since it was found.
        let moved = super::moved_file(path);
        let path = moved.as_deref().unwrap_or(path);
        let file = File::open(path).ok()?;
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options).ok()?;
        let pairs = metadata.metadata().file_metadata().key_value_metadata()?;
        let version = pairs.iter().find(|pair| pair.key == VERSION_KEY)?;
        (version.value.as_deref() == Some(VERSION)).then(|| Self { path: path.to_owned(), metadata })
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> u64 {
        pruning::count(self.metadata.metadata().row_groups())
    }

    fn builder(&self) -> io::Result<ParquetRecordBatchReaderBuilder<File>> {
        let file = File::open(&self.path)?;
        Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone()))
    }

    fn rows_of(&self, group: usize) -> usize {
        usize::try_from(self.metadata.metadata().row_group(group).num_rows()).unwrap_or(0)
    }
}

/// A file that cannot be read, and why.
pub(crate) type Failed = (Arc<StoreFile>, io::Error);

/// The rows that can be selected, divided among so many readers, each with as many as the others; and the files that cannot be read.
pub(crate) fn divide(
    files: &[Arc<StoreFile>],
    selection: &Selection,
    readers: usize,
) -> (Vec<Vec<Rows>>, Vec<Failed>) {
    let (mut wanted, mut failed) = (Vec::new(), Vec::new());
    let mut total = 0;
    for file in files {
        let all = (0..file.metadata.metadata().num_row_groups()).collect();
        let groups = match file.builder().and_then(|builder| pruning::groups(&builder, selection, all)) {
            Ok(groups) => groups,
            Err(error) => {
                failed.push((Arc::clone(file), error));
                continue;
            }
        };
        let rows: usize = groups.iter().map(|group| file.rows_of(*group)).sum();
        total += rows;
        wanted.push((file, groups, rows));
    }
    let each = total.div_ceil(readers.max(1)).max(1);
    let mut divided = vec![Vec::new(); readers.max(1)];
    let mut before = 0;
    for (file, groups, rows) in wanted {
        let mut first = 0;
        while first < rows {
            let reader = ((before + first) / each).min(divided.len() - 1);
            let count = ((reader + 1) * each).saturating_sub(before + first).clamp(1, rows - first);
            divided[reader].push(Rows { file: Arc::clone(file), groups: groups.clone(), first, count });
            first += count;
        }
        before += rows;
    }
    (divided, failed)
}

impl Rows {
    /// The file that they are of.
    pub(crate) fn file(&self) -> &Arc<StoreFile> {
        &self.file
    }

    /// Reads these columns of them. Rows that are not selected may be left out.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(crate) fn read(
        &self,
        schema: SchemaRef,
        selection: &Selection,
    ) -> io::Result<impl Iterator<Item = io::Result<RecordBatch>> + use<>> {
        let builder = self.file.builder()?;
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        // The day is in the name of the folder alone, and that may be another one by now.
        let names = names.iter().map(|name| if *name == DATE { Field::Timestamp.name() } else { name });
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        let rows = pruning::rows(&builder, selection);
        let range = RowSelection::from(vec![RowSelector::skip(self.first), RowSelector::select(self.count)]);
        let mut builder = builder
            .with_row_groups(self.groups.clone())
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .with_row_selection(range);
        if let Some(rows) = rows {
            builder = builder.with_row_filter(rows);
        }
        let batches = builder.build().map_err(io::Error::other)?;
        Ok(batches
            .map(move |batch| arranged(&batch.map_err(io::Error::other)?, &schema).map_err(io::Error::other)))
    }
}

/// The columns in the order and of the types of the schema.
fn arranged(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let column = |name: &str| {
        let missing = || ArrowError::SchemaError(format!("this file of a store has no column {name}"));
        let name = if name == DATE { Field::Timestamp.name() } else { name };
        batch.column_by_name(name).ok_or_else(missing)
    };
    let columns = schema.fields().iter().map(|field| match column(field.name())? {
        column if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
        column => cast(column, field.data_type()),
    });
    let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}
