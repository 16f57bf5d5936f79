//! What the texts of one artifact state, and whether its files bear them out.

use std::collections::HashMap;

use serde::Deserialize;

use super::resolve::{At, Index, folder_of, name_of};
use super::rules::{ABSENT, BAD_TEXT, META_CHECKSUM, MISMATCH, NOT_LISTED};
use super::{Custody, Held, Holding, MOST_NAMES, Text, Verdict, names, shown};
use crate::archive::Limits;
use crate::archive::checksums::{self, Checksums, Listed, meta};
use crate::model::digest::Sha256;
use crate::model::manifest::Manifest;
use crate::remote::disk::manifest_v1;
use crate::report::Finding;

/// Lists of checksums, by their names.
const LISTS: [&str; 3] = ["SHA256SUMS", "SHA256SUMS.txt", "CHECKSUMS.sha256"];
/// What people read about the files.
const ACCOUNTS: [&str; 2] = ["VALIDATION.txt", "build-info.txt"];
const MANIFEST: &str = "manifest.json";
const META: &str = ".meta";
/// No record is longer, since each is held in memory once; what is longer is something else.
const LONGEST_RECORD: u64 = 16 << 20;
/// What the schemas of this program begin with; other tools call other things `manifest.json`.
const OURS: &str = "release-action/";

/// Whether a file at `path` may state digests of others.
pub(super) fn is_statement(path: &str) -> bool {
    let name = name_of(path);
    LISTS.contains(&name) || name == MANIFEST || name.ends_with(META)
}

/// Whether a file at `path` is an account for people.
pub(super) fn is_account(path: &str) -> bool {
    ACCOUNTS.contains(&name_of(path))
}

/// What one text states.
struct Statement {
    /// Which file it is.
    at: usize,
    says: Says,
}

enum Says {
    List(Checksums),
    Manifest(Box<Manifest>),
    /// Of the file at this number.
    Meta {
        about: usize,
        sha256: Sha256,
        size_bytes: Option<u64>,
    },
}

/// What the texts of an artifact state.
pub(super) struct Statements {
    artifact: String,
    told: Vec<(String, Statement)>,
}

/// A file's digest, and perhaps its size, as a text states it.
struct Claim<'a> {
    path: &'a str,
    place: String,
    sha256: Sha256,
    size_bytes: Option<u64>,
}

impl Statements {
    /// Reads the texts of an artifact, and says which of its files are records.
    pub(super) fn read(holding: &Holding, verdicts: &mut [Verdict], findings: &mut Vec<Finding>) -> Self {
        let by_path: HashMap<_, _> =
            holding.files.iter().enumerate().map(|(at, file)| (file.path.as_str(), at)).collect();
        let about = |meta: &str| by_path.get(meta.strip_suffix(META)?).copied();
        let (mut told, mut bad) = (Vec::new(), 0);
        for (at, file) in holding.files.iter().enumerate() {
            verdicts[at].is_record = is_record(file);
            match statement(holding, file, about) {
                Ok(Some(says)) => {
                    verdicts[at].is_meta = matches!(says, Says::Meta { .. });
                    told.push((file.path.clone(), Statement { at, says }));
                }
                Ok(None) => {}
                Err(_) if bad == MOST_NAMES => {}
                Err(why) => {
                    bad += 1;
                    let finding = BAD_TEXT.finding(why).in_file(holding.name.clone());
                    findings.push(finding.at(file.path.clone()));
                }
            }
        }
        Self { artifact: holding.name.clone(), told }
    }

    /// The manifests, each with artifact and path.
    pub(super) fn into_manifests(self) -> impl Iterator<Item = (String, Manifest)> {
        let Self { artifact, told } = self;
        told.into_iter().filter_map(move |(path, Statement { at: _, says })| match says {
            Says::Manifest(manifest) => Some((format!("{artifact}/{path}"), *manifest)),
            Says::List(_) | Says::Meta { .. } => None,
        })
    }

    /// Holds the files of the artifacts `about` to what the texts of artifact `at` state.
    pub(super) fn judge(&self, holdings: &[Holding], at: usize, about: &[usize], custody: &mut Custody) {
        let index = Index::of(holdings, about);
        let (mut lists, mut short) = (false, 0);
        for (path, statement) in &self.told {
            let by = format!("{}/{path}", self.artifact);
            let claims = claims(statement, &holdings[at]);
            lists |= !matches!(statement.says, Says::Meta { .. });
            let mut absent = Vec::new();
            for claim in &claims {
                let found = match statement.says {
                    Says::Meta { about, .. } => vec![(at, about)],
                    _ => index.find(folder_of(path), claim.path),
                };
                // A shell makes the list before it asks for the digests, so a list may name itself.
                let found: Vec<At> = found.into_iter().filter(|found| *found != (at, statement.at)).collect();
                let is_itself = claim.path == name_of(path);
                if found.is_empty() && !is_itself {
                    absent.push(claim.path);
                }
                found.into_iter().for_each(|found| hold(claim, &by, found, holdings, custody));
            }
            short += usize::from(!absent.is_empty());
            if !absent.is_empty() && short <= MOST_NAMES {
                let where_from = if about == [at] { "the artifact has" } else { "the artifacts have" };
                let message = format!("{where_from} no {}", names(&absent));
                custody
                    .findings
                    .push(ABSENT.finding(message).in_file(self.artifact.clone()).at(path.clone()));
            }
        }
        self.judge_lists(&holdings[at], at, custody);
        if lists && about == [at] {
            self.unlisted(&holdings[at], at, custody);
        }
        // A file that is no archive is the artifact itself, so the artifact's digest is its own.
        for (number, file) in holdings[at].files.iter().enumerate() {
            if holdings[at].sha256 == Some(file.hashes.sha256) {
                custody.verdicts[at][number].proofs.insert(self.artifact.clone());
            }
        }
    }

    /// Files that no text speaks of, although some list the artifact's files.
    fn unlisted(&self, holding: &Holding, at: usize, custody: &mut Custody) {
        let unlisted: Vec<_> = holding
            .files
            .iter()
            .zip(&custody.verdicts[at])
            .filter(|(_, verdict)| verdict.needs_proof() && !verdict.is_wrong)
            .map(|(file, _)| file.path.as_str())
            .collect();
        let finding = match &*unlisted {
            [] => return,
            [only] => NOT_LISTED.finding("no list of the artifact names it").at(*only),
            all => NOT_LISTED.finding(format!("no list of the artifact names {}", names(all))),
        };
        custody.findings.push(finding.in_file(self.artifact.clone()));
    }

    /// Holds the lists themselves to the digest that the artifact's name ends with.
    fn judge_lists(&self, holding: &Holding, at: usize, custody: &mut Custody) {
        let Some(stated) = digest_of_name(&self.artifact) else { return };
        let lists: Vec<_> =
            self.told.iter().filter(|(_, statement)| matches!(statement.says, Says::List(_))).collect();
        let fits = |(_, statement): &&&(String, Statement)| {
            custody.plain.has((at, statement.at), &holding.files[statement.at], stated)
        };
        match (lists.iter().find(fits), lists.first()) {
            (Some((_, statement)), _) => {
                custody.verdicts[at][statement.at].proofs.insert(self.artifact.clone());
            }
            (None, Some((path, statement))) => {
                let found = holding.files[statement.at].hashes.sha256;
                let message = format!("the artifact's name states sha256 {stated}, and the list has {found}");
                let finding = META_CHECKSUM.finding(message).in_file(self.artifact.clone());
                custody.findings.push(finding.at(path.clone()));
            }
            (None, None) => {}
        }
    }
}

/// What the statement says of single files.
fn claims<'a>(statement: &'a Statement, holding: &'a Holding) -> Vec<Claim<'a>> {
    match &statement.says {
        Says::List(list) => list
            .lines
            .iter()
            .map(|Listed { path, sha256, line }| Claim {
                path,
                place: format!(", line {line},"),
                sha256: *sha256,
                size_bytes: None,
            })
            .collect(),
        Says::Manifest(manifest) => manifest
            .artifacts()
            .iter()
            .map(|artifact| Claim {
                path: artifact.file_name.as_str(),
                place: String::new(),
                sha256: artifact.sha256,
                size_bytes: Some(artifact.size_bytes),
            })
            .collect(),
        Says::Meta { about, sha256, size_bytes } => vec![Claim {
            path: &holding.files[*about].path,
            place: String::new(),
            sha256: *sha256,
            size_bytes: *size_bytes,
        }],
    }
}

/// Compares one file with what is claimed of it.
fn hold(claim: &Claim<'_>, by: &str, found: At, holdings: &[Holding], custody: &mut Custody) {
    let (holding, number) = found;
    let file = &holdings[holding].files[number];
    let Claim { path: _, place, sha256, size_bytes } = claim;
    let by_shown = shown(by);
    let is_list = checksums_name(&file.path);
    let message = if !custody.plain.has(found, file, *sha256) {
        format!("`{by_shown}`{place} states sha256 {sha256}, and it has sha256 {}", file.hashes.sha256)
    } else if let Some(stated) = size_bytes.filter(|stated| *stated != file.hashes.size_bytes) {
        format!("`{by_shown}`{place} states {stated} bytes, and it has {}", file.hashes.size_bytes)
    } else {
        custody.verdicts[holding][number].proofs.insert(by.to_owned());
        return;
    };
    custody.verdicts[holding][number].is_wrong = true;
    let rule = if is_list { META_CHECKSUM } else { MISMATCH };
    custody.mismatches += 1;
    // The first ones tell what is wrong; a list of another build would fill the page.
    if custody.mismatches <= MOST_NAMES {
        let finding = rule.finding(message).in_file(holdings[holding].name.clone());
        custody.findings.push(finding.at(file.path.clone()));
    }
}

fn checksums_name(path: &str) -> bool {
    LISTS.contains(&name_of(path))
}

/// The digests of lists without the line ends of Windows, where they have such. They are taken once: how often a list is
/// named is up to a stranger.
#[derive(Debug, Default)]
pub(super) struct Plain(HashMap<At, Sha256>);

impl Plain {
    pub(super) fn of(holdings: &[Holding]) -> Self {
        let plain = |file: &Held| match &file.text {
            Text::Read(bytes) if checksums_name(&file.path) && bytes.contains(&b'\r') => {
                let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
                Some(Sha256::of(&bytes))
            }
            Text::Read(_) | Text::Unasked | Text::TooLong => None,
        };
        let all = holdings.iter().enumerate().flat_map(|(at, holding)| {
            holding
                .files
                .iter()
                .enumerate()
                .filter_map(move |(number, file)| Some(((at, number), plain(file)?)))
        });
        Self(all.collect())
    }

    /// Whether the file has this digest, with the line ends of Windows or, if it is a list, without them.
    fn has(&self, at: At, file: &Held, sha256: Sha256) -> bool {
        file.hashes.sha256 == sha256 || self.0.get(&at) == Some(&sha256)
    }
}

/// The digest at the end of an artifact's name.
fn digest_of_name(name: &str) -> Option<Sha256> {
    name.rsplit_once('-')?.1.parse().ok()
}

/// Whether the file is kept as a record and not released. A `.meta` file stays beside its archive, unless that is a record.
/// A list that is too long to be read is a finding; whatever else is too long to be one is no record.
fn is_record(file: &Held) -> bool {
    let name = name_of(&file.path);
    let is_meta_of_list = name.strip_suffix(META).is_some_and(|list| LISTS.contains(&list));
    let is_short = file.hashes.size_bytes <= LONGEST_RECORD;
    LISTS.contains(&name)
        || (is_short && (is_account(&file.path) || is_meta_of_list))
        || (name == MANIFEST && schema(file).is_some())
}

/// Whether what is called like a statement is one by its text too, or has to be told as a bad one.
pub(super) fn speaks(path: &str, bytes: &[u8]) -> bool {
    let name = name_of(path);
    match name.strip_suffix(META) {
        _ if name == MANIFEST => schema_of(bytes).is_some(),
        Some(about) if !LISTS.contains(&about) => {
            !matches!(meta::parse(bytes, &Limits::default()), Ok(None) | Err(meta::MetaError::Text(_)))
        }
        _ => true,
    }
}

/// The schema of a manifest of this program.
fn schema(file: &Held) -> Option<String> {
    let Text::Read(bytes) = &file.text else { return None };
    schema_of(bytes)
}

fn schema_of(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let Head { schema } = serde_json::from_slice(bytes).ok()?;
    schema.starts_with(OURS).then_some(schema)
}

/// What the file states, or why that cannot be understood.
fn statement(
    holding: &Holding,
    file: &Held,
    about: impl Fn(&str) -> Option<usize>,
) -> Result<Option<Says>, String> {
    let name = name_of(&file.path);
    let bytes = match &file.text {
        Text::Unasked => return Ok(None),
        Text::Read(bytes) => bytes,
        Text::TooLong if LISTS.contains(&name) => {
            return Err("all such files together are longer than they may be".to_owned());
        }
        // It is one that states digests (see `speaks`), as far as it has something to state them of.
        Text::TooLong
            if file.hashes.size_bytes <= LONGEST_RECORD
                && (name == MANIFEST || about(&file.path).is_some()) =>
        {
            return Err("all such files together are longer than they may be".to_owned());
        }
        Text::TooLong => return Ok(None),
    };
    let limits = Limits::default();
    if LISTS.contains(&name) {
        let list = checksums::parse(bytes, &limits).map_err(|error| error.to_string())?;
        return Ok(Some(Says::List(list)));
    }
    if name == MANIFEST {
        return match schema(file) {
            Some(schema) if schema.starts_with("release-action/manifest/") => {
                let text = String::from_utf8_lossy(bytes);
                let manifest = manifest_v1::from_json(&text).map_err(|error| chain(&error))?;
                Ok(Some(Says::Manifest(Box::new(manifest))))
            }
            _ => Ok(None),
        };
    }
    let Some(about) = about(&file.path) else { return Ok(None) };
    match meta::parse(bytes, &limits) {
        Ok(Some(meta::Meta { sha256, size_bytes, pairs: _ })) => {
            Ok(Some(Says::Meta { about, sha256, size_bytes }))
        }
        Ok(None) if checksums_name(&holding.files[about].path) => {
            Err("it states no digest of 64 hexadecimal digits".to_owned())
        }
        // What other tools call `.meta` may be anything.
        Ok(None) | Err(meta::MetaError::Text(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
