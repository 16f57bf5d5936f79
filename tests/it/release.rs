//! create-release through the program: each sentence that its documents say, shown.

mod channel;
mod crash;
mod filling;
mod kind;
mod limits;
mod notes;
mod peers;
mod rules;
mod set;
mod together;
mod undo;
