//! The roles of interpreted text.
//!
//! Origin: docutils 0.22, the registry of roles and their English names.

use std::collections::HashMap;

/// What a role makes of its text, as far as it can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Any text will do.
    Text,
    /// Any text will do, and a derived role may name a language.
    Code,
    /// The number of a PEP.
    Pep,
    /// The number of an RFC, with a section perhaps.
    Rfc,
    /// What an index has switched off.
    Raw,
    /// A name without a function.
    Missing,
}

/// The roles that a document has.
#[derive(Debug, Default)]
pub(super) struct Roles {
    own: HashMap<String, Role>,
}

impl Roles {
    /// The role `name`; the empty name is the default role.
    pub(super) fn get(&self, name: &str) -> Option<Role> {
        let name = name.to_lowercase();
        self.own.get(&name).copied().or(match name.as_str() {
            "" | "abbreviation" | "ab" | "acronym" | "ac" | "emphasis" | "literal" | "math" | "strong"
            | "subscript" | "sub" | "superscript" | "sup" | "title-reference" | "title" | "t" => {
                Some(Role::Text)
            }
            "code" => Some(Role::Code),
            "pep-reference" | "pep" => Some(Role::Pep),
            "rfc-reference" | "rfc" => Some(Role::Rfc),
            "raw" => Some(Role::Raw),
            "index"
            | "i"
            | "anonymous-reference"
            | "citation-reference"
            | "footnote-reference"
            | "named-reference"
            | "substitution-reference"
            | "uri-reference"
            | "uri"
            | "url"
            | "target"
            | "restructuredtext-unimplemented-role" => Some(Role::Missing),
            _ => None,
        })
    }

    /// Makes `name` a role of the document.
    pub(super) fn set(&mut self, name: &str, role: Role) {
        self.own.insert(name.to_lowercase(), role);
    }

    /// Takes a role of the document away.
    pub(super) fn unset(&mut self, name: &str) {
        self.own.remove(name);
    }
}
