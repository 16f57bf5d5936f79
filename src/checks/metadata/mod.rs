//! `.dist-info` and what METADATA or PKG-INFO says.
//!
//! What a field may hold is `packaging`'s and the public index's word; each rule's row says who refuses it. The
//! long description has a family of its own.

mod classifiers;
mod contacts;
mod dynamic;
mod extras;
mod fields;
mod identity;
mod imports;
mod licenses;
mod member;
mod requirements;
mod requires_python;
mod values;

use std::str::FromStr;

pub(super) use self::fields::{FIELDS, format};

use super::Check;
use super::dist::Dist;
use crate::archive::document::{Document, TextFault};
use crate::archive::metadata::Metadata;
use crate::archive::shown;

const DIST_INFO: &str = "binary distribution format, the .dist-info directory";
const CORE_METADATA: &str = "core metadata specification";

pub(super) const TABLES: &[&[Check]] = &[
    member::CHECKS,
    identity::CHECKS,
    fields::CHECKS,
    values::CHECKS,
    requirements::CHECKS,
    extras::CHECKS,
    requires_python::CHECKS,
    classifiers::CHECKS,
    contacts::CHECKS,
    licenses::CHECKS,
    dynamic::CHECKS,
    imports::CHECKS,
];

/// What is wrong with a text, in words.
pub(super) fn fault_text(fault: TextFault) -> String {
    match fault {
        TextFault::NotUtf8 { at } => format!("it is no UTF-8 from byte {at} on"),
        TextFault::ByteOrderMark => "it starts with a byte order mark".to_owned(),
        TextFault::Nul { at } => format!("it has a NUL at byte {at}"),
    }
}

/// The member that was read, and what it says.
fn read(dist: &Dist) -> Option<(&str, &Metadata)> {
    match dist.document() {
        Some(Document::Read { member, value, .. }) => Some((member, value)),
        _ => None,
    }
}

/// A stranger's text in a message: short, on one line, in backticks.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shown(text).escape_debug())
}

/// The values of the header `field` that are of a grammar, with their texts.
fn parsed<'a, T: FromStr>(metadata: &'a Metadata, field: &'a str) -> impl Iterator<Item = (&'a str, T)> {
    metadata.all(field).filter_map(|text| Some((text, text.parse().ok()?)))
}
