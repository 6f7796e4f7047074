//! Runs workers that get in each other's way at every read and write of the shared data, in an order that is chosen.

use std::{
    sync::{Condvar, Mutex},
    thread,
};

use penstock_quota::{Shared, Version};

use crate::memory::Memory;

/// Gives the shared data to one worker at a time, in an order that is chosen.
struct Turns {
    workers: Mutex<Vec<Worker>>,
    changed: Condvar,
}

#[derive(Clone, Copy, PartialEq)]
enum Worker {
    Running,
    Waiting,
    Done,
}

pub struct Gated<'a> {
    memory: &'a Memory,
    turns: &'a Turns,
    worker: usize,
}

impl Turns {
    fn set(&self, worker: usize, to: Worker) {
        self.workers.lock().unwrap()[worker] = to;
        self.changed.notify_all();
    }

    fn wait(&self, worker: usize) {
        self.set(worker, Worker::Waiting);
        let workers = self.workers.lock().unwrap();
        drop(
            self.changed
                .wait_while(workers, |workers| workers[worker] == Worker::Waiting)
                .unwrap(),
        );
    }
}

impl Shared for Gated<'_> {
    fn read(&self, key: &str) -> Option<(Vec<u8>, Version)> {
        self.turns.wait(self.worker);
        self.memory.read(key)
    }

    fn write(&self, key: &str, value: &[u8], version: Option<Version>) -> bool {
        self.turns.wait(self.worker);
        self.memory.write(key, value, version)
    }
}

pub type Script<'a> = Box<dyn Fn(&Gated<'_>) + Send + Sync + 'a>;

/// Runs `scripts` at once; `choose` says which of the waiting workers goes on.
pub fn run(memory: &Memory, scripts: &[Script<'_>], mut choose: impl FnMut(usize) -> usize) {
    let turns = Turns {
        workers: Mutex::new(vec![Worker::Running; scripts.len()]),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        let turns = &turns;
        for (worker, script) in scripts.iter().enumerate() {
            scope.spawn(move || {
                // Says so even when the script fails, or everybody would wait for it.
                struct Done<'a>(&'a Turns, usize);
                impl Drop for Done<'_> {
                    fn drop(&mut self) {
                        self.0.set(self.1, Worker::Done);
                    }
                }
                let _done = Done(turns, worker);
                script(&Gated {
                    memory,
                    turns,
                    worker,
                });
            });
        }
        loop {
            let workers = turns.workers.lock().unwrap();
            let mut workers = turns
                .changed
                .wait_while(workers, |workers| workers.contains(&Worker::Running))
                .unwrap();
            let waiting: Vec<usize> = (0..workers.len())
                .filter(|worker| workers[*worker] == Worker::Waiting)
                .collect();
            if waiting.is_empty() {
                break;
            }
            workers[waiting[choose(waiting.len())]] = Worker::Running;
            drop(workers);
            turns.changed.notify_all();
        }
    });
}

/// Calls `scenario` once for every order in which its workers can run, and says how many there are.
pub fn every_order(scenario: impl Fn(&mut dyn FnMut(usize) -> usize)) -> usize {
    let mut path: Vec<(usize, usize)> = Vec::new();
    for orders in 1.. {
        let mut step = 0;
        scenario(&mut |options| {
            if step == path.len() {
                path.push((0, options));
            }
            step += 1;
            path[step - 1].0
        });
        while path
            .last()
            .is_some_and(|(chosen, options)| chosen + 1 == *options)
        {
            path.pop();
        }
        match path.last_mut() {
            Some((chosen, _)) => *chosen += 1,
            None => return orders,
        }
    }
    unreachable!()
}

/// Calls `scenario` for `count` orders out of very many.
pub fn some_orders(count: u64, scenario: impl Fn(&mut dyn FnMut(usize) -> usize)) {
    for order in 0..count {
        let mut state = order;
        scenario(&mut |options| {
            // Knuth's generator for 64 bits (MMIX); its high bits are the random ones.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % options
        });
    }
}
