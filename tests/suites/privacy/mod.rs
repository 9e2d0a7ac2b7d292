//! What we hold of a person: erased when asked for, handed out, and not kept for ever.

mod columns;
mod erasing;
mod exporting;
mod later;
mod retention;
mod rights;
mod scene;
mod shared_threads;
mod under_way;
