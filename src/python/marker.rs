//! Environment markers: `python_version < "3.12" and (os_name == "nt" or extra == "x")`.
//!
//! Only the comparisons are kept. How they are joined is read and held to the grammar, but nothing here evaluates.

use super::GrammarError;
use super::specifier::OPERATORS;
use super::text_literal;
use super::tokens::Tokens;

/// One comparison of a marker; `packaging` does not ask that one of the operands be a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The left operand.
    pub left: Operand,
    /// `<`, `==`, `in`, `not in` and so on.
    pub operator: String,
    /// The right operand.
    pub right: Operand,
}

/// An operand of a marker's comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A variable of the environment by its modern name: `python_version`, `os_name` for `os.name`.
    Variable(String),
    /// A text, without its quotes.
    Text(String),
}

/// The variables, old spellings among them.
const VARIABLES: &[&str] = &[
    "python_version",
    "python_full_version",
    "os_name",
    "os.name",
    "sys_platform",
    "sys.platform",
    "platform_release",
    "platform_system",
    "platform_version",
    "platform.version",
    "platform_machine",
    "platform.machine",
    "platform_python_implementation",
    "platform.python_implementation",
    "python_implementation",
    "implementation_name",
    "implementation_version",
    "extras",
    "extra",
    "dependency_groups",
];

/// Nobody nests so deep, and `packaging` itself ends in a traceback some hundreds of levels later.
const DEEPEST: usize = 200;

/// Reads a marker as far as it goes.
pub(super) fn comparisons(tokens: &mut Tokens<'_>) -> Result<Vec<Comparison>, GrammarError> {
    let mut found = Vec::new();
    let mut depth = 0;
    loop {
        tokens.blanks();
        while tokens.eat('(') {
            depth += 1;
            if depth > DEEPEST {
                return Err(tokens.error(format!("parentheses are nested more than {DEEPEST} deep")));
            }
            tokens.blanks();
        }
        found.push(comparison(tokens)?);
        loop {
            tokens.blanks();
            if tokens.eat_word(&["and", "or"]).is_some() {
                break;
            }
            if depth == 0 {
                return Ok(found);
            }
            if !tokens.eat(')') {
                return Err(tokens.error("expected `and`, `or` or `)`"));
            }
            depth -= 1;
        }
    }
}

fn comparison(tokens: &mut Tokens<'_>) -> Result<Comparison, GrammarError> {
    let left = operand(tokens)?;
    tokens.blanks();
    let operator = operator(tokens)?;
    tokens.blanks();
    Ok(Comparison { left, operator, right: operand(tokens)? })
}

fn operator(tokens: &mut Tokens<'_>) -> Result<String, GrammarError> {
    if tokens.eat_word(&["in"]).is_some() {
        return Ok("in".to_owned());
    }
    if tokens.eat_word(&["not"]).is_some() {
        let is_apart = tokens.blanks();
        return match tokens.eat_word(&["in"]) {
            Some(_) if is_apart => Ok("not in".to_owned()),
            _ => Err(tokens.error("expected `in` behind `not`")),
        };
    }
    match OPERATORS.iter().find(|operator| tokens.rest().starts_with(**operator)) {
        Some(operator) => {
            tokens.skip(operator.len());
            Ok((*operator).to_owned())
        }
        None => Err(tokens.error("expected an operator such as `==`, `<`, `in` or `not in`")),
    }
}

fn operand(tokens: &mut Tokens<'_>) -> Result<Operand, GrammarError> {
    if let Some(variable) = tokens.eat_word(VARIABLES) {
        let variable = match variable {
            "python_implementation" => "platform_python_implementation".to_owned(),
            variable => variable.replace('.', "_"),
        };
        return Ok(Operand::Variable(variable));
    }
    let rest = tokens.rest();
    let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Err(tokens.error("expected a variable such as `python_version`, or a text in quotes"));
    };
    let Some((text, _)) = rest[1..].split_once(quote) else {
        return Err(tokens.error("the quote is not closed"));
    };
    let value = text_literal::value(text).map_err(|what| tokens.error(what))?;
    tokens.skip(text.len() + 2);
    Ok(Operand::Text(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Comparison>, GrammarError> {
        let mut tokens = Tokens::new(text);
        let found = comparisons(&mut tokens)?;
        tokens.end("of the marker").map(|()| found)
    }

    #[test]
    fn every_comparison_is_recorded() {
        let found = read("( os.name=='nt'or \"x\" not  in extras)and((python_implementation===\"C\\x50\"))");
        let told: Vec<_> = found
            .expect("a marker")
            .into_iter()
            .map(|Comparison { left, operator, right }| format!("{left:?} {operator} {right:?}"))
            .collect();
        assert_eq!(
            told,
            [
                "Variable(\"os_name\") == Text(\"nt\")",
                "Text(\"x\") not in Variable(\"extras\")",
                "Variable(\"platform_python_implementation\") === Text(\"CP\")",
            ]
        );
    }

    #[test]
    fn bad_markers_say_where_and_why() {
        for (text, at, what) in [
            ("", 1, "expected a variable"),
            ("python == '3'", 1, "expected a variable"),
            ("os_names == '3'", 1, "expected a variable"),
            ("os_name '3'", 9, "expected an operator"),
            ("os_name = '3'", 9, "expected an operator"),
            ("os_name not '3'", 13, "behind `not`"),
            ("os_name notin '3'", 9, "expected an operator"),
            ("os_name == '3", 12, "not closed"),
            ("os_name == \"C:\\\"", 12, "backslash"),
            ("(os_name == '3'", 16, "expected `and`"),
            ("os_name == '3')", 15, "end of the marker"),
            ("os_name == '3' and", 19, "expected a variable"),
            ("os_name == '3' AND os_name == '3'", 16, "end of the marker"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.at == at && error.what.contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn depth_has_an_end() {
        let nested = |depth: usize| format!("{}os_name == ''{}", "(".repeat(depth), ")".repeat(depth));
        assert!(read(&nested(DEEPEST)).is_ok());
        assert!(read(&nested(1_000_000)).is_err_and(|error| error.what.contains("nested")));
    }
}
