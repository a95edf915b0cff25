pub mod kernel;
pub mod store;
