//! In what two distributions of one name differ: member by member, by what the readers found. Facts in, difference out.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::archive::crate_file::PackedFile;
use crate::archive::sdist::SdistFile;
use crate::archive::shown;
use crate::archive::tar::{self, Gzip, Kind as TarKind};
use crate::archive::wheel::WheelFile;
use crate::archive::zip;
use crate::checks::Dist;
use crate::model::digest::Sha256;

/// A way in which members differ, the weightiest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// A member of the first that the second lacks.
    Missing,
    /// A member of the second that the first lacks.
    Added,
    /// Other contents, or contents that could not be read.
    Contents,
    /// A link leads elsewhere, or is none any more.
    Link,
    /// Other permissions.
    Mode,
    /// Another owner.
    Owner,
    /// Another time.
    Time,
    /// Another order.
    Order,
    /// The same contents, compressed otherwise.
    Compression,
    /// Something else in a header.
    Header,
    /// Nothing about any member: bytes between them or around them.
    Container,
}

impl Kind {
    /// Whether users get something else: all others are about the packing.
    pub(super) const fn is_about_contents(self) -> bool {
        matches!(self, Self::Missing | Self::Added | Self::Contents | Self::Link)
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => ("is in the first build only", "are in the first build only"),
            Self::Added => ("is in the second build only", "are in the second build only"),
            Self::Contents => ("has other contents", "have other contents"),
            Self::Link => ("leads elsewhere", "lead elsewhere"),
            Self::Mode => ("has other permissions", "have other permissions"),
            Self::Owner => ("has another owner", "have other owners"),
            Self::Time => ("has another time", "have other times"),
            Self::Order => ("stands in another place", "stand in another order"),
            Self::Compression => ("is compressed otherwise", "are compressed otherwise"),
            Self::Header => ("has another header", "have other headers"),
            Self::Container => ("", ""),
        }
    }
}

/// The members of one kind of difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Named {
    first: Vec<String>,
    count: usize,
}

/// In what two distributions differ. There is always something, since their bytes are not the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference(BTreeMap<Kind, Named>);

const MOST_NAMED: usize = 3;

impl Difference {
    /// The kinds, the weightiest first.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.0.keys().copied()
    }

    /// The member to look at first.
    pub(super) fn member(&self) -> Option<&str> {
        let first = self.0.values().find_map(|named| named.first.first()).map(String::as_str);
        first.filter(|path| *path != GZIP)
    }

    /// All kinds with their first members.
    pub(super) fn told(&self) -> String {
        let told = self.0.iter().map(|(kind, Named { first, count })| {
            if *kind == Kind::Container {
                return "all members are the same, and the bytes around them are not".to_owned();
            }
            let members: Vec<_> = first.iter().map(|path| quoted(path)).collect();
            let (one, many) = kind.words();
            match (*count, count.saturating_sub(MOST_NAMED)) {
                (1, _) => format!("{} {one}", members.join("")),
                (_, 0) => format!("{count} members {many} ({})", members.join(", ")),
                (_, more) => format!("{count} members {many} ({} and {more} more)", members.join(", ")),
            }
        });
        told.collect::<Vec<_>>().join("; ")
    }

    fn add(&mut self, kind: Kind, path: &str) {
        let named = self.0.entry(kind).or_default();
        named.count += 1;
        if named.first.len() < MOST_NAMED {
            named.first.push(path.to_owned());
        }
    }
}

/// A path as messages show it.
fn quoted(path: &str) -> String {
    if path == GZIP { path.to_owned() } else { format!("`{}`", shown(path).escape_debug()) }
}

/// What is known of a member, in one form for both containers.
#[derive(Clone, Copy)]
struct Member<'a> {
    path: &'a str,
    /// `None` where the contents could not be read.
    sha256: Option<Sha256>,
    link: Option<&'a str>,
    mode: u64,
    owner: (u64, u64, Option<&'a str>),
    time: u64,
    packed: (u16, u64),
    header: Header<'a>,
}

/// What else stands in the headers.
#[derive(Clone, Copy)]
enum Header<'a> {
    Zip(&'a zip::Member),
    Tar(&'a tar::Member),
}

/// Compares two distributions whose bytes are not the same; `None` when one of them could not be looked into.
pub(super) fn compare(first: &Dist, second: &Dist) -> Option<Difference> {
    let (one, two) = (members(first)?, members(second)?);
    let (ours, theirs) = (keyed(&one), keyed(&two));
    let of_theirs: HashMap<Key<'_>, &Member<'_>> = theirs.iter().copied().collect();
    let of_ours: HashSet<Key<'_>> = ours.iter().map(|(key, _)| *key).collect();

    let mut found: Vec<(Kind, &str)> = Vec::new();
    if let (Some(one), Some(two)) = (gzip(first), gzip(second)) {
        found.extend(stream(one, two).map(|kind| (kind, GZIP)));
    }
    for (key, member) in &ours {
        match of_theirs.get(key) {
            Some(other) => found.extend(pair(member, other).map(|kind| (kind, member.path))),
            None => found.push((Kind::Missing, member.path)),
        }
    }
    let added = theirs.iter().filter(|(key, _)| !of_ours.contains(key));
    found.extend(added.map(|(_, member)| (Kind::Added, member.path)));
    let shared = ours.iter().filter(|(key, _)| of_theirs.contains_key(key)).map(|(key, _)| *key);
    let mut other = theirs.iter().filter(|(key, _)| of_ours.contains(key)).map(|(key, _)| *key);
    found.extend(shared.filter(|key| other.next() != Some(*key)).map(|(path, _)| (Kind::Order, path)));

    // RECORD has the digest of every other member: that it differs with them says nothing more.
    let is_record = |path: &str| path.ends_with(".dist-info/RECORD");
    if found.iter().any(|(kind, path)| kind.is_about_contents() && !is_record(path)) {
        found.retain(|(kind, path)| !(kind.is_about_contents() && is_record(path)));
    }
    let mut difference = Difference::default();
    found.into_iter().for_each(|(kind, path)| difference.add(kind, path));
    if difference.0.is_empty() {
        difference.0.insert(Kind::Container, Named::default());
    }
    Some(difference)
}

/// What messages call the stream around a tar archive.
const GZIP: &str = "the gzip header";

/// A path, and how many members of that path came before.
type Key<'a> = (&'a str, usize);

/// The members by key, in their order.
fn keyed<'a, 'b>(members: &'b [Member<'a>]) -> Vec<(Key<'a>, &'b Member<'a>)> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let keys = members.iter().map(|member| {
        let count = seen.entry(member.path).or_default();
        *count += 1;
        ((member.path, *count), member)
    });
    keys.collect()
}

/// The stream around an sdist or a crate.
fn gzip(dist: &Dist) -> Option<&Gzip> {
    let sdist = dist.sdist().map(|sdist| &sdist.tar.gzip);
    sdist.or_else(|| dist.packed().map(|packed| &packed.tar.gzip))
}

/// The members in the order in which they lie in the file.
fn members(dist: &Dist) -> Option<Vec<Member<'_>>> {
    match dist {
        Dist::Wheel(WheelFile { zip, .. }) => {
            let mut members: Vec<_> = zip.members.iter().collect();
            members.sort_by_key(|member| member.offset);
            Some(members.into_iter().map(of_zip).collect())
        }
        Dist::Sdist(SdistFile { tar, .. }) => Some(tar.members.iter().map(of_tar).collect()),
        Dist::Crate(PackedFile { tar, .. }) => Some(tar.members.iter().map(of_tar).collect()),
        Dist::Unreadable { .. } => None,
    }
}

fn of_zip(member: &zip::Member) -> Member<'_> {
    let claims = &member.central;
    Member {
        path: &member.path,
        sha256: member.digests().map(|digests| digests.sha256),
        link: None,
        mode: u64::from(member.attributes),
        owner: (0, 0, None),
        time: u64::from(claims.modified),
        packed: (claims.method, claims.packed_bytes),
        header: Header::Zip(member),
    }
}

fn of_tar(member: &tar::Member) -> Member<'_> {
    let owner = &member.owner;
    Member {
        path: &member.path,
        sha256: Some(member.sha256),
        link: member.link.as_deref(),
        mode: member.mode,
        owner: (owner.user, owner.group, owner.user_name.as_deref()),
        time: member.modified,
        packed: (0, 0),
        header: Header::Tar(member),
    }
}

/// In what a member differs from the one of its name.
fn pair(one: &Member<'_>, two: &Member<'_>) -> impl Iterator<Item = Kind> {
    let is_same_contents = one.sha256.is_some() && one.sha256 == two.sha256;
    let kinds = [
        (Kind::Contents, !is_same_contents),
        (Kind::Link, one.link != two.link || one.header.kind() != two.header.kind()),
        (Kind::Mode, one.mode != two.mode),
        (Kind::Owner, one.owner != two.owner),
        (Kind::Time, one.time != two.time),
        (Kind::Compression, is_same_contents && one.packed != two.packed),
        (Kind::Header, !one.header.is_like(&two.header)),
    ];
    kinds.into_iter().filter(|(_, differs)| *differs).map(|(kind, _)| kind)
}

impl Header<'_> {
    fn kind(&self) -> Option<TarKind> {
        match self {
            Self::Zip(_) => None,
            Self::Tar(member) => Some(member.kind),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Zip(one), Self::Zip(two)) => {
                let form = |claims: &zip::Claims| (claims.version_needed, claims.flags);
                let extra = |member: &zip::Member| (member.central.extra.clone(), member.local.extra.clone());
                (one.made_by, one.comment_bytes) == (two.made_by, two.comment_bytes)
                    && form(&one.central) == form(&two.central)
                    && form(&one.local) == form(&two.local)
                    && extra(one) == extra(two)
            }
            (Self::Tar(one), Self::Tar(two)) => (one.type_flag, one.is_gnu) == (two.type_flag, two.is_gnu),
            _ => false,
        }
    }
}

/// In what the streams around two tar archives differ.
fn stream(one: &Gzip, two: &Gzip) -> impl Iterator<Item = Kind> {
    let kinds = [(Kind::Time, one.modified != two.modified), (Kind::Header, one.file_name != two.file_name)];
    kinds.into_iter().filter(|(_, differs)| *differs).map(|(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;

    use super::*;
    use crate::archive::Limits;
    use crate::archive::build::{SdistBuilder, TarEntry, WheelBuilder, ZipEntry, ZipImage};
    use crate::model::artifact::FileName;

    fn wheel(edit: impl FnOnce(&mut WheelBuilder)) -> Dist {
        let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        edit(&mut builder);
        read(builder.build())
    }

    fn sdist(edit: impl FnOnce(&mut SdistBuilder)) -> Dist {
        let mut builder = SdistBuilder::new("sample", "1.0");
        edit(&mut builder);
        read(builder.build())
    }

    fn read((name, bytes): (FileName, Vec<u8>)) -> Dist {
        Dist::read(name.as_str(), &bytes, &Limits::default())
    }

    #[track_caller]
    fn check(first: &Dist, second: &Dist, expected: &str) {
        let difference = compare(first, second).expect("both can be read");
        assert_eq!(difference.told(), expected);
    }

    fn zip(edit: impl Fn(&mut ZipImage) + Send + Sync + 'static) -> Dist {
        wheel(|wheel| {
            wheel.edit_zip(edit);
        })
    }

    fn tar(edit: impl Fn(&mut TarEntry) + Send + Sync + 'static) -> Dist {
        sdist(|sdist| {
            sdist.edit_tar(move |tar| {
                tar.entries.iter_mut().filter(|e| e.path.ends_with("PKG-INFO")).for_each(&edit)
            });
        })
    }

    const INIT: &str = "sample/__init__.py";

    #[test]
    fn members_that_come_go_or_change_are_told_and_record_is_not() {
        let plain = wheel(|_| {});
        let more = wheel(|wheel| {
            wheel.member("sample/more.py", "1");
        });
        check(&plain, &more, "`sample/more.py` is in the second build only");
        check(&more, &plain, "`sample/more.py` is in the first build only");
        let other = wheel(|wheel| {
            wheel.member("sample/more.py", "2");
        });
        check(&more, &other, "`sample/more.py` has other contents");
        assert_eq!(compare(&more, &other).expect("readable").member(), Some("sample/more.py"));
        let record = wheel(|wheel| {
            wheel.edit_record(|rows| rows.reverse());
        });
        check(&plain, &record, "`sample-1.0.dist-info/RECORD` has other contents");
        let many = |text: &'static str| {
            wheel(move |wheel| {
                for at in 0..5 {
                    wheel.member(&format!("sample/m{at}.py"), text);
                }
            })
        };
        check(
            &many("1"),
            &many("2"),
            "5 members have other contents (`sample/m0.py`, `sample/m1.py`, `sample/m2.py` and 2 more)",
        );
    }

    #[test]
    fn packing_is_told_apart_from_contents() {
        let plain = zip(|_| {});
        let edited = |edit: fn(&mut ZipEntry)| zip(move |image| edit(image.entry(INIT)));
        let time = edited(|entry| entry.both(|header| header.modified += 32));
        check(&plain, &time, "`sample/__init__.py` has another time");
        check(
            &plain,
            &edited(|entry| entry.attributes ^= 0o100 << 16),
            "`sample/__init__.py` has other permissions",
        );
        check(&plain, &edited(|entry| entry.made_by = 20), "`sample/__init__.py` has another header");
        check(
            &plain,
            &zip(|image| image.comment = b"x".to_vec()),
            "all members are the same, and the bytes around them are not",
        );
        let order = compare(&plain, &zip(|image| image.entries.reverse())).expect("readable");
        assert_eq!(order.kinds().collect::<Vec<_>>(), [Kind::Order]);
        let packed = edited(|entry| {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::none());
            encoder.write_all(b"\"\"\"A sample.\"\"\"\n\n__version__ = \"1.0\"\n").expect("memory takes it");
            entry.data = encoder.finish().expect("memory takes it");
            let packed_bytes = u32::try_from(entry.data.len()).expect("a short text");
            entry.both(|header| (header.method, header.packed_bytes) = (8, packed_bytes));
        });
        check(&plain, &packed, "`sample/__init__.py` is compressed otherwise");
    }

    #[test]
    fn members_of_sdists_are_compared_too() {
        let plain = tar(|_| {});
        check(&plain, &tar(|entry| entry.modified += 1), "`sample-1.0/PKG-INFO` has another time");
        check(&plain, &tar(|entry| entry.mode = 0o755), "`sample-1.0/PKG-INFO` has other permissions");
        check(&plain, &tar(|entry| entry.owner = (1000, 0)), "`sample-1.0/PKG-INFO` has another owner");
        check(&plain, &tar(|entry| entry.is_gnu = true), "`sample-1.0/PKG-INFO` has another header");
        check(&plain, &tar(|entry| entry.data[0] ^= 1), "`sample-1.0/PKG-INFO` has other contents");
        let linked = |to: &'static str| {
            sdist(move |sdist| {
                sdist.edit_tar(move |tar| tar.entries.push(TarEntry::link("sample-1.0/link", b'2', to)));
            })
        };
        check(&linked("a"), &linked("b"), "`sample-1.0/link` leads elsewhere");
        let gzip = sdist(|sdist| {
            sdist.edit_bytes(|bytes| bytes[4] ^= 1);
        });
        check(&plain, &gzip, "the gzip header has another time");
    }

    #[test]
    fn what_cannot_be_read_is_never_called_the_same() {
        let broken = || {
            zip(|image| {
                let entry = image.entry(INIT);
                entry.both(|header| header.method = 93);
            })
        };
        let difference = compare(&broken(), &broken()).expect("the container can be read");
        assert_eq!(difference.kinds().next(), Some(Kind::Contents));
        let nothing = Dist::read("sample-1.0-py3-none-any.whl", &b"no archive".to_vec(), &Limits::default());
        assert_eq!(compare(&nothing, &broken()), None);
        assert_eq!(compare(&broken(), &nothing), None);
    }

    #[test]
    fn members_of_one_name_are_paired_in_their_order() {
        let twice = |second: &'static [u8]| {
            zip(move |image| {
                let one = ZipEntry::file("twice.py", b"1", 0o644);
                let two = ZipEntry::file("twice.py", second, 0o644);
                image.entries.extend([one, two]);
            })
        };
        check(&twice(b"2"), &twice(b"3"), "`twice.py` has other contents");
    }
}
