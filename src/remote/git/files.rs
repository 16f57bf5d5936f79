//! Files as the last commit of a checkout has them.

use super::GitRead;
use crate::remote::error::RemoteError;

impl GitRead {
    /// Whether the folder lies in a checkout that has a commit. A machine without git has none that could be asked.
    pub(crate) async fn has_commit(&self) -> bool {
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}"];
        self.try_ask("looking for the last commit", &arguments)
            .await
            .is_ok_and(|answer| answer.code == Some(0))
    }

    /// The text of a file, by its path from the folder, in the last commit; `None` where that has no such file, or one that
    /// is no text.
    ///
    /// # Errors
    /// When git could not tell.
    pub(crate) async fn committed(&self, path: &str) -> Result<Option<String>, RemoteError> {
        let object = format!("HEAD:./{path}");
        let answer = self
            .try_ask(&format!("reading `{path}` in the last commit"), &["cat-file", "blob", &object])
            .await?;
        Ok(answer.text_of_file())
    }
}
