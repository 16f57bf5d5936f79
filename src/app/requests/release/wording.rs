//! What a release is to say and to be.

use crate::action::error::InputError;
use crate::app::requests::Requests;
use crate::model::tag::Tag;
use crate::modes::create_release::{Choice, Generated, Kind, Notes, Wording};

impl Requests<'_> {
    /// Notes and title.
    pub(super) fn wording(&self) -> Result<Wording, InputError> {
        Ok(Wording {
            notes: self.notes()?,
            merge: self.inputs.parsed("notes-merge")?.unwrap_or_default(),
            title: self.inputs.parsed("title")?,
        })
    }

    /// Where the notes come from. What nobody would read is refused: it was meant to be read.
    fn notes(&self) -> Result<Notes, InputError> {
        let given = |name| self.inputs.is_given(name) && self.inputs.text(name).is_some();
        let own = [("notes-text", "text"), ("notes-file", "file"), ("previous-tag", "github")];
        let derived = own[..2].iter().find(|(name, _)| given(name)).map_or("changelog", |(_, from)| from);
        let from = self.inputs.text("notes-from").unwrap_or(derived);
        if !["changelog", "file", "text", "github", "none"].contains(&from) {
            let shown: String = from.chars().take(60).collect();
            let why = format!("`{shown}` is none of `changelog`, `file`, `text`, `github` and `none`");
            return Err(self.inputs.refused("notes-from", why, None));
        }
        if let Some((name, meant)) = own.into_iter().find(|(name, meant)| *meant != from && given(name)) {
            let why = format!("nobody would read it: the notes come from `{from}`");
            let hint = format!("leave it out, or say `notes-from: {meant}`");
            return Err(self.inputs.refused(name, why, Some(&hint)));
        }
        Ok(match from {
            "file" => {
                let path = self.inputs.optional_file("notes-file")?;
                Notes::File(path.ok_or_else(|| self.inputs.missing("notes-file"))?)
            }
            "text" => Notes::Text(self.inputs.required("notes-text")?.to_owned()),
            "github" => {
                Notes::Generated(Generated::since(self.inputs.text("previous-tag").map(str::to_owned)))
            }
            "none" => Notes::Nothing,
            _ => {
                self.inputs.optional_file("changelog")?;
                Notes::Changelog {
                    path: self.inputs.folder("changelog")?,
                    optional: !self.inputs.is_given("changelog"),
                    unreleased: self.inputs.flag("changelog-unreleased")?,
                }
            }
        })
    }

    /// How the release of `tag` is published.
    pub(super) fn kind(&self, tag: &Tag) -> Result<Kind, InputError> {
        let kind = Kind {
            prerelease: self.inputs.parsed("prerelease")?.unwrap_or_default(),
            latest: self.inputs.parsed("make-latest")?.unwrap_or_default(),
            target: self.inputs.parsed("target-commitish")?,
            discussion_category: self.inputs.text("discussion-category").map(str::to_owned),
        };
        if kind.latest == Choice::Yes {
            let refused = |why: &str| {
                let hint =
                    "leave it to `auto`: the highest stable version becomes the latest when it is published";
                Err(self.inputs.refused("make-latest", why, Some(hint)))
            };
            if kind.is_prerelease(tag) {
                return refused("GitHub shows no prerelease as the latest release");
            }
            if !self.inputs.flag("publish")? {
                return refused(
                    "with `publish: false` the release stays a draft, which is never the latest one",
                );
            }
        }
        Ok(kind)
    }
}
