//! Rendering and running, with the real Envoy where there is one.

#[cfg(test)]
mod collector;
#[cfg(test)]
mod istio;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod links;
#[cfg(test)]
mod oci;
#[cfg(test)]
mod pii;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod render;
#[cfg(test)]
mod run;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod statistics;
#[cfg(test)]
mod support;
#[cfg(test)]
mod xds;
