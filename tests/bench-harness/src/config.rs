//! A `penstock.yaml` with one model, `bench`, on one provider.

/// `more` is whatever else the file is to say.
pub fn penstock_yaml(api: &str, base_url: &str, model: &str, more: &str) -> String {
    format!(
        "providers:\n  - {{ name: provider, api: {api}, base_url: \"{base_url}\" }}\n\
         models:\n  - name: bench\n    targets:\n      - {{ provider: provider, model: {model} }}\n{more}\n"
    )
}

/// Without token-quota.
pub const NO_QUOTA: &str = "quota: { enabled: false }";
