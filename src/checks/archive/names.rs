//! The names of members as text.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

use super::super::{Check, Run, Sink};
use super::{PYPI_ZIP, ZIP_FORMAT};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Claims;
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "archive/name-encoding",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "a member's name is no UTF-8",
            explain: "Installers would guess the encoding, each in its own way, and write files of different names.",
            fix: "give the file an ASCII name, or pack with a tool that stores names as UTF-8 (`wheel pack`)",
            sources: &[PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: name_encoding,
            specimen: |wheel| {
                wheel.member("sample/umlaut.txt", "");
                wheel.edit_record(|rows| rows.retain(|row| row[0] != "sample/umlaut.txt"));
                wheel.edit_zip(|zip| {
                    zip.entry("sample/umlaut.txt")
                        .both(|header| header.name = b"sample/\xfcmlaut.txt".to_vec());
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/name-characters",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "a member's name is empty or holds characters that cannot be seen",
            explain: "Control characters, marks that turn the direction of text, zero-width and private characters \
                      let a name look like another one.",
            fix: "rename the file in the sources, and build again",
            sources: &[PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: name_characters,
            specimen: |wheel| {
                wheel.member("sample/turned\u{202e}yp.txt", "");
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/name-flag",
            severity: Severity::Error,
            rejected_by: &["uv"],
            summary: "a member's name is not ASCII and not marked as UTF-8",
            explain: "Without the mark some tools read the name as code page 437 and write another file than meant; \
                      uv refuses the wheel. Bit 11 of the flags is the mark, and ordinary tools set it.",
            fix: "give the file an ASCII name, or pack with a tool that sets bit 11 of the flags (`wheel pack`)",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: name_flag,
            specimen: |wheel| {
                wheel.member("sample/ümlaut.txt", "");
                wheel.edit_zip(|zip| {
                    zip.entry("sample/ümlaut.txt").both(|header| header.flags &= !Claims::UTF8);
                });
            },
        },
    },
];

fn name_encoding(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in &wheel.zip.members {
        if let Err(error) = std::str::from_utf8(&member.central.name) {
            sink.at(&member.path, format_args!("its name is no UTF-8 from byte {} on", error.valid_up_to()));
        }
    }
}

fn name_characters(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in &wheel.zip.members {
        if member.path.is_empty() {
            sink.emit("a member's name is empty");
        } else if let Some(character) = member.path.chars().find(|&character| is_unseen(character)) {
            let path = shown(&member.path);
            let path: String = path.chars().flat_map(char::escape_debug).collect();
            sink.at(
                &member.path,
                format_args!("its name `{path}` holds the character U+{:04X}", u32::from(character)),
            );
        }
    }
}

/// Unicode's category C: control, format and private-use characters, and what is not assigned.
fn is_unseen(character: char) -> bool {
    !character.is_ascii_graphic()
        && character != ' '
        && character.general_category_group() == GeneralCategoryGroup::Other
}

fn name_flag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in &wheel.zip.members {
        if !member.central.name.is_ascii() && member.central.flags & Claims::UTF8 == 0 {
            sink.at(
                &member.path,
                "its name is not ASCII, and bit 11 of its flags does not say that it is UTF-8",
            );
        }
    }
}
