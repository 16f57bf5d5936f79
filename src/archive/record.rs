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
    Sha256,
    Sha384,
    Sha512,
    Blake2b,
    Blake2s,
}

impl Algorithm {
    /// The algorithm that is written `name`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            "blake2b" => Self::Blake2b,
            "blake2s" => Self::Blake2s,
            _ => return None,
        })
    }

    /// How many bytes its digests have.
    pub const fn digest_bytes(self) -> usize {
        match self {
            Self::Sha256 | Self::Blake2s => 32,
            Self::Sha384 => 48,
            Self::Sha512 | Self::Blake2b => 64,
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
pub(super) enum Digester {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
    Blake2b(Box<blake2::Blake2b512>),
    Blake2s(Box<blake2::Blake2s256>),
}

impl Digester {
    /// A digester that has seen nothing.
    pub(super) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Algorithm::Sha384 => Self::Sha384(sha2::Sha384::new()),
            Algorithm::Sha512 => Self::Sha512(sha2::Sha512::new()),
            Algorithm::Blake2b => Self::Blake2b(Box::default()),
            Algorithm::Blake2s => Self::Blake2s(Box::default()),
        }
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(digester) => digester.update(bytes),
            Self::Sha384(digester) => digester.update(bytes),
            Self::Sha512(digester) => digester.update(bytes),
            Self::Blake2b(digester) => digester.update(bytes),
            Self::Blake2s(digester) => digester.update(bytes),
        }
    }

    /// The digest of all that passed.
    pub(super) fn finish(self) -> Digest {
        let (algorithm, bytes) = match self {
            Self::Sha256(digester) => (Algorithm::Sha256, digester.finalize().to_vec()),
            Self::Sha384(digester) => (Algorithm::Sha384, digester.finalize().to_vec()),
            Self::Sha512(digester) => (Algorithm::Sha512, digester.finalize().to_vec()),
            Self::Blake2b(digester) => (Algorithm::Blake2b, digester.finalize().to_vec()),
            Self::Blake2s(digester) => (Algorithm::Blake2s, digester.finalize().to_vec()),
        };
        Digest { algorithm, bytes }
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
