//! `DELETE /v1/penstock/cache`: what is kept is forgotten, by namespace, model, tenant, age or key.

use penstock_cache::{Key, store::Selection};
use penstock_translate::error::{ApiError, ErrorKind};

use super::Cache;
use crate::caller::Caller;

const PARAMETERS: &str = "namespace, model, tenant, older_than or key";

/// What is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal(Selection);

impl Removal {
    /// Reads the query of a request by `caller`, who may forget what its tenant's are; an admin, everybody's.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(query: &str, caller: &Caller, now_ms: u64) -> Result<Self, ApiError> {
        let mut selection = Selection::default();
        let mut tenant = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "namespace" => selection.namespace = Some(value.into_owned()),
                "model" => selection.model = Some(value.into_owned()),
                "tenant" => tenant = Some(value.into_owned()),
                "older_than" => {
                    let age_ms = age_ms(&value).ok_or_else(|| {
                        invalid("older_than", "write a whole number and s, m, h or d, such as 36h")
                    })?;
                    selection.before_ms = Some(now_ms.saturating_sub(age_ms));
                }
                "key" => {
                    let key = Key::from_hex(&value);
                    selection.key = Some(key.ok_or_else(|| {
                        invalid("key", "write the 64 hexadecimal digits of x-penstock-cache-key")
                    })?);
                }
                other => {
                    let shown: String = other.chars().filter(|c| !c.is_control()).take(32).collect();
                    return Err(invalid(&shown, &format!("not known; write {PARAMETERS}")));
                }
            }
        }
        selection.tenant = match tenant {
            Some(tenant) if caller.admin || tenant == caller.tenant => Some(tenant),
            Some(_) => {
                let message = "only a key with admin may forget answers of other tenants";
                return Err(ApiError::new(ErrorKind::Permission, message));
            }
            None if caller.admin => None,
            None => Some(caller.tenant.clone()),
        };
        Ok(Self(selection))
    }
}

impl Cache {
    /// Forgets what is selected: how many answers; none if they cannot be reached.
    pub async fn remove(&self, removal: &Removal, now_ms: u64) -> Option<u64> {
        let removed = self.store.remove(&removal.0, now_ms).await;
        self.storing.heard(removed, &self.metrics)
    }
}

fn age_ms(text: &str) -> Option<u64> {
    const UNITS: [(char, u64); 4] = [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000)];
    let unit = text.chars().next_back()?;
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    number.checked_mul(*factor)
}

fn invalid(field: &str, message: &str) -> ApiError {
    ApiError {
        kind: ErrorKind::InvalidRequest,
        message: format!("{field}: {message}"),
        param: Some(field.to_owned()),
        code: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(admin: bool) -> Caller {
        Caller {
            tenant: "acme".to_owned(),
            admin,
            ..Caller::default()
        }
    }

    fn selection(query: &str, admin: bool) -> Result<Selection, String> {
        let removal = Removal::parse(query, &caller(admin), 100_000_000);
        removal.map(|removal| removal.0).map_err(|error| error.message)
    }

    #[test]
    fn a_tenant_forgets_its_own_answers_and_an_admin_all() {
        let own = Some("acme".to_owned());
        assert_eq!(selection("", false).unwrap().tenant, own);
        assert_eq!(selection("tenant=acme", false).unwrap().tenant, own);
        assert_eq!(selection("", true).unwrap().tenant, None);
        assert_eq!(
            selection("tenant=other", true).unwrap().tenant,
            Some("other".to_owned())
        );
        assert!(
            selection("tenant=other", false)
                .unwrap_err()
                .contains("only a key with admin")
        );
        assert!(selection("tenant=", false).is_err());
    }

    #[test]
    fn conditions_hold_together() {
        let found = selection("model=large&namespace=a%20b&older_than=1d", false).unwrap();
        assert_eq!(found.model.as_deref(), Some("large"));
        assert_eq!(found.namespace.as_deref(), Some("a b"));
        assert_eq!(found.before_ms, Some(100_000_000 - 86_400_000));
        let key = "ab".repeat(32);
        assert_eq!(
            selection(&format!("key={key}"), false).unwrap().key,
            Some(Key([0xab; 32]))
        );
    }

    #[test]
    fn what_is_not_known_is_refused_before_anything_is_forgotten() {
        for query in [
            "modell=large",
            "older_than=soon",
            "older_than=5",
            "key=abc",
            "older_than=99999999999999999d",
        ] {
            assert!(selection(query, true).is_err(), "{query}");
        }
    }
}
