//! The service, started again whenever it ends by itself.

use std::{
    io,
    process::ExitStatus,
    time::{Duration, Instant},
};

use super::{ProcessError, Service, StartService};

/// Between an end and the next start, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// Who has run for so long is well, and an end after that is the first one.
const WELL: Duration = Duration::from_secs(60);

/// The service, started again whenever it ends by itself. Dropping it stops it.
#[derive(Debug)]
pub struct KeptService {
    start: StartService,
    state: State,
    back_off: Duration,
}

#[derive(Debug)]
enum State {
    Running {
        service: Service,
        since: Instant,
        is_ready: bool,
    },
    Ended {
        until: Instant,
    },
}

/// What has happened to it.
#[derive(Debug)]
pub enum Turn {
    /// It has ended, and is started again after this time.
    Ended(ExitStatus, Duration),
    /// It could not be started again, and the next attempt follows after this time.
    Failed(ProcessError, Duration),
    /// It decides again.
    Back,
}

impl KeptService {
    /// Starts it for the first time. Until it [is ready](Self::wait_ready), nobody starts it again.
    ///
    /// To be called from the main thread, as [`Service::start`], and so is [`tend`](Self::tend).
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(start: StartService) -> Result<Self, ProcessError> {
        let state = State::Running {
            service: Service::start(&start)?,
            since: Instant::now(),
            is_ready: false,
        };
        Ok(Self {
            start,
            state,
            back_off: BACK_OFF.0,
        })
    }

    /// Waits until it decides, or `stop` says that nobody wants it any more.
    ///
    /// # Errors
    /// When it ends or takes too long.
    pub fn wait_ready(&mut self, at_most: Duration, stop: &dyn Fn() -> bool) -> Result<(), ProcessError> {
        if let State::Running {
            service, is_ready, ..
        } = &mut self.state
        {
            service.wait_ready(at_most, stop)?;
            *is_ready = true;
        }
        Ok(())
    }

    /// Looks after it; what has happened since the last time, if anything has.
    ///
    /// # Errors
    /// When the system does not say whether it runs.
    pub fn tend(&mut self) -> io::Result<Option<Turn>> {
        match &mut self.state {
            State::Running {
                service,
                since,
                is_ready,
            } => {
                if let Some(status) = service.ended()? {
                    if since.elapsed() >= WELL {
                        self.back_off = BACK_OFF.0;
                    }
                    let after = self.wait();
                    return Ok(Some(Turn::Ended(status, after)));
                }
                if !*is_ready && service.is_ready() {
                    *is_ready = true;
                    return Ok(Some(Turn::Back));
                }
                Ok(None)
            }
            State::Ended { until } if *until > Instant::now() => Ok(None),
            State::Ended { .. } => match Service::start(&self.start) {
                Ok(service) => {
                    self.state = State::Running {
                        service,
                        since: Instant::now(),
                        is_ready: false,
                    };
                    Ok(None)
                }
                Err(error) => {
                    let after = self.wait();
                    Ok(Some(Turn::Failed(error, after)))
                }
            },
        }
    }

    /// Ends it after it has drained.
    ///
    /// # Errors
    /// When the system does not say how it ended.
    pub fn stop(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Running { service, .. } => service.stop().map(drop),
            State::Ended { .. } => Ok(()),
        }
    }

    /// How long it is left alone.
    fn wait(&mut self) -> Duration {
        let after = self.back_off;
        self.back_off = (after * 2).min(BACK_OFF.1);
        self.state = State::Ended {
            until: Instant::now() + after,
        };
        after
    }
}
