//! From the inputs about registries to their readers and writers. One place knows which credential goes where.

use std::collections::BTreeMap;

use super::{RequestError, Requests};
use crate::action::error::InputError;
use crate::action::nearest::nearest;
use crate::model::endpoints::Endpoint;
use crate::model::secret::Secret;
use crate::model::target::{
    INDEX, LineError, Login, Registries, Registry, RegistryKind, RegistryName, Target,
};
use crate::remote::cargo::CargoCredential;
use crate::remote::cargo::read::CargoRead;
use crate::remote::cargo::write::CargoWrite;
use crate::remote::http::Http;
use crate::remote::oidc::AmbientIdentity;
use crate::remote::pypi::Credential;
use crate::remote::pypi::read::IndexRead;
use crate::remote::pypi::write::IndexWrite;

/// The user name that goes with a token of a Python index.
const TOKEN_USER: &str = "__token__";

/// The inputs that belong to the registry `index`.
const OF_INDEX: [&str; 4] = ["repository-url", "index-url", "user", "password"];

/// The registries of a run, with what was given to get into them.
#[derive(Debug)]
pub(in super::super) struct Access {
    registries: Registries,
    logins: BTreeMap<RegistryName, Login>,
    http: Http,
}

impl Access {
    /// Whether a token or password was given for it. Without one, trusted publishing is tried.
    pub(in super::super) fn has_login(&self, registry: &Registry) -> bool {
        self.logins.contains_key(&registry.name)
    }

    fn token(&self, registry: &Registry) -> Option<Secret<String>> {
        match self.logins.get(&registry.name)? {
            Login::Token(token) => Some(token.clone()),
            // The reader of the lines lets none pass that is for crates.
            Login::User { user: _, password } => Some(password.clone()),
        }
    }
}

impl Requests<'_> {
    /// The registries and the credentials, from all inputs that the mode has for them.
    ///
    /// # Errors
    /// When a line cannot be read. No message repeats a line of `credentials`.
    pub(in super::super) fn access(&self) -> Result<Access, RequestError> {
        let index = self.index()?;
        let lines = self.inputs.text("registries").unwrap_or_default();
        let registries =
            Registries::read(index, lines).map_err(|error| self.bad_line("registries", &error))?;
        let lines = self.inputs.text("credentials").unwrap_or_default();
        let logins = Login::read(lines, &registries).map_err(|error| self.bad_line("credentials", &error))?;
        let mut logins: BTreeMap<_, _> = logins.into_iter().collect();
        if self.inputs.has("password")
            && let Some(password) = self.inputs.secret("password")
        {
            let name: RegistryName = INDEX.parse().expect("it is a good name");
            let login = Login::User { user: self.inputs.required("user")?.to_owned(), password };
            if logins.insert(name, login).is_some() {
                let why = "`credentials` has a line for `index`, too";
                let hint = "the password belongs to the registry `index`: leave out one of the two";
                return Err(self.inputs.refused("password", why, Some(hint)).into());
            }
        }
        Ok(Access { registries, logins, http: Http::new(self.surroundings)? })
    }

    /// The registry that is called `index`.
    fn index(&self) -> Result<Registry, InputError> {
        let default = Registries::default_index();
        if !self.inputs.has("repository-url") {
            return Ok(default);
        }
        let upload: Endpoint =
            self.inputs.parsed("repository-url")?.ok_or_else(|| self.inputs.missing("repository-url"))?;
        let index = match self.inputs.parsed::<Endpoint>("index-url")? {
            Some(index) => index,
            None => upload.known_index().ok_or_else(|| {
                let why = "it is neither PyPI's nor TestPyPI's, so the index that belongs to it is not known";
                self.inputs.refused(
                    "repository-url",
                    why,
                    Some("give its simple index as `index-url`: what is there already is asked there"),
                )
            })?,
        };
        Ok(Registry { kind: RegistryKind::Python { upload, index }, ..default })
    }

    /// The lines of `targets`; without any, everything that `index` takes goes there.
    ///
    /// # Errors
    /// When a line cannot be read, or something was given for a registry that no line names.
    pub(in super::super) fn targets(&self, access: &Access) -> Result<Vec<Target>, InputError> {
        let read = match self.inputs.text("targets") {
            Some(lines) => Target::read(lines, &access.registries),
            None => Ok(Vec::new()),
        };
        let targets = read.map_err(|error| self.bad_line("targets", &error))?;
        if targets.is_empty() {
            let index = access.registries.get(INDEX).expect("every run knows it");
            let targets = vec![Target::everything(index.clone())];
            self.refuse_idle(access, &targets)?;
            return Ok(targets);
        }
        self.refuse_idle(access, &targets)?;
        Ok(targets)
    }

    /// What was given for a registry where nothing goes: whoever gave it believes that something does.
    fn refuse_idle(&self, access: &Access, targets: &[Target]) -> Result<(), InputError> {
        let is_named = |name: &str| targets.iter().any(|target| target.registry.name.as_str() == name);
        let given = OF_INDEX.into_iter().find(|name| self.inputs.has(name) && self.inputs.is_given(name));
        if let Some(given) = given.filter(|_| !is_named(INDEX)) {
            let why = format!("it belongs to `{INDEX}`, which no line of `targets` names");
            let hint = format!(
                "add a line for `{INDEX}`, or leave it out: other registries are told by `registries` and `credentials`"
            );
            return Err(self.inputs.refused(given, why, Some(&hint)));
        }
        if let Some(name) = access.logins.keys().find(|name| !is_named(name.as_str())) {
            let why = format!("a line is for `{name}`, where nothing goes");
            let hint = if self.inputs.text("targets").is_some() {
                format!("no line of `targets` names `{name}`: add one, or leave the credential out")
            } else {
                format!(
                    "without `targets` everything goes to `{INDEX}`: name `{name}` there, or leave the credential out"
                )
            };
            return Err(self.inputs.refused("credentials", why, Some(&hint)));
        }
        Ok(())
    }

    /// The input is named with its line, and the word that was likely meant.
    fn bad_line(&self, input: &'static str, error: &LineError) -> InputError {
        let meant = error.fault.mistyped().and_then(|(word, candidates)| nearest(word, candidates));
        let hint = meant.map(|meant| format!("did you mean `{meant}`?"));
        let hint = hint.or_else(|| error.fault.choices());
        let hint = hint.unwrap_or_else(|| "`docs/publishing.md` says what a line may be".to_owned());
        self.inputs.refused(input, error.to_string(), Some(&hint))
    }

    /// A reader of a registry of Python packages.
    ///
    /// # Errors
    /// When it takes crates.
    pub(in super::super) fn python_read(
        &self,
        access: &Access,
        registry: &Registry,
    ) -> Result<IndexRead, RequestError> {
        let RegistryKind::Python { upload, index } = &registry.kind else {
            return Err(self.of_another_kind(registry, "crates").into());
        };
        // PyPI's tokens are for uploads; an index of one's own may ask readers for the same user and password. They
        // were given for the upload: a reader on another host, such as a public mirror, does not learn them.
        let is_home = upload.url().origin() == index.url().origin() && upload.known_index().is_none();
        let basic = access.logins.get(&registry.name).filter(|_| is_home).map(|login| match login {
            Login::Token(token) => (TOKEN_USER.to_owned(), token.clone()),
            Login::User { user, password } => (user.clone(), password.clone()),
        });
        Ok(IndexRead::new(access.http.clone(), index.clone(), basic))
    }

    /// A writer to a registry of Python packages: with what was given for it, else as a trusted publisher.
    ///
    /// # Errors
    /// When it takes crates, or nothing was given and the runner lends no identity.
    pub(in super::super) fn python_write(
        &self,
        access: &Access,
        registry: &Registry,
    ) -> Result<IndexWrite, RequestError> {
        let RegistryKind::Python { upload, index: _ } = &registry.kind else {
            return Err(self.of_another_kind(registry, "crates").into());
        };
        let credential = match access.logins.get(&registry.name) {
            Some(Login::Token(token)) => {
                Credential::Password { user: TOKEN_USER.to_owned(), password: token.clone() }
            }
            Some(Login::User { user, password }) => {
                Credential::Password { user: user.clone(), password: password.clone() }
            }
            None => Credential::TrustedPublishing(self.identity()?),
        };
        let read = self.python_read(access, registry)?;
        Ok(IndexWrite::new(access.http.clone(), upload.clone(), read, credential))
    }

    /// A reader of a registry of crates. A token goes to its index only where that asks readers for one.
    ///
    /// # Errors
    /// When it takes wheels and sdists.
    pub(in super::super) fn cargo_read(
        &self,
        access: &Access,
        registry: &Registry,
    ) -> Result<CargoRead, RequestError> {
        let RegistryKind::Cargo { index } = &registry.kind else {
            return Err(self.of_another_kind(registry, "wheels and sdists").into());
        };
        Ok(CargoRead::new(access.http.clone(), index.clone(), access.token(registry)))
    }

    /// A writer to a registry of crates: with the token that was given for it, else as a trusted publisher.
    ///
    /// # Errors
    /// When it takes wheels and sdists, or no token was given and the runner lends no identity.
    pub(in super::super) fn cargo_write(
        &self,
        access: &Access,
        registry: &Registry,
    ) -> Result<CargoWrite, RequestError> {
        let credential = match access.token(registry) {
            Some(token) => CargoCredential::Token(token),
            None => CargoCredential::TrustedPublishing(self.identity()?),
        };
        let read = self.cargo_read(access, registry)?;
        Ok(CargoWrite::new(access.http.clone(), read, credential))
    }

    fn of_another_kind(&self, registry: &Registry, takes: &str) -> InputError {
        self.inputs.refused("targets", format!("`{registry}` takes {takes}"), None)
    }

    /// The identity that the runner lends the job, where no credential was given.
    ///
    /// # Errors
    /// When the runner lends none.
    pub(in super::super) fn identity(&self) -> Result<AmbientIdentity, RequestError> {
        let lent = self.runner.identity.as_ref();
        let (url, token) = (lent.map(|lent| lent.url.clone()), lent.map(|lent| lent.token.clone()));
        Ok(AmbientIdentity::of_runner(url, token)?)
    }
}
