//! What the kernel says of a process.

use std::time::Duration;

use anyhow::Context;

/// Processor time that a process has taken so far.
pub fn processor_time(pid: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is a name in brackets; user and system time are the fourteenth and fifteenth.
    let (_, after) = stat.rsplit_once(") ").context("no name in /proc/<pid>/stat")?;
    let mut ticks = 0;
    for field in after.split(' ').skip(11).take(2) {
        ticks += field.parse::<u32>()?;
    }
    let each = u32::try_from(rustix::param::clock_ticks_per_second())?;
    Ok(Duration::from_secs(1) / each * ticks)
}
