//! How much of anything a distribution may have before a rule speaks.

/// Most bytes of a file name: an index puts `.metadata` behind it, and disks take 255.
pub(super) const FILE_NAME_BYTES: usize = 255 - ".metadata".len();
/// A file above this is large.
pub(super) const LARGE_BYTES: u64 = 50 << 20;
/// A distribution that unpacks to more than this is large.
pub(super) const LARGE_UNPACKED_BYTES: u64 = 75 << 20;
/// So many tags may a wheel's name stand for.
pub(super) const TAGS: usize = 1000;
/// So many members has an ordinary wheel at most.
pub(super) const MEMBERS: usize = 2000;
/// So many times its packed size may one member unpack to.
pub(super) const MEMBER_RATIO: u64 = 1000;
/// So many characters may a path have, so that it fits below a folder on Windows, whose paths end at 260.
pub(super) const PATH_CHARACTERS: usize = 200;
/// So many bytes may one part of a path have, so that disks with encrypted names take it.
pub(super) const PATH_PART_BYTES: usize = 143;
