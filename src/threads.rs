//! Work that is shared out among threads.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does the work for each item, on so many threads; whichever is free takes the next one.
pub(crate) fn share_out<I>(items: I, threads: usize, work: impl Fn(I::Item) + Sync)
where
    I: Iterator + Send,
    I::Item: Send,
{
    let items = Mutex::new(items);
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(item) = next() {
            work(item);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
}

/// What the work makes of each item, in the order of the items.
pub(crate) fn map_in_order<I, T>(items: I, threads: usize, work: impl Fn(I::Item) -> T + Sync) -> Vec<T>
where
    I: ExactSizeIterator + Send,
    I::Item: Send,
    T: Send,
{
    let mut made: Vec<Option<T>> = (0..items.len()).map(|_| None).collect();
    share_out(items.zip(&mut made), threads, |(item, place)| *place = Some(work(item)));
    made.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_once_and_in_order() {
        for threads in [0, 1, 3, 40] {
            let made = map_in_order(0..20, threads, |number| number * 2);
            assert_eq!(made, (0..20).map(|number| number * 2).collect::<Vec<_>>());
        }
        assert!(map_in_order(0..0, 2, |number: i32| number).is_empty());
    }
}
