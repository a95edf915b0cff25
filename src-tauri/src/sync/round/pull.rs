//! Versions fetched page by page and handed to the replica, in order.

use super::prefetch::{PageSize, prefetch};
use crate::daybook::{Hash, uncaptured};
use crate::kernel::{Instant, Result};
use crate::store::Store;
use crate::sync::line::central::Central;
use crate::sync::replica::page::take_page;
use crate::sync::replica::replay::Taken;
use crate::sync::replica::rows::Tables;
use crate::sync::replica::state::{self, SyncBook, differs};
use std::sync::Arc;

/// How many bytes of entries one page has at most, unless it is a single entry; and the first.
pub(in crate::sync) const PAGE_BYTES_MAX: usize = 1024 * 1024;
pub(in crate::sync) const PAGE_BYTES_FIRST: usize = 32 * 1024;

/// Takes in the versions that are there, up to the `newest` that is known of at least; `told` hears of each page.
///
/// # Errors
/// Those of the calls and of the store; `central_differs` when a page doesn't add up, of which then nothing is taken in. The pages
/// before it stay.
pub(in crate::sync) fn pull(
    store: &Store,
    central: &Central,
    tables: &Arc<Tables>,
    (book, newest): (&SyncBook, i64),
    now: Instant,
    size: &PageSize,
    told: &mut dyn FnMut(Taken),
) -> Result<()> {
    let id = book.book;
    let lanes = store.read_many(|snapshot| state::lanes(snapshot, id))?;
    let own: Vec<_> = lanes.iter().map(|lane| (lane.incarnation, lane.last)).collect();
    let fetch = |(version, hash): &(i64, Hash)| {
        if *version >= newest {
            return Ok(None);
        }
        let page = size.timed(|bytes| central.pull(id, (*version, hash), bytes, &own))?;
        let Some(last) = page.last() else { return Ok(None) };
        let said = last.book_hash.as_deref().and_then(|hash| Hash::try_from(hash).ok());
        let next = (last.version, said.ok_or_else(|| differs("Head office sent a page without its hash."))?);
        Ok(Some((page, next)))
    };
    let mut from = (book.version, book.book_hash);
    prefetch((book.version, book.book_hash), fetch, |page, next| {
        let (tables, start) = (Arc::clone(tables), from);
        let taken = store.write_many(move |unit| {
            // What sync itself writes is no entry of this device.
            uncaptured(unit, |unit| take_page(unit, &tables, id, start, &page, now))
        })?;
        from = *next;
        told(taken);
        Ok(())
    })
}
