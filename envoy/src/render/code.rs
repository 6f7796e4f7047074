//! Where Envoy finds the code of our filters.

use std::{path::PathBuf, time::Duration};

use super::{
    Filter, RenderError,
    node::{Node, map},
};

/// A filter is at most a few megabytes.
const LONGEST_FETCH: Duration = Duration::from_secs(30);

/// Where Envoy finds the code of our filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// In a directory of this machine, where each is looked for.
    Here(PathBuf),
    /// In a directory of the machine where Envoy will run.
    Mounted(PathBuf),
    /// On a server that Envoy asks when it starts.
    Fetched {
        /// What stands in front of each file's name, with a slash at its end.
        base: String,
        /// The cluster that leads to the server.
        cluster: String,
        /// SHA-256 of each filter, in hexadecimal: Envoy takes nothing else for it.
        digests: Vec<(Filter, String)>,
    },
}

impl Code {
    pub(super) fn source(&self, filter: Filter) -> Result<Node, RenderError> {
        match self {
            Self::Here(directory) => {
                let path = directory.join(filter.file());
                if !path.is_file() {
                    return Err(RenderError::NoFilter {
                        path,
                        package: filter.package(),
                    });
                }
                Ok(local(path))
            }
            Self::Mounted(directory) => Ok(local(directory.join(filter.file()))),
            Self::Fetched {
                base,
                cluster,
                digests,
            } => {
                let digest = digests.iter().find(|(of, _)| *of == filter);
                let (_, digest) = digest.ok_or_else(|| RenderError::NoFilter {
                    path: PathBuf::from(filter.file()),
                    package: filter.package(),
                })?;
                Ok(map! {
                    "remote" => map! {
                        "http_uri" => map! {
                            "uri" => format!("{base}{}", filter.file()),
                            "cluster" => cluster.as_str(),
                            "timeout" => LONGEST_FETCH,
                        },
                        "sha256" => digest.as_str(),
                    },
                })
            }
        }
    }
}

fn local(path: PathBuf) -> Node {
    map! { "local" => map! { "filename" => path.as_path() } }
}
