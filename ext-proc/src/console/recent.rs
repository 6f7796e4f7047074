//! The latest requests: what was decided about each, and how it went. Kept in memory, within bounds, and forgotten at
//! the end of the process; the ledger has the rest.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use penstock_client::trail::Stop;

use crate::{deciding::story::Story, ledger::Row, money::Part};

/// How much is kept at most.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Requests that are under way, and as many that have ended.
    pub requests: usize,
    /// Bytes of the ones, and as many of the others, about.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            requests: 512,
            bytes: 2 << 20,
        }
    }
}

/// A request that has ended.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// As the ledger has it.
    pub row: Arc<Row>,
    /// What was decided, if this replica has decided it.
    pub story: Option<Arc<Story>>,
    /// What each attempt did.
    pub attempts: Vec<Stop>,
    /// The attempts that are billed.
    pub billed: Vec<Part>,
}

/// The latest requests.
#[derive(Debug, Default)]
pub struct Recent {
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    bounds: Bounds,
    /// Decisions about requests that have not ended, by when they were made.
    decided: BTreeMap<u64, (String, Arc<Story>)>,
    decided_bytes: usize,
    /// When each was made, by the request's id.
    places: HashMap<String, u64>,
    next: u64,
    /// The latest last.
    ended: VecDeque<(usize, Arc<Request>)>,
    ended_bytes: usize,
}

impl Recent {
    /// Keeps no more than `bounds` say.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            shelf: Mutex::new(Shelf {
                bounds,
                ..Shelf::default()
            }),
        }
    }

    /// This was decided about the request `id`.
    pub fn decided(&self, id: &str, story: Story) {
        self.lock().begin(id, Arc::new(story));
    }

    /// A request has ended.
    pub fn ended(&self, row: Arc<Row>, attempts: Vec<Stop>, billed: Vec<Part>) {
        self.lock().end(row, attempts, billed);
    }

    /// The latest that have ended, at most `most`, the very latest first.
    pub fn latest(&self, most: usize) -> Vec<Arc<Request>> {
        let shelf = self.lock();
        let latest = shelf.ended.iter().rev().take(most);
        latest.map(|(_, request)| Arc::clone(request)).collect()
    }

    /// How many are known to be under way.
    pub fn under_way(&self) -> usize {
        self.lock().decided.len()
    }

    /// The request with this id, if it has ended and is not forgotten yet.
    pub fn find(&self, id: &str) -> Option<Arc<Request>> {
        let shelf = self.lock();
        let found = shelf.ended.iter().rev().find(|(_, request)| request.row.id == id);
        found.map(|(_, request)| Arc::clone(request))
    }

    /// What was decided about a request that is still under way.
    pub fn find_under_way(&self, id: &str) -> Option<Arc<Story>> {
        let shelf = self.lock();
        let place = shelf.places.get(id)?;
        shelf.decided.get(place).map(|(_, story)| Arc::clone(story))
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn begin(&mut self, id: &str, story: Arc<Story>) {
        self.take(id);
        let place = self.next;
        self.next = self.next.saturating_add(1);
        self.decided_bytes = self.decided_bytes.saturating_add(weight(id, &story));
        self.places.insert(id.to_owned(), place);
        self.decided.insert(place, (id.to_owned(), story));
        while self.decided.len() > self.bounds.requests || self.decided_bytes > self.bounds.bytes {
            let Some((_, (id, story))) = self.decided.pop_first() else {
                break;
            };
            self.decided_bytes = self.decided_bytes.saturating_sub(weight(&id, &story));
            self.places.remove(&id);
        }
    }

    fn take(&mut self, id: &str) -> Option<Arc<Story>> {
        let place = self.places.remove(id)?;
        let (id, story) = self.decided.remove(&place)?;
        self.decided_bytes = self.decided_bytes.saturating_sub(weight(&id, &story));
        Some(story)
    }

    fn end(&mut self, row: Arc<Row>, attempts: Vec<Stop>, billed: Vec<Part>) {
        let story = self.take(&row.id);
        let stops = attempts.iter().map(|stop| {
            let outcome = stop.outcome.as_ref().map_or(0, String::len);
            size_of::<Stop>() + stop.provider.len() + stop.model.len() + outcome
        });
        let parts = billed.iter();
        let parts = parts.map(|part| size_of::<Part>() + part.provider.len() + part.model.len());
        let told = story.as_ref().map_or(0, |story| story.weight());
        let weight = row.weight() + stops.chain(parts).sum::<usize>() + told;
        self.ended_bytes = self.ended_bytes.saturating_add(weight);
        let request = Request {
            row,
            story,
            attempts,
            billed,
        };
        self.ended.push_back((weight, Arc::new(request)));
        while self.ended.len() > self.bounds.requests || self.ended_bytes > self.bounds.bytes {
            let Some((weight, _)) = self.ended.pop_front() else {
                break;
            };
            self.ended_bytes = self.ended_bytes.saturating_sub(weight);
        }
    }
}

/// The id is there twice.
fn weight(id: &str, story: &Story) -> usize {
    2 * id.len() + story.weight()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str) -> Arc<Row> {
        Arc::new(Row {
            id: id.to_owned(),
            ..Row::default()
        })
    }

    #[test]
    fn a_decision_is_found_while_the_request_is_under_way_and_with_it_afterwards() {
        let recent = Recent::default();
        let story = Story {
            asked: "m".to_owned(),
            ..Story::default()
        };
        recent.decided("r", story.clone());
        assert_eq!(recent.find_under_way("r").as_deref(), Some(&story));
        assert_eq!((recent.under_way(), recent.find("r").is_none()), (1, true));
        recent.ended(row("r"), Vec::new(), Vec::new());
        assert_eq!((recent.under_way(), recent.find_under_way("r")), (0, None));
        assert_eq!(recent.find("r").unwrap().story.as_deref(), Some(&story));
    }

    #[test]
    fn the_latest_come_first_and_the_oldest_are_forgotten() {
        let recent = Recent::new(Bounds {
            requests: 3,
            bytes: usize::MAX,
        });
        for id in ["a", "b", "c", "d"] {
            recent.decided(id, Story::default());
            recent.decided(&format!("{id}-runs"), Story::default());
            recent.ended(row(id), Vec::new(), Vec::new());
        }
        let ids: Vec<String> = recent
            .latest(2)
            .iter()
            .map(|request| request.row.id.clone())
            .collect();
        assert_eq!(ids, ["d", "c"]);
        assert!(recent.find("a").is_none() && recent.find("b").is_some());
        assert!(recent.find_under_way("a-runs").is_none() && recent.find_under_way("b-runs").is_some());
    }

    #[test]
    fn bytes_are_bounded_whatever_a_request_holds() {
        let recent = Recent::new(Bounds {
            requests: 1_000,
            bytes: 100_000,
        });
        for number in 0..500 {
            let id = format!("{number}{}", "x".repeat(100));
            let story = Story {
                asked: "m".repeat(1_000),
                ..Story::default()
            };
            recent.decided(&id, story.clone());
            recent.decided(&format!("{id}-runs"), story);
            recent.ended(row(&id), vec![Stop::default(); 3], Vec::new());
            let shelf = recent.lock();
            assert!(shelf.decided_bytes <= 100_000 && shelf.ended_bytes <= 100_000);
            assert_eq!(shelf.decided.len(), shelf.places.len());
        }
        let kept = recent.latest(usize::MAX).len();
        assert!((20..100).contains(&kept), "{kept}");
    }
}
