//! The stores: in memory, on disk, and in a real Redis with and without its query engine.

#[cfg(test)]
mod disk;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod same;
#[cfg(test)]
mod samples;
