//! The commands of products.

use super::table::{ANYONE, Asker, Command, read, write};
use crate::domain::page::Page;
use crate::domain::product::{self, Product, ProductQuery};
use crate::kernel::{Code, Result};
use crate::store::Snapshot;

pub(super) fn commands() -> Vec<Command> {
    vec![
        write("product_add", "Adds a product.", ANYONE, &[Code::CodeTaken, Code::IdTaken], product::add)
            .making("product_id"),
        write(
            "product_edit",
            "Changes a product: what is not given stays, null clears.",
            ANYONE,
            &[Code::Stale, Code::Archived, Code::CodeTaken],
            product::edit,
        ),
        read("product_list", "Lists products.", &[Code::BadCursor], list),
    ]
}

fn list(snapshot: &Snapshot, asker: &Asker, query: ProductQuery) -> Result<Page<Product>> {
    product::list(snapshot, asker.scene(snapshot)?.book.id, &query)
}
