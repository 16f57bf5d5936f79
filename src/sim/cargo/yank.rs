//! Yanking a version, and taking that back. Both may be asked for again.

use serde_json::json;

use super::Crates;
use super::refusal::{Checked, Refusal};
use super::tokens::{Action, Holder};
use crate::sim::{Request, Response};

/// `DELETE /api/v1/crates/NAME/VERSION/yank`, and `PUT …/unyank`.
///
/// # Errors
/// 403 when this is not the owner, 404 when there is no such version.
pub(super) fn answer(
    registry: &mut Crates,
    request: &Request,
    name: &str,
    version: &str,
    yanked: bool,
) -> Checked<Response> {
    registry.limits.are_open(registry.clock.now())?;
    let version = registry.store.find(name, version)?.version.clone();
    let krate = registry.store.find_krate(name)?;
    match registry.tokens.holder(request, registry.clock.now())? {
        Holder::Nobody => return Err(Refusal::forbidden("this action requires authentication")),
        Holder::Publisher { .. } | Holder::Expired => {
            return Err(Refusal::forbidden(
                "Trusted Publishing tokens can only be used for publishing crates",
            ));
        }
        Holder::User(scope) if !scope.allows(Action::Yank, krate.name.written()) => {
            return Err(Refusal::forbidden(
                "this token does not have the required permissions to perform this action",
            ));
        }
        Holder::User(_) if krate.foreign => {
            return Err(Refusal::forbidden("must already be an owner to yank or unyank"));
        }
        Holder::User(_) => {}
    }
    let name = krate.name.clone();
    registry.store.set_yanked(&name, &version, yanked).expect("it was just found");
    Ok(Response::json(200, &json!({ "ok": true })))
}
