//! Reading lines allocates nothing: counted by an allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use s3al::parser::Parser;
use s3al::record::Field;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator as it came; counting touches no memory of the caller.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the memory came from `alloc` above, hence from the system's allocator, with this layout.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(mut work: impl FnMut()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

#[test]
fn reading_lines_allocates_nothing() {
    let text = b"79a59d my.bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 arn:aws:iam::111122223333:user/a 3E57427F3EXAMPLE REST.GET.OBJECT a%2Fb \"GET /a/b HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"agent/1\" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP= SigV4 ECDHE AuthHeader h TLSv1.2 - -\n\
        79a59d my.bucket [07/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT k \"GET /\" HTTP/1.1\" 404 NoSuchKey 113 - 7 6 \"-\" \"evil\" x\" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP= - - - h TLSv1.2 - -\n\
        no record at all\n\
        {\"bucket_name\":\"b\",\"operation\":\"REST.GET.OBJECT\",\"request_time\":\"2026-03-01T12:00:00Z\",\"http_status\":200,\"user_agent\":\"a\",\"new\":1}\n";
    let mut parser = Parser::default();
    let mut bytes = 0;
    let mut read = |parser: &mut Parser| {
        let mut lines = parser.lines(text);
        while lines.next_line().is_some() {
            if let Ok(entry) = lines.read() {
                bytes += entry.bytes_sent().unwrap_or_default()
                    + u64::from(entry.http_status().unwrap_or_default());
                bytes += Field::ALL
                    .iter()
                    .filter_map(|field| entry.get(*field))
                    .map(|text| text.len() as u64)
                    .sum::<u64>();
            }
        }
    };
    // The list of delimiters and the scratch space of the JSON delivery grow once.
    read(&mut parser);
    assert_eq!(count(|| (0..1_000).for_each(|_| read(&mut parser))), 0);
    assert!(bytes > 0);
    assert!(count(|| drop(std::hint::black_box(vec![1u8]))) > 0, "the counter counts");
}
