//! The rows of a table: in memory, or where that does not hold them, in a temporary file.

use std::io;
use std::sync::Arc;

use super::{Row, Value};
use crate::spill::{Space, Spool, decode, encode};

/// Rows take this part of the memory of an answer, for what they are made of takes some too.
const MEMORY_DIVISOR: usize = 4;

/// The rows of a table, in their order.
#[derive(Clone, Debug)]
pub(crate) struct TableRows(Kept);

#[derive(Clone, Debug)]
enum Kept {
    Memory(Vec<Row>),
    File(Arc<Spool>),
}

impl Default for TableRows {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl From<Vec<Row>> for TableRows {
    fn from(rows: Vec<Row>) -> Self {
        Self(Kept::Memory(rows))
    }
}

impl FromIterator<Row> for TableRows {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        rows.into_iter().collect::<Vec<_>>().into()
    }
}

impl TableRows {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Kept::Memory(rows) => rows.len(),
            Kept::File(spool) => spool.len(),
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Hands all rows on, in their order. It can be asked for as often as one likes.
    ///
    /// # Errors
    /// If a temporary file cannot be read, or if `take` fails.
    pub(crate) fn for_each(&self, mut take: impl FnMut(&Row) -> io::Result<()>) -> io::Result<()> {
        match &self.0 {
            Kept::Memory(rows) => rows.iter().try_for_each(take),
            Kept::File(spool) => spool.for_each(|entry| take(&decode(entry)?)),
        }
    }

    /// Changes every row.
    ///
    /// # Errors
    /// If a temporary file cannot be read or written.
    pub(crate) fn change(&mut self, mut change: impl FnMut(&mut Row)) -> io::Result<()> {
        match &mut self.0 {
            Kept::Memory(rows) => rows.iter_mut().for_each(change),
            Kept::File(spool) => {
                let mut changed = RowWriter::new(spool.space());
                spool.for_each(|entry| {
                    let mut row = decode(entry)?;
                    change(&mut row);
                    changed.push(row)
                })?;
                *self = changed.finish();
            }
        }
        Ok(())
    }

    /// The rows, if they are in memory.
    #[cfg(test)]
    pub(crate) fn held(&mut self) -> &mut Vec<Row> {
        match &mut self.0 {
            Kept::Memory(rows) => rows,
            Kept::File(_) => panic!("in a file"),
        }
    }
}

/// Takes the rows of a table one after the other.
pub(crate) struct RowWriter<'s> {
    space: &'s Space,
    rows: Vec<Row>,
    /// About what they take.
    bytes: usize,
    spool: Option<Spool>,
    encoded: Vec<u8>,
}

impl<'s> RowWriter<'s> {
    /// None yet.
    pub(crate) fn new(space: &'s Space) -> Self {
        Self { space, rows: Vec::new(), bytes: 0, spool: None, encoded: Vec::new() }
    }

    /// Takes one more.
    ///
    /// # Errors
    /// If memory does not hold it and it cannot be written.
    pub(crate) fn push(&mut self, row: Row) -> io::Result<()> {
        let memory = self.space.memory() / MEMORY_DIVISOR;
        if let Some(spool) = &mut self.spool {
            return put(&row, &mut self.encoded, spool);
        }
        self.bytes = self.bytes.saturating_add(bytes(&row));
        self.rows.push(row);
        if self.bytes > memory {
            let spool = self.spool.insert(Spool::new(self.space, memory));
            for row in std::mem::take(&mut self.rows) {
                put(&row, &mut self.encoded, spool)?;
            }
        }
        Ok(())
    }

    /// All of them.
    pub(crate) fn finish(self) -> TableRows {
        TableRows(match self.spool {
            Some(spool) => Kept::File(Arc::new(spool)),
            None => Kept::Memory(self.rows),
        })
    }
}

fn put(row: &Row, encoded: &mut Vec<u8>, spool: &mut Spool) -> io::Result<()> {
    encoded.clear();
    encode(row, encoded);
    spool.push(encoded)
}

/// What an allocation takes beside what it is asked for.
const ALLOCATION_BYTES: usize = 16;

/// About what a row takes in memory.
fn bytes(row: &Row) -> usize {
    let text = |text: &Vec<u8>| text.capacity() + ALLOCATION_BYTES;
    let heap = |value: &Value| match value {
        Value::Text(it) => text(it),
        Value::List(texts) => texts.iter().map(|it| text(it) + size_of::<Vec<u8>>()).sum(),
        Value::Series(counts) => size_of_val(&**counts) + ALLOCATION_BYTES,
        Value::Cells { counts, .. } => size_of_val(&**counts) + ALLOCATION_BYTES,
        _ => 0,
    };
    let values: usize = row.values.iter().map(|value| size_of::<Value>() + heap(value)).sum();
    size_of::<Row>() + ALLOCATION_BYTES + values + row.raw.as_ref().map_or(0, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn row(number: u64) -> Row {
        let values = vec![
            Value::Null,
            Value::Text(number.to_string().into_bytes()),
            Value::Bool(number.is_multiple_of(2)),
            Value::Integer(-(number as i64)),
            Value::Count(number),
            Value::Bytes(u64::MAX),
            Value::Millis(number),
            Value::Time(Timestamp::from_millis(i64::MIN)),
            Value::Share(0.25),
            Value::Decimal(f64::INFINITY),
            Value::Dollars(-0.0),
            Value::List(vec![b"".to_vec(), vec![0xff]]),
            Value::Series(vec![1, number]),
            Value::Cells { counts: vec![None, Some(number)], of: 50 },
        ];
        Row { values, raw: number.is_multiple_of(3).then(|| b"line".to_vec()) }
    }

    #[test]
    fn a_file_gives_back_what_memory_would() {
        for (memory, is_held) in [(1 << 20, true), (4_000, false), (0, false)] {
            let space = Space::new(std::env::temp_dir(), memory);
            let mut writer = RowWriter::new(&space);
            (0..50).for_each(|number| writer.push(row(number)).unwrap());
            let mut rows = writer.finish();
            assert_eq!((rows.len(), space.written() == 0), (50, is_held), "{memory}");
            rows.change(|row| row.values.swap(0, 4)).unwrap();
            let mut number = 0;
            rows.for_each(|found| {
                let mut expected = row(number);
                expected.values.swap(0, 4);
                assert_eq!(*found, expected);
                number += 1;
                Ok(())
            })
            .unwrap();
            assert_eq!(number, 50);
        }
    }
}
