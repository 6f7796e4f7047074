//! What filters have left in filter state, as Envoy wraps it.

use std::collections::HashMap;

use envoy_types::pb::google::protobuf::Any;
use prost::Message;

/// Most bytes of one value. Ours are of a few hundred.
const LONGEST: usize = 64 << 10;

/// A value that is there and cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// The bytes of one value; none if it is not there.
///
/// What a wasm filter has set comes as `BytesValue`, what Envoy's own filter has set as `StringValue`. Both hold their
/// bytes in the field of number 1.
pub(super) fn value(objects: &HashMap<String, Any>, key: &str) -> Result<Option<Vec<u8>>, Unreadable> {
    let Some(object) = objects.get(key) else {
        return Ok(None);
    };
    let kind = object.type_url.rsplit('/').next().unwrap_or_default();
    if !matches!(kind, "google.protobuf.BytesValue" | "google.protobuf.StringValue")
        || object.value.len() > LONGEST
    {
        return Err(Unreadable);
    }
    Vec::<u8>::decode(object.value.as_slice())
        .map(Some)
        .map_err(|_| Unreadable)
}
