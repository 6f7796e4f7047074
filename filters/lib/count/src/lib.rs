//! What a whole chat request and its answer cost in tokens.
