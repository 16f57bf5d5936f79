//! Requirements on other distributions (PEP 508): `requests[socks]>=2; python_version < "3.12"`.

use std::str::FromStr;

use super::GrammarError;
use super::marker;
use super::specifier::{SpecifierSet, prefix, trailing};
use super::tokens::Tokens;

pub use super::marker::{Comparison, Operand};

/// A requirement, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The project, as written.
    pub name: String,
    /// The extras, as written.
    pub extras: Vec<String>,
    /// The address, where the requirement names one instead of versions.
    pub url: Option<String>,
    /// The versions.
    pub specifiers: SpecifierSet,
    /// The marker's comparisons in the order in which they are written; empty without a marker.
    pub comparisons: Vec<Comparison>,
}

impl FromStr for Requirement {
    type Err = GrammarError;

    fn from_str(text: &str) -> Result<Self, GrammarError> {
        GrammarError::if_too_long(text)?;
        let mut tokens = Tokens::new(text);
        tokens.blanks();
        let name = tokens.identifier().ok_or_else(|| tokens.error("expected the name of a project"))?;
        tokens.blanks();
        let extras = extras(&mut tokens)?;
        tokens.blanks();
        let mut requirement = Self {
            name: name.to_owned(),
            extras,
            url: None,
            specifiers: SpecifierSet::default(),
            comparisons: Vec::new(),
        };
        if tokens.eat('@') {
            tokens.blanks();
            let url = tokens.until_blank();
            if url.is_empty() {
                return Err(tokens.error("expected an address behind `@`"));
            }
            requirement.url = Some(url.to_owned());
            let is_apart = tokens.blanks();
            if tokens.is_at_end() {
                return Ok(requirement);
            }
            if !is_apart || !tokens.eat(';') {
                return Err(tokens.error("expected the end or a semicolon with a blank before it"));
            }
        } else {
            requirement.specifiers = specifiers(&mut tokens)?;
            tokens.blanks();
            if tokens.is_at_end() {
                return Ok(requirement);
            }
            if !tokens.eat(';') {
                return Err(tokens.error("expected a version specifier, a semicolon or the end"));
            }
        }
        requirement.comparisons = marker::comparisons(&mut tokens)?;
        tokens.end("of the marker")?;
        Ok(requirement)
    }
}

fn extras(tokens: &mut Tokens<'_>) -> Result<Vec<String>, GrammarError> {
    let mut extras = Vec::new();
    if !tokens.eat('[') {
        return Ok(extras);
    }
    tokens.blanks();
    let mut next = tokens.identifier();
    while let Some(extra) = next {
        extras.push(extra.to_owned());
        tokens.blanks();
        if !tokens.eat(',') {
            break;
        }
        tokens.blanks();
        let extra = tokens.identifier().ok_or_else(|| tokens.error("expected an extra behind the comma"))?;
        next = Some(extra);
    }
    tokens.blanks();
    if tokens.eat(']') { Ok(extras) } else { Err(tokens.error("expected a comma or `]` among the extras")) }
}

/// The specifiers, with or without parentheses around them.
fn specifiers(tokens: &mut Tokens<'_>) -> Result<SpecifierSet, GrammarError> {
    let is_enclosed = tokens.eat('(');
    tokens.blanks();
    let start = tokens.position();
    // Arbitrary equality swallows commas, so what is read here is split once more: `packaging` does the same.
    let mut joined = String::new();
    while tokens.rest().starts_with(['~', '=', '!', '<', '>']) {
        let found = prefix(tokens.rest()).map_err(|error| tokens.moved(error))?;
        joined.push_str(&tokens.rest()[..found.end]);
        tokens.skip(found.end);
        if tokens.rest().starts_with(['.', '+']) {
            return Err(tokens.error(trailing(found.operator, tokens.rest())));
        }
        tokens.blanks();
        if !tokens.eat(',') {
            break;
        }
        joined.push(',');
        tokens.blanks();
    }
    tokens.blanks();
    if is_enclosed && !tokens.eat(')') {
        return Err(tokens.error("expected `)` behind the version specifiers"));
    }
    joined.parse().map_err(|error: GrammarError| GrammarError::in_bytes(tokens.text(), start, error.what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Requirement {
        text.parse().expect(text)
    }

    #[test]
    fn a_requirement_comes_apart() {
        let found = read(" Foo.bar [a_1 , B]>=2 , !=2.1.* ; python_version < '3.12' and extra==\"x\"");
        assert_eq!((found.name.as_str(), found.url), ("Foo.bar", None));
        assert_eq!(found.extras, ["a_1", "B"]);
        assert_eq!(found.specifiers.to_string(), ">=2,!=2.1.*");
        let [version, extra] = &found.comparisons[..] else { panic!("{:?}", found.comparisons) };
        assert_eq!(version.operator, "<");
        assert_eq!(extra.left, Operand::Variable("extra".into()));
        let found = read("foo[x]@https://example.org/a;b ; os_name=='nt'");
        assert_eq!((found.url.as_deref(), found.comparisons.len()), (Some("https://example.org/a;b"), 1));
    }

    #[test]
    fn odd_spellings_are_read_as_the_judge_reads_them() {
        for (text, name, specifiers) in [
            ("foo ()", "foo", ""),
            ("foo(>=1)", "foo", ">=1"),
            ("foo ( >=1, ) ", "foo", ">=1"),
            ("foo_>1", "foo_", ">1"),
            ("foo[]==1.0.*", "foo", "==1.0.*"),
            ("foo===1,>=2", "foo", "===1,>=2"),
            ("foo===", "foo", "==="),
            ("foo ==\n1", "foo", "==1"),
        ] {
            let found = read(text);
            assert_eq!((found.name.as_str(), found.specifiers.to_string().as_str()), (name, specifiers));
        }
    }

    #[test]
    fn bad_requirements_say_where_and_why() {
        for (text, at, what) in [
            ("", 1, "name of a project"),
            ("-foo", 1, "name of a project"),
            ("foo bar", 5, "expected a version specifier"),
            ("foo-", 4, "expected a version specifier"),
            ("foo=1", 4, "expected one of"),
            ("foo~=1", 6, "two numbers"),
            ("foo>=1.*", 7, "not with `>=`"),
            ("foo>=1+x", 7, "a local version"),
            ("foo>=1 <2", 8, "expected a version specifier"),
            ("foo(>=1", 8, "expected `)`"),
            ("foo[a", 6, "among the extras"),
            ("foo[a b]", 7, "among the extras"),
            ("foo[a,]", 7, "an extra behind the comma"),
            ("foo @", 6, "an address"),
            ("foo @ x os_name", 9, "expected the end"),
            ("foo===1,bar", 4, "expected one of"),
            ("foo;", 5, "a variable"),
            ("é; é", 1, "name of a project"),
            ("foo; os_name == 'é' x", 21, "end of the marker"),
        ] {
            let error = text.parse::<Requirement>().expect_err(text);
            assert!(error.at == at && error.what.contains(what), "{text}: {error}");
        }
    }
}
