//! A tar archive laid out header by header, so that each can be made wrong.

/// A tar archive before it becomes bytes.
#[derive(Clone, Debug)]
pub struct TarImage {
    /// The members, and the headers that speak of the next one.
    pub entries: Vec<TarEntry>,
    /// How many blocks of zeros mark the end.
    pub end_blocks: usize,
    /// Bytes behind the end.
    pub after_end: Vec<u8>,
}

/// One header and the data behind it.
#[derive(Clone, Debug)]
pub struct TarEntry {
    /// The path, at most 100 bytes unless it can be split into prefix and name.
    pub path: String,
    /// The type flag: `0` a file, `5` a directory, `2` a symbolic link, `x` a pax header and so on.
    pub type_flag: u8,
    /// Where a link leads.
    pub link: String,
    /// Its Unix permissions.
    pub mode: u32,
    /// The numbers of user and group.
    pub owner: (u32, u32),
    /// The user's name.
    pub user_name: String,
    /// When it was changed, in seconds since 1970.
    pub modified: u64,
    /// Whether the header has GNU's magic instead of the standard's.
    pub is_gnu: bool,
    /// The data.
    pub data: Vec<u8>,
    /// The size in the header, if not that of the data.
    pub size_bytes: Option<u64>,
}

impl TarEntry {
    /// A regular file.
    pub fn file(path: &str, contents: impl Into<Vec<u8>>) -> Self {
        let link = String::new();
        Self {
            path: path.to_owned(),
            type_flag: b'0',
            link,
            mode: 0o644,
            owner: (0, 0),
            user_name: String::new(),
            modified: 0,
            is_gnu: false,
            data: contents.into(),
            size_bytes: None,
        }
    }

    /// A directory.
    pub fn directory(path: &str) -> Self {
        Self { type_flag: b'5', mode: 0o755, ..Self::file(&format!("{path}/"), "") }
    }

    /// A symbolic link (`2`), a hard link (`1`) or any other type that leads somewhere.
    pub fn link(path: &str, type_flag: u8, to: &str) -> Self {
        Self { type_flag, link: to.to_owned(), ..Self::file(path, "") }
    }

    /// A pax header for the next member.
    pub fn pax(records: &[(&str, &str)]) -> Self {
        let record = |(keyword, value): &(&str, &str)| {
            let rest = keyword.len() + value.len() + 3;
            let digits = |length: usize| length.to_string().len();
            let length = rest + digits(rest + digits(rest));
            format!("{length} {keyword}={value}\n")
        };
        let data: String = records.iter().map(record).collect();
        Self { type_flag: b'x', ..Self::file("PaxHeaders/next", data) }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut block = [0_u8; 512];
        let (prefix, name) = self.split_path();
        put(&mut block[..100], name);
        put(&mut block[345..500], prefix);
        put(&mut block[157..257], &self.link);
        let size_bytes = self.size_bytes.unwrap_or(self.data.len() as u64);
        put(&mut block[100..107], &format!("{:07o}", self.mode));
        put(&mut block[108..115], &format!("{:07o}", self.owner.0));
        put(&mut block[116..123], &format!("{:07o}", self.owner.1));
        put(&mut block[124..135], &format!("{size_bytes:011o}"));
        put(&mut block[136..147], &format!("{:011o}", self.modified));
        put(&mut block[148..156], "        ");
        block[156] = self.type_flag;
        put(&mut block[257..265], if self.is_gnu { "ustar  \0" } else { "ustar\x0000" });
        put(&mut block[265..297], &self.user_name);
        let checksum: u32 = block.iter().copied().map(u32::from).sum();
        put(&mut block[148..156], &format!("{checksum:06o}\0 "));
        let mut bytes = block.to_vec();
        bytes.extend(&self.data);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    fn split_path(&self) -> (&str, &str) {
        if self.path.len() <= 100 {
            return ("", &self.path);
        }
        let fits = |(at, _): &(usize, &str)| *at <= 155 && self.path.len() - at - 1 <= 100;
        let (at, _) = self.path.match_indices('/').find(fits).expect("the path can be split");
        (&self.path[..at], &self.path[at + 1..])
    }
}

fn put(field: &mut [u8], text: &str) {
    field[..text.len()].copy_from_slice(text.as_bytes());
}

impl TarImage {
    /// An archive of `entries` with the usual end.
    pub fn new(entries: Vec<TarEntry>) -> Self {
        Self { entries, end_blocks: 2, after_end: Vec::new() }
    }

    /// The archive, not compressed.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.entries.iter().flat_map(TarEntry::bytes).collect();
        bytes.resize(bytes.len() + self.end_blocks * 512, 0);
        bytes.extend(&self.after_end);
        bytes
    }
}
