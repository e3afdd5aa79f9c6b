//! What rows are ranked by, as bytes in the same order.

use std::cmp::Reverse;

use super::KeyBuffer;
use crate::time::Timestamp;

/// Something with an order that its bytes have too.
pub(crate) trait SortKey: Ord {
    /// Adds the bytes.
    fn write(&self, out: &mut KeyBuffer);
}

impl SortKey for u64 {
    fn write(&self, out: &mut KeyBuffer) {
        out.push_number(*self);
    }
}

impl SortKey for Timestamp {
    fn write(&self, out: &mut KeyBuffer) {
        out.push_number(self.rank());
    }
}

impl SortKey for Vec<u8> {
    fn write(&self, out: &mut KeyBuffer) {
        out.push(Some(self));
    }
}

impl<T: SortKey> SortKey for Option<T> {
    fn write(&self, out: &mut KeyBuffer) {
        out.push_number(u64::from(self.is_some()));
        if let Some(some) = self {
            some.write(out);
        }
    }
}

impl<T: SortKey> SortKey for Reverse<T> {
    fn write(&self, out: &mut KeyBuffer) {
        let start = out.len();
        self.0.write(out);
        out.flip(start);
    }
}

impl<A: SortKey, B: SortKey> SortKey for (A, B) {
    fn write(&self, out: &mut KeyBuffer) {
        self.0.write(out);
        self.1.write(out);
    }
}

impl<T: SortKey> SortKey for &T {
    fn write(&self, out: &mut KeyBuffer) {
        (*self).write(out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(key: &impl SortKey) -> Vec<u8> {
        let mut buffer = KeyBuffer::default();
        buffer.start();
        key.write(&mut buffer);
        buffer.key().to_vec()
    }

    fn key() -> impl Strategy<Value = ((Option<u64>, Reverse<Vec<u8>>), Reverse<Option<Timestamp>>)> {
        let number = prop::option::of(prop_oneof![0u64..3, any::<u64>()]);
        let text = prop::collection::vec(prop::sample::select(vec![0, 1, 2, 0xff]), 0..3);
        let time = prop::option::of(any::<i64>().prop_map(Timestamp::from_millis));
        (number, text, time).prop_map(|(number, text, time)| ((number, Reverse(text)), Reverse(time)))
    }

    proptest! {
        #[test]
        fn bytes_sort_as_the_keys_do(a in key(), b in key()) {
            prop_assert_eq!(bytes(&a).cmp(&bytes(&b)), a.cmp(&b));
        }
    }
}
