//! Versions against those who decide what they are: `packaging` for PyPI, the `semver` of cargo, the `semver` of npm for
//! the next version, and git for the names of tags. Tens of thousands of texts, the same on every run; what each side
//! says on purpose and the other does not is named where it is compared.

mod bumps;
mod generated;
mod judge;
mod law;
mod page;
mod properties;
mod published;
mod tags;
