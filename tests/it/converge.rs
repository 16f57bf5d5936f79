//! Whatever the world looks like when a mode begins, it ends as declared, or says what stands against it.

mod collecting;
mod indexes;
mod releases;
mod signals;
mod vetting;
