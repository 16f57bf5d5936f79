//! What can be told of a document when all of it was read.

use super::names::normalized;
use super::{Kind, Node, Reader};

/// Fields at a document's head that become its bibliography.
///
/// Origin: docutils 0.22, `docutils.languages.en`.
const BIBLIOGRAPHIC: &[&str] =
    &["organization", "address", "contact", "version", "revision", "status", "date", "copyright", "author"];

impl Reader {
    /// Looks at what only the whole document tells.
    pub(super) fn finish(&mut self, nodes: &[Node]) {
        self.names.resolve(&mut self.troubles);
        if let Some(line) = self.class_pending {
            self.troubles.push(line, "nothing follows that could have the class".to_owned());
        }
        self.bibliography(nodes);
        self.transitions(nodes);
    }

    fn transitions(&mut self, nodes: &[Node]) {
        let mut before: Option<&Kind> = None;
        let kept = |node: &&Node| !matches!(node.kind, Kind::Comment { .. } | Kind::Pending | Kind::Apart);
        for node in nodes.iter().filter(kept) {
            if node.kind == Kind::Transition {
                match before {
                    None | Some(Kind::Section) => {
                        let what = "a document or section cannot begin with a transition".to_owned();
                        self.troubles.push(node.line, what);
                    }
                    Some(Kind::Transition) => {
                        self.troubles.push(node.line, "a transition follows another one".to_owned());
                    }
                    Some(_) => {}
                }
            }
            before = Some(&node.kind);
        }
        if before == Some(&Kind::Transition)
            && let Some(node) = nodes.iter().rfind(kept)
        {
            self.troubles.push(node.line, "a document cannot end with a transition".to_owned());
        }
    }

    /// A field list at the head of the document becomes its bibliography, and some fields must be fit for it.
    fn bibliography(&mut self, nodes: &[Node]) {
        let passed = |node: &&Node| !node.kind.is_visible();
        let Some(list) = nodes.iter().find(|node| !passed(node)).filter(|node| node.kind == Kind::FieldList)
        else {
            return;
        };
        let mut topics: Vec<String> = Vec::new();
        for field in &list.children {
            let Kind::Field { name, is_one_line } = &field.kind else { continue };
            let normal = normalized(name);
            let is_topic = matches!(normal.as_str(), "dedication" | "abstract");
            let is_simple = BIBLIOGRAPHIC.contains(&normal.as_str());
            if !is_topic && !is_simple && normal != "authors" {
                continue;
            }
            let what = match &field.children[..] {
                [] => "is empty",
                _ if is_topic && topics.contains(&normal) => "stands twice",
                _ if is_topic => {
                    topics.push(normal);
                    continue;
                }
                [only] if only.kind == Kind::Paragraph => continue,
                // `E. Xample` is a name and no list.
                [first, ..] if is_simple && *is_one_line && first.kind == Kind::EnumeratedList => continue,
                _ if is_simple => "is more than one paragraph",
                [only] if only.kind == Kind::BulletList && are_names(&only.children) => continue,
                [_] => "holds no names of authors",
                several if several.iter().all(is_name) => continue,
                _ => "holds no names of authors",
            };
            self.troubles.push(field.line, format!("the field `{name}` at the document's head {what}"));
        }
    }
}

fn is_name(node: &Node) -> bool {
    matches!(node.kind, Kind::Paragraph | Kind::Comment { .. })
}

fn are_names(items: &[Node]) -> bool {
    items.iter().all(|item| matches!(&item.children[..], [only] if only.kind == Kind::Paragraph))
}
