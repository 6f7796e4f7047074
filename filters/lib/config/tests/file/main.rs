//! `penstock.yaml`: what is refused, and what becomes of the rest.

#[cfg(test)]
mod cache;
#[cfg(test)]
mod demanded;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod money;
#[cfg(test)]
mod pii;
#[cfg(test)]
mod pii_custom;
#[cfg(test)]
mod pii_slice;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod quota;
#[cfg(test)]
mod quota_slice;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod service;
#[cfg(test)]
mod slices;
#[cfg(test)]
mod strict;
#[cfg(test)]
mod telemetry;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod withheld;
