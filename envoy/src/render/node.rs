//! A tree in the order it was written, as YAML that people read.
//!
//! Not `serde_json::Value`: that sorts its keys, and a listener whose `name` stands in the middle is hard to read.

use std::{net::SocketAddr, path::Path, time::Duration};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// One node of Envoy's configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Flag(bool),
    Number(u64),
    Real(f64),
    Text(String),
    /// Text of several lines, kept as they are.
    Block(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// A mapping, in the order of its keys.
macro_rules! map {
    ($($key:expr => $value:expr),* $(,)?) => {
        $crate::render::node::Node::Map(vec![
            $((String::from($key), $crate::render::node::Node::from($value))),*
        ])
    };
}

/// A sequence.
macro_rules! list {
    ($($value:expr),* $(,)?) => {
        $crate::render::node::Node::List(vec![$($crate::render::node::Node::from($value)),*])
    };
}

pub(super) use {list, map};

/// The tree as YAML.
pub(super) fn yaml(node: &Node) -> Result<String, serde_saphyr::SerializeError> {
    // Folding would break type names and commands that people search for.
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(node, options)
}

/// An extension as Envoy wants it: its name, and its configuration under the type's name.
pub(super) fn extension(name: &str, message: &str, fields: Node) -> Node {
    map! { "name" => name, "typed_config" => typed(message, fields) }
}

/// A message under its type's name.
pub(super) fn typed(message: &str, fields: Node) -> Node {
    map! { "@type" => type_url(message) }.with_all(fields)
}

/// How a message is named where any may stand.
pub(super) fn type_url(message: &str) -> String {
    format!("type.googleapis.com/{message}")
}

/// `address: {…}` of a listener or an endpoint.
pub(super) fn socket_address(host: &str, port: u16) -> Node {
    map! { "socket_address" => map! { "address" => host, "port_value" => port } }
}

impl Node {
    /// This mapping with one more entry.
    pub(super) fn with(mut self, key: &str, value: impl Into<Self>) -> Self {
        if let Self::Map(entries) = &mut self {
            entries.push((key.to_owned(), value.into()));
        }
        self
    }

    /// The value under a key of this mapping.
    pub(super) fn entry(self, key: &str) -> Option<Self> {
        let Self::Map(entries) = self else { return None };
        entries
            .into_iter()
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    /// This mapping with the entries of another.
    pub(super) fn with_all(mut self, other: Self) -> Self {
        if let (Self::Map(entries), Self::Map(more)) = (&mut self, other) {
            entries.extend(more);
        }
        self
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u16> for Node {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Node {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Node {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&Path> for Node {
    fn from(path: &Path) -> Self {
        Self::Text(path.to_string_lossy().into_owned())
    }
}

impl From<Vec<Node>> for Node {
    fn from(nodes: Vec<Node>) -> Self {
        Self::List(nodes)
    }
}

/// Envoy reads durations as seconds with a fraction.
impl From<Duration> for Node {
    fn from(duration: Duration) -> Self {
        let seconds = duration.as_secs();
        Self::Text(match duration.subsec_millis() {
            0 => format!("{seconds}s"),
            millis => format!("{seconds}.{millis:03}s"),
        })
    }
}

impl From<SocketAddr> for Node {
    fn from(address: SocketAddr) -> Self {
        socket_address(&address.ip().to_string(), address.port())
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Real(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Block(text) => serde_saphyr::LitStr(text).serialize(serializer),
            Self::List(nodes) => {
                let mut list = serializer.serialize_seq(Some(nodes.len()))?;
                for node in nodes {
                    list.serialize_element(node)?;
                }
                list.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, node) in entries {
                    map.serialize_entry(key, node)?;
                }
                map.end()
            }
        }
    }
}
