//! The lines of `credentials`. No message repeats anything of one.

use super::fault::{LineError, LineFault};
use super::numbered;
use super::registry::{Registries, RegistryName};
use crate::model::secret::Secret;

/// How a run proves to a registry that it may publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// One secret.
    Token(Secret<String>),
    /// A user name and a password.
    User {
        /// The user name.
        user: String,
        /// The password.
        password: Secret<String>,
    },
}

impl Login {
    /// The lines of the input `credentials`, each with the registry that it is for.
    ///
    /// # Errors
    /// When a line cannot be read. Nothing of it is repeated: it may be a token and nothing else.
    pub fn read(lines: &str, registries: &Registries) -> Result<Vec<(RegistryName, Self)>, LineError> {
        let mut logins: Vec<(RegistryName, Self)> = Vec::new();
        for (line, text) in numbered(lines) {
            let at = |fault| LineError { line, fault };
            let (name, rest) = text.split_once('=').ok_or_else(|| at(LineFault::CredentialForm))?;
            let registry = registries.get(name.trim()).ok_or_else(|| {
                let nearest_to = Secret::new(name.trim().to_owned());
                at(LineFault::CredentialOfNobody { nearest_to, known: registries.names() })
            })?;
            let name = registry.name.clone();
            if logins.iter().any(|(other, _)| *other == name) {
                return Err(at(LineFault::CredentialTwice { registry: name }));
            }
            let words: Vec<_> = rest.split_whitespace().collect();
            let login = match words[..] {
                [token] => Self::Token(Secret::new(token.to_owned())),
                [_, _] if !registry.is_python() => {
                    return Err(at(LineFault::UserOfCargo { registry: name }));
                }
                [user, password] => {
                    Self::User { user: user.to_owned(), password: Secret::new(password.to_owned()) }
                }
                _ => return Err(at(LineFault::CredentialForm)),
            };
            logins.push((name, login));
        }
        Ok(logins)
    }
}

/// Every text among lines of `credentials` that could be a secret: what is to be hidden before the lines are read, and
/// also of lines that cannot be.
pub fn secrets_among(lines: &str) -> Vec<&str> {
    let mut secrets = Vec::new();
    for line in lines.lines().map(str::trim) {
        match line.split_once('=') {
            Some((_, rest)) => {
                let words: Vec<_> = rest.split_whitespace().collect();
                match words[..] {
                    // A user name is no secret, and hiding it would tear holes into the log.
                    [_user, password] => secrets.push(password),
                    _ => secrets.extend(words),
                }
            }
            None => secrets.extend(line.split_whitespace()),
        }
    }
    secrets
}
