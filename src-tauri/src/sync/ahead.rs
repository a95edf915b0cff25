//! Pages fetched one ahead: while one is taken in here, head office makes the next.

use crate::kernel::Result;
use std::panic::resume_unwind;

/// Fetches page after page, from `start` on, and takes them in, in order. `fetch` answers a page and where the one after it begins,
/// nothing when there is none; `take` gets both.
///
/// # Errors
/// Those of `fetch` and `take`; a page that was fetched ahead of one that wasn't taken is dropped.
pub(super) fn ahead<C: Sync + Send, P: Send>(
    start: C,
    fetch: impl Fn(&C) -> Result<Option<(P, C)>> + Sync,
    mut take: impl FnMut(P, &C) -> Result<()>,
) -> Result<()> {
    let mut fetched = fetch(&start)?;
    while let Some((page, next)) = fetched {
        fetched = std::thread::scope(|scope| {
            let following = scope.spawn(|| fetch(&next));
            let taken = take(page, &next);
            let following = following.join().unwrap_or_else(|panic| resume_unwind(panic));
            taken.and(following)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Code, Fault};
    use std::sync::Mutex;

    #[test]
    fn pages_come_in_order_and_none_after_one_that_was_not_taken() {
        let asked = Mutex::new(Vec::new());
        let fetch = |at: &u32| {
            asked.lock().unwrap().push(*at);
            Ok((*at < 5).then_some((*at * 10, at + 1)))
        };
        let mut taken = Vec::new();
        ahead(0, fetch, |page, next| {
            taken.push((page, *next));
            Ok(())
        })
        .unwrap();
        assert_eq!(taken, [(0, 1), (10, 2), (20, 3), (30, 4), (40, 5)]);
        assert_eq!(*asked.lock().unwrap(), [0, 1, 2, 3, 4, 5]);

        let mut taken = 0;
        let stopped = ahead(0, fetch, |_, _| {
            taken += 1;
            if taken == 2 { Err(Fault::new(Code::DiskFull, "full")) } else { Ok(()) }
        });
        assert_eq!((stopped.unwrap_err().code, taken), (Code::DiskFull, 2));
    }
}
