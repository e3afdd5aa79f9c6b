//! How many different texts there are, and what all of them begin with.

use std::io;

use crate::aggregate::GroupTable;
use crate::spill::Space;

/// One set of texts takes this part of the memory of an answer.
const MEMORY_DIVISOR: usize = 8;

/// Different texts. Nearly always there is one, which takes no table.
#[derive(Debug)]
pub(super) struct Different {
    space: Space,
    first: Option<Vec<u8>>,
    /// How many bytes of the first one all others begin with.
    common: usize,
    /// All of them, where there are several.
    all: Option<GroupTable<()>>,
}

impl Different {
    pub(super) fn new(space: &Space) -> Self {
        Self { space: space.clone(), first: None, common: 0, all: None }
    }

    pub(super) fn add(&mut self, text: &[u8]) {
        let Some(first) = &self.first else {
            (self.first, self.common) = (Some(text.to_vec()), text.len());
            return;
        };
        if self.all.is_none() && first == text {
            return;
        }
        self.common = first[..self.common].iter().zip(text).take_while(|(a, b)| a == b).count();
        let all = self.all.get_or_insert_with(|| {
            let mut all = GroupTable::spilling(&self.space, self.space.memory() / MEMORY_DIVISOR);
            all.update(first, |_| ());
            all
        });
        all.update(text, |_| ());
    }

    /// How many there are; and the only one, or what all of them begin with, and `*`.
    ///
    /// # Errors
    /// If a temporary file could not be written or read.
    pub(super) fn finish(self) -> io::Result<(u64, Option<Vec<u8>>)> {
        Ok(match (self.first, self.all) {
            (None, _) => (0, None),
            (first, None) => (1, first),
            (Some(first), Some(all)) => (all.groups()?.len(), Some([&first[..self.common], b"*"].concat())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_texts_have_in_common() {
        let table: &[(&[&str], u64, Option<&str>)] = &[
            (&[], 0, None),
            (&["a/b"], 1, Some("a/b")),
            (&["a/b", "a/b"], 1, Some("a/b")),
            (&["a/b/1", "a/c/1", "a/b/2"], 3, Some("a/*")),
            (&["a/b/1", "a/b/2", "a/b/1", "a/b/2"], 2, Some("a/b/*")),
            (&["a", "b"], 2, Some("*")),
            (&["a", "ab"], 2, Some("a*")),
            (&["ab", "a", "ab"], 2, Some("a*")),
            (&["", "a"], 2, Some("*")),
        ];
        for memory in [0, 1 << 20] {
            for (texts, count, common) in table {
                let mut different = Different::new(&Space::new(std::env::temp_dir(), memory));
                texts.iter().for_each(|text| different.add(text.as_bytes()));
                let expected = (*count, common.map(|common| common.as_bytes().to_vec()));
                assert_eq!(different.finish().expect("a file"), expected, "{texts:?}");
            }
        }
    }
}
