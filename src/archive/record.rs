//! RECORD: the list of a wheel's files, each with digest and size.
//!
//! Source: recording installed projects (PEP 376, PEP 627) and the binary distribution format (PEP 427). Rows are
//! kept as written; whether they are right is for `checks`.

use sha2::Digest as _;

/// The rows of a RECORD, and where its text is no such list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The rows with three fields, in order.
    pub rows: Vec<Row>,
    /// Lines that are no such row.
    pub faults: Vec<RowFault>,
}

/// One file of a RECORD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line it starts on, from 1.
    pub line: usize,
    /// The path, as written.
    pub path: String,
    /// The digest, as written: `sha256=…`, or nothing.
    pub digest: String,
    /// The size, as written.
    pub size: String,
}

/// A line of RECORD that is no row of three fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The line it starts on, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: RowFaultKind,
}

/// What is wrong with a line of RECORD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFaultKind {
    /// It is empty.
    Blank,
    /// It has another number of fields than three.
    Fields(usize),
    /// A quotation does not end, or has text behind its end.
    Quotation,
}

impl Record {
    /// Reads the comma-separated rows.
    pub fn parse(text: &str) -> Self {
        let mut record = Self::default();
        let mut reader = Reader { rest: text, line: 1 };
        while !reader.rest.is_empty() {
            let line = reader.line;
            let fault = |what| RowFault { line, what };
            match reader.row() {
                Err(what) => record.faults.push(fault(what)),
                Ok(([path, digest, size], 3)) => record.rows.push(Row { line, path, digest, size }),
                Ok(([path, ..], 1)) if path.is_empty() => record.faults.push(fault(RowFaultKind::Blank)),
                Ok((_, count)) => record.faults.push(fault(RowFaultKind::Fields(count))),
            }
        }
        record
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    /// The first three fields of the row, and how many there are in all: a row may have millions.
    fn row(&mut self) -> Result<([String; 3], usize), RowFaultKind> {
        let mut fields = [const { String::new() }; 3];
        let mut count = 0;
        loop {
            let field = if self.rest.starts_with('"') { self.quoted() } else { self.plain() };
            let field = field.inspect_err(|_| self.skip_line())?;
            if let Some(place) = fields.get_mut(count) {
                *place = field;
            }
            count += 1;
            match self.rest.chars().next() {
                Some(',') => self.rest = &self.rest[1..],
                Some(_) => {
                    self.skip_line();
                    return Ok((fields, count));
                }
                None => return Ok((fields, count)),
            }
        }
    }

    fn plain(&mut self) -> Result<String, RowFaultKind> {
        let end = self.rest.find([',', '\n', '\r']).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(field.to_owned())
    }

    fn quoted(&mut self) -> Result<String, RowFaultKind> {
        let mut field = String::new();
        self.rest = &self.rest[1..];
        loop {
            let Some(end) = self.rest.find('"') else {
                self.line += self.rest.matches('\n').count();
                self.rest = "";
                return Err(RowFaultKind::Quotation);
            };
            field.push_str(&self.rest[..end]);
            self.line += self.rest[..end].matches('\n').count();
            self.rest = &self.rest[end + 1..];
            if let Some(rest) = self.rest.strip_prefix('"') {
                field.push('"');
                self.rest = rest;
            } else if self.rest.is_empty() || self.rest.starts_with([',', '\n', '\r']) {
                return Ok(field);
            } else {
                return Err(RowFaultKind::Quotation);
            }
        }
    }

    /// Goes behind the end of the line: `\n`, `\r\n` or `\r`.
    fn skip_line(&mut self) {
        let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
        let rest = &self.rest[end..];
        let rest = rest.strip_prefix('\r').unwrap_or(rest);
        self.rest = rest.strip_prefix('\n').unwrap_or(rest);
        self.line += 1;
    }
}

/// A digest algorithm that a RECORD may name and that this program computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Algorithm {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    Blake2b,
    Blake2s,
}

impl Algorithm {
    /// The algorithm that is written `name`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sha224" => Self::Sha224,
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            "sha3_256" => Self::Sha3_256,
            "sha3_384" => Self::Sha3_384,
            "sha3_512" => Self::Sha3_512,
            "blake2b" => Self::Blake2b,
            "blake2s" => Self::Blake2s,
            _ => return None,
        })
    }

    /// How many bytes its digests have.
    pub const fn digest_bytes(self) -> usize {
        match self {
            Self::Sha224 => 28,
            Self::Sha256 | Self::Sha3_256 | Self::Blake2s => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 | Self::Blake2b => 64,
        }
    }
}

/// A digest by some algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// How it was computed.
    pub algorithm: Algorithm,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Computes a [`Digest`] while bytes pass by.
pub(super) struct Digester {
    algorithm: Algorithm,
    hasher: Hasher,
}

/// SHA-256 is nearly always meant and costs no indirection; who names another one pays for it.
enum Hasher {
    Sha256(sha2::Sha256),
    Other(Box<dyn sha2::digest::DynDigest + Send>),
}

impl Digester {
    /// A digester that has seen nothing.
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let hasher = match algorithm {
            Algorithm::Sha224 => Hasher::Other(Box::<sha2::Sha224>::default()),
            Algorithm::Sha256 => Hasher::Sha256(sha2::Sha256::new()),
            Algorithm::Sha384 => Hasher::Other(Box::<sha2::Sha384>::default()),
            Algorithm::Sha512 => Hasher::Other(Box::<sha2::Sha512>::default()),
            Algorithm::Sha3_256 => Hasher::Other(Box::<sha3::Sha3_256>::default()),
            Algorithm::Sha3_384 => Hasher::Other(Box::<sha3::Sha3_384>::default()),
            Algorithm::Sha3_512 => Hasher::Other(Box::<sha3::Sha3_512>::default()),
            Algorithm::Blake2b => Hasher::Other(Box::<blake2::Blake2b512>::default()),
            Algorithm::Blake2s => Hasher::Other(Box::<blake2::Blake2s256>::default()),
        };
        Self { algorithm, hasher }
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.hasher {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Other(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all that passed.
    pub(super) fn finish(self) -> Digest {
        let bytes = match self.hasher {
            Hasher::Sha256(hasher) => hasher.finalize().to_vec(),
            Hasher::Other(hasher) => hasher.finalize().into_vec(),
        };
        Digest { algorithm: self.algorithm, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        Record::parse(text).rows.into_iter().map(|row| row.path).collect()
    }

    #[test]
    fn rows_are_read_as_csv_writers_write_them() {
        let text = "a.py,sha256=x,1\r\n\"b,\"\"c\"\".py\",,\n\"two\nlines\",sha256=y,2\nlast,,";
        assert_eq!(paths(text), ["a.py", "b,\"c\".py", "two\nlines", "last"]);
        let lines: Vec<_> = Record::parse(text).rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [1, 2, 3, 5]);
        assert_eq!(Record::parse(text).faults, []);
    }

    #[test]
    fn every_other_line_is_a_fault_and_hides_no_row() {
        let faults = |text| {
            let record = Record::parse(text);
            assert_eq!(record.rows.len(), 1, "{text:?}");
            record.faults.into_iter().map(|fault| (fault.line, fault.what)).collect::<Vec<_>>()
        };
        assert_eq!(faults("\na,,\n"), [(1, RowFaultKind::Blank)]);
        assert_eq!(faults("a,,\r\n\r\n"), [(2, RowFaultKind::Blank)]);
        assert_eq!(faults("a\nb,,\n"), [(1, RowFaultKind::Fields(1))]);
        assert_eq!(faults("a,b,c,d\nb,,\n"), [(1, RowFaultKind::Fields(4))]);
        assert_eq!(faults("\"a\"x,,\nb,,\n"), [(1, RowFaultKind::Quotation)]);
        assert_eq!(faults("b,,\n\"a,,\nc,,\n"), [(2, RowFaultKind::Quotation)]);
    }

    /// The digests of `abc` that the standards give as examples.
    #[test]
    fn digests_are_those_of_the_standards() {
        for (name, digest) in [
            ("sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("sha3_256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
            ("blake2s", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
        ] {
            let algorithm = Algorithm::named(name).expect(name);
            let mut digester = Digester::new(algorithm);
            digester.update(b"a");
            digester.update(b"bc");
            let found = digester.finish();
            let hex: String = found.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!((hex.as_str(), found.algorithm), (digest, algorithm));
        }
        for name in
            ["sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"]
        {
            let algorithm = Algorithm::named(name).expect(name);
            assert_eq!(Digester::new(algorithm).finish().bytes.len(), algorithm.digest_bytes(), "{name}");
        }
    }

    #[test]
    fn no_text_stops_the_reader() {
        let text = "a,\"b\"\"\n\",c\r\r\n,,,\n\"";
        for start in 0..text.len() {
            for end in start..text.len() {
                Record::parse(&text[start..end]);
            }
        }
    }
}
