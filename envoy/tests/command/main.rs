//! Rendering and running, with the real Envoy where there is one.

#[cfg(test)]
mod keys;
#[cfg(test)]
mod pii;
#[cfg(test)]
mod render;
#[cfg(test)]
mod run;
#[cfg(test)]
mod statistics;
#[cfg(test)]
mod support;
mod xds;
