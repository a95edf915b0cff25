//! Pages fetched one ahead: while one is taken in here head office makes the next, and the reverse with batches. They are of a size that the
//! line carries in seconds.

use crate::kernel::{Code, Result};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A page that took less may be followed by one of twice the size.
const PAGE_IS_QUICK: Duration = Duration::from_secs(1);
/// A page that took more is followed by one of half the size.
const PAGE_IS_SLOW: Duration = Duration::from_secs(8);

/// How large pages are, in whatever they are counted: small at first, and then as large as the line is fast. A page that is cut is lost,
/// so on a line of 2 kB/s one of a million bytes would never come through. It outlives the round: what was cut is tried again smaller.
#[derive(Debug)]
pub(in crate::sync) struct PageSize {
    size: AtomicUsize,
    least: usize,
    most: usize,
}

impl PageSize {
    pub(in crate::sync) fn new(first: usize, most: usize) -> PageSize {
        PageSize { size: AtomicUsize::new(first.min(most)), least: (first / 4).max(1), most }
    }

    pub(in crate::sync) fn size(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    /// Does what moves a page of the size that it is told, and learns from how long it took or that it did not come through.
    pub(in crate::sync) fn timed<T>(&self, act: impl FnOnce(usize) -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let done = act(self.size());
        self.learn(started.elapsed(), done.as_ref().is_err_and(|fault| fault.code == Code::Unreachable));
        done
    }

    fn learn(&self, took: Duration, was_cut: bool) {
        let size = self.size();
        let next = if was_cut || took > PAGE_IS_SLOW {
            (size / 2).max(self.least)
        } else if took < PAGE_IS_QUICK {
            (size * 2).min(self.most)
        } else {
            size
        };
        self.size.store(next, Ordering::Relaxed);
    }
}

/// Fetches page after page, from `start` on, and takes them in, in order. `fetch` answers a page and where the one after it begins,
/// nothing when there is none; `take` gets both.
///
/// # Errors
/// Those of `fetch` and `take`; a page that was fetched ahead of one that wasn't taken is dropped.
pub(in crate::sync) fn prefetch<C: Sync + Send, P: Send>(
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
    use crate::kernel::Fault;
    use std::sync::Mutex;

    #[test]
    fn pages_are_as_large_as_the_line_is_fast() {
        let size = PageSize::new(64, 400);
        let after = |seconds: f64| {
            size.learn(Duration::from_secs_f64(seconds), false);
            size.size()
        };
        assert_eq!([0.1, 0.1, 0.1, 0.1, 3.0, 9.0].map(after), [128, 256, 400, 400, 400, 200]);
        assert_eq!([60.0, 60.0, 60.0, 60.0, 60.0, 0.5].map(after), [100, 50, 25, 16, 16, 32]);
        assert_eq!(PageSize::new(500, 100).size(), 100);
        let cut = size.timed(|_| Err::<(), _>(Fault::new(Code::Unreachable, "cut")));
        assert!(cut.is_err() && size.size() == 16, "what did not come through is tried again smaller");
    }

    #[test]
    fn pages_come_in_order_and_none_after_one_that_was_not_taken() {
        let asked = Mutex::new(Vec::new());
        let fetch = |at: &u32| {
            asked.lock().unwrap().push(*at);
            Ok((*at < 5).then_some((*at * 10, at + 1)))
        };
        let mut taken = Vec::new();
        prefetch(0, fetch, |page, next| {
            taken.push((page, *next));
            Ok(())
        })
        .unwrap();
        assert_eq!(taken, [(0, 1), (10, 2), (20, 3), (30, 4), (40, 5)]);
        assert_eq!(*asked.lock().unwrap(), [0, 1, 2, 3, 4, 5]);

        let mut taken = 0;
        let stopped = prefetch(0, fetch, |_, _| {
            taken += 1;
            if taken == 2 { Err(Fault::new(Code::DiskFull, "full")) } else { Ok(()) }
        });
        assert_eq!((stopped.unwrap_err().code, taken), (Code::DiskFull, 2));
    }
}
