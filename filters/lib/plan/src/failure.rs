/// Why an attempt failed, as far as the choice of the next target cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 429. `retry_after_s` is the provider's own word, in seconds.
    RateLimited {
        /// Seconds of `Retry-After`, if it was sent.
        retry_after_s: Option<u64>,
    },
    /// 5xx, overload and the like: may pass within moments.
    Server,
    /// An answer that cannot be used: an error where content belongs, not the API's form, or cut short.
    Unusable,
    /// The prompt does not fit into the model's context window.
    ContextLength,
    /// The provider's content policy refused the request.
    ContentPolicy,
    /// The provider refused our credential.
    Credential,
    /// The target is not there: unknown model or deployment, no credit left.
    Unavailable,
    /// The request itself is at fault; every target would say the same.
    Request,
}
