//! What headers say of members besides names and contents: times, permissions, versions, order.

use super::super::{Check, Run, Sink, limits};
use super::{BINARY, ZIP_FORMAT};
use crate::archive::build::ZipEntry;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::{Claims, Extra, Member};
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "archive/zip64-member",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a member has ZIP64 sizes that it does not need",
            explain: "Only members of 4 GiB need the field. Readers that do not know it see other sizes, and strict \
                      ones refuse some of its forms.",
            fix: "pack with `wheel pack`, or write members without `force_zip64`",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: zip64_member,
            specimen: |wheel| {
                wheel.edit_zip(|zip| {
                    let header = &mut zip.entries[0].local;
                    header.extra = vec![1, 0, 16, 0];
                    for size in [&mut header.size_bytes, &mut header.packed_bytes] {
                        header.extra.extend(u64::from(*size).to_le_bytes());
                        *size = u32::MAX;
                    }
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/time",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a member's time of modification is no time",
            explain: "Month and day count from 1, and no hour has 60 minutes. Tools that make a date of the field \
                      fail, and the two headers should agree.",
            fix: "set `SOURCE_DATE_EPOCH` to 315532800 (1980) or later in the build, and pack with `wheel pack`",
            sources: &[ZIP_FORMAT, "Python, zipfile"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: time,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].both(|header| header.modified = 0));
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/special-mode",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a member has set-user, set-group or sticky bits",
            explain: "Where a tool keeps these bits, an installed program runs with the rights of another user. \
                      Installers drop them, so nobody needs them in a wheel.",
            fix: "clear the bits in the sources (`chmod u-s,g-s,-t`), and build the wheel again",
            sources: &[BINARY, ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: special_mode,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].attributes = 0o104_755 << 16);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/world-writable",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a member may be written by everybody",
            explain: "Where a tool keeps the permissions, every user of the machine can change what is installed.",
            fix: "take the permission away in the sources (`chmod o-w`), and build with `umask 022`",
            sources: &[BINARY, ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: world_writable,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].attributes = 0o100_666 << 16);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/not-executable",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a script of the wheel may not be run by anybody",
            explain: "Installers make scripts in `.data/scripts` executable on their own, other tools that unpack the \
                      wheel keep the permissions that it states.",
            fix: "make the script executable in the sources (`chmod +x`), and build the wheel again",
            sources: &[BINARY],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: not_executable,
            specimen: |wheel| {
                wheel.member("sample-1.0.data/scripts/sample", "#!python\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/version",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a member names a version of the ZIP format or a system that no tool for wheels writes",
            explain: "Stored and deflated members need version 2.0, or 4.5 with ZIP64. Known systems are MS-DOS, Unix, \
                      NTFS and macOS; with another one permissions are not read.",
            fix: "pack with `wheel pack` or a build backend instead of the tool that wrote the headers",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: version,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].both(|header| header.version_needed = 51));
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/many-members",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel has very many members",
            explain: "Thousands of files take long to install, above all on Windows and on network disks. Often tests, \
                      headers or a whole folder of examples got in.",
            fix: "exclude what nobody needs at run time, or put data files into one archive",
            sources: &["pydistcheck, too-many-files"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: many_members,
            specimen: |wheel| {
                for index in 0..=limits::MEMBERS {
                    wheel.member(&format!("sample/data/{index}.txt"), "");
                }
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/member-ratio",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a member unpacks to more than a thousand times its size",
            explain: "Such a file is nearly nothing but one repeated byte, the stuff that bombs are made of; scanners \
                      refuse archives for it.",
            fix: "make the file at run time instead of shipping it, or ship it without its filling",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: member_ratio,
            specimen: |wheel| {
                // The builder's own compressor starts a new block too often for such a ratio.
                let zeros = vec![0; 4 << 20];
                let mut packed = Vec::with_capacity(64 << 10);
                let mut compress = flate2::Compress::new(flate2::Compression::best(), false);
                let end = compress.compress_vec(&zeros, &mut packed, flate2::FlushCompress::Finish);
                end.expect("memory takes all of it");
                wheel.member("sample/zeros.bin", zeros).edit_zip(move |zip| {
                    let entry = zip.entry("sample/zeros.bin");
                    entry.data.clone_from(&packed);
                    entry.both(|header| header.packed_bytes = u32::try_from(packed.len()).unwrap_or(0));
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/dist-info-last",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "members follow those of `.dist-info`",
            explain: "Archivers are encouraged to put `.dist-info` at the end, where metadata can be replaced cheaply. \
                      Several good tools do not, and nothing depends on it.",
            fix: "do nothing, or pack with `wheel pack`, which puts `.dist-info` last",
            sources: &[BINARY],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: dist_info_last,
            specimen: |wheel| {
                wheel.edit_zip(|zip| {
                    let first: ZipEntry = zip.entries.remove(0);
                    zip.entries.push(first);
                });
            },
        },
    },
];

/// One finding for all members of which `fault` tells something, at the first of them.
fn tell_all(wheel: &WheelFile, sink: &mut Sink<'_>, fault: impl Fn(&Member) -> Option<String>) {
    let mut found = wheel.zip.members.iter().filter_map(|member| Some((member, fault(member)?)));
    if let Some((first, what)) = found.next() {
        let more = match found.count() {
            0 => String::new(),
            count => format!("; {count} more members are like it"),
        };
        sink.at(&first.path, format_args!("{what}{more}"));
    }
}

fn zip64_member(wheel: &WheelFile, sink: &mut Sink<'_>) {
    const WIDE: u64 = u32::MAX as u64;
    tell_all(wheel, sink, |member| {
        let has = |claims: &Claims| claims.extra.lengths(Extra::ZIP64).any(|length| length > 0);
        let needs = member.central.size_bytes.max(member.central.packed_bytes).max(member.offset) >= WIDE;
        let size = member.central.size_bytes;
        ((has(&member.local) || has(&member.central)) && !needs)
            .then(|| format!("its {size} bytes need no ZIP64 field"))
    });
}

/// Whether the MS-DOS date and time `modified` exists; that a month has 31 days is good enough.
const fn is_time(modified: u32) -> bool {
    let (date, time) = (modified >> 16, modified & 0xffff);
    let (month, day) = (date >> 5 & 0xf, date & 0x1f);
    let (hour, minute, second) = (time >> 11, time >> 5 & 0x3f, (time & 0x1f) * 2);
    1 <= month && month <= 12 && 1 <= day && hour < 24 && minute < 60 && second < 60
}

fn time(wheel: &WheelFile, sink: &mut Sink<'_>) {
    tell_all(wheel, sink, |member| {
        let [local, central] = [&member.local, &member.central].map(|claims| claims.modified);
        if local != central {
            return Some(format!("its headers state the times {local:#010x} and {central:#010x}"));
        }
        (!is_time(central)).then(|| format!("its header states {central:#010x}, which is no date and time"))
    });
}

/// The Unix permissions, where the archive says it was made on Unix.
fn permissions(member: &Member) -> Option<u32> {
    member.unix_type().map(|_| member.attributes >> 16 & 0o7777)
}

fn special_mode(wheel: &WheelFile, sink: &mut Sink<'_>) {
    tell_all(wheel, sink, |member| {
        let mode = permissions(member).filter(|mode| mode & 0o7000 != 0)?;
        Some(format!("it has the mode {mode:04o}"))
    });
}

fn world_writable(wheel: &WheelFile, sink: &mut Sink<'_>) {
    tell_all(wheel, sink, |member| {
        let mode = permissions(member).filter(|mode| mode & 0o002 != 0)?;
        Some(format!("it has the mode {mode:04o}"))
    });
}

fn not_executable(wheel: &WheelFile, sink: &mut Sink<'_>) {
    tell_all(wheel, sink, |member| {
        let (top, rest) = member.path.split_once('/')?;
        let is_script = top.ends_with(".data") && rest.starts_with("scripts/") && !member.is_directory();
        let mode = permissions(member).filter(|mode| is_script && mode & 0o111 == 0)?;
        Some(format!("it has the mode {mode:04o}"))
    });
}

const NEWEST_NEEDED: u16 = 45;
/// MS-DOS, Unix, NTFS as old and as new tools number it, and macOS.
const SYSTEMS: [u16; 5] = [0, 3, 10, 11, 19];

fn version(wheel: &WheelFile, sink: &mut Sink<'_>) {
    tell_all(wheel, sink, |member| {
        let needed = [&member.local, &member.central].map(|claims| claims.version_needed);
        let (system, made) = (member.made_by >> 8, member.made_by & 0xff);
        if let Some(needed) = needed.into_iter().find(|needed| *needed > NEWEST_NEEDED) {
            let (major, minor) = ((needed & 0xff) / 10, needed % 0x100 % 10);
            Some(format!("a header asks for version {major}.{minor} ({needed:#06x}) of the ZIP format"))
        } else if needed[0] != needed[1] {
            Some(format!("its headers ask for the versions {} and {}", needed[0], needed[1]))
        } else {
            (!SYSTEMS.contains(&system) || made > 63)
                .then(|| format!("it was made on system {system} by version {}.{}", made / 10, made % 10))
        }
    });
}

fn many_members(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let (count, most) = (wheel.zip.members.len(), limits::MEMBERS);
    if count > most {
        sink.emit(format_args!("the wheel has {count} members, and {most} are many"));
    }
}

fn member_ratio(wheel: &WheelFile, sink: &mut Sink<'_>) {
    tell_all(wheel, sink, |member| {
        let Claims { packed_bytes, size_bytes, .. } = member.central;
        (size_bytes > packed_bytes.saturating_mul(limits::MEMBER_RATIO))
            .then(|| format!("its {packed_bytes} bytes unpack to {size_bytes}"))
    });
}

fn dist_info_last(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(dist_info) = wheel.dist_info() else { return };
    let is_in =
        |member: &Member| member.path.strip_prefix(dist_info).is_some_and(|rest| rest.starts_with('/'));
    let mut members: Vec<&Member> = wheel.zip.members.iter().collect();
    members.sort_by_key(|member| member.offset);
    let behind = members.iter().skip_while(|member| !is_in(member)).filter(|member| !is_in(member));
    let count = behind.count();
    if count > 0 {
        sink.emit(format_args!(
            "behind the first member of `{}` lie {count} that are not in it",
            crate::archive::shown(dist_info)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn dates_that_exist_are_times() {
        let time = |month: u32, day: u32, hour: u32, minute: u32, half: u32| {
            (month << 5 | day) << 16 | hour << 11 | minute << 5 | half
        };
        assert!(is_time(time(1, 1, 0, 0, 0)) && is_time(time(12, 31, 23, 59, 29)));
        for bad in [time(0, 1, 0, 0, 0), time(13, 1, 0, 0, 0), time(1, 0, 0, 0, 0)] {
            assert!(!is_time(bad), "{bad:#x}");
        }
        for bad in [time(1, 1, 24, 0, 0), time(1, 1, 0, 60, 0), time(1, 1, 0, 0, 30)] {
            assert!(!is_time(bad), "{bad:#x}");
        }
    }
}
