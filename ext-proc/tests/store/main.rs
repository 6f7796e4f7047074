//! The store in memory, in a real Redis and in a real Valkey.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod same;
#[cfg(test)]
mod tls;
