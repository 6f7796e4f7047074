use std::cell::{Cell, RefCell};

use tokio::time::timeout;

use super::*;

const DEADLINE: Duration = Duration::from_secs(5);

/// What came of an attempt.
enum Attempt {
    Done,
    Short { retry_ms: u64 },
}

/// Waits as the service does.
async fn wait<F: Future<Output = Attempt>>(
    queue: &Queue,
    priority: u8,
    retry_ms: u64,
    attempt: impl Fn() -> F,
) -> Result<(), Refused> {
    let mut place = queue.enter(priority, retry_ms)?;
    loop {
        place.turn().await?;
        match attempt().await {
            Attempt::Done => {
                place.done();
                return Ok(());
            }
            Attempt::Short { retry_ms } => place.short(retry_ms),
        }
    }
}

/// Room for so many.
#[derive(Debug, Default)]
struct Room {
    free: Mutex<u64>,
    asked: Mutex<u64>,
}

impl Room {
    async fn attempt(&self) -> Attempt {
        *self.asked.lock().unwrap() += 1;
        let mut free = self.free.lock().unwrap();
        if *free == 0 {
            return Attempt::Short { retry_ms: 7_000 };
        }
        *free -= 1;
        Attempt::Done
    }

    fn give(&self, more: u64) {
        *self.free.lock().unwrap() += more;
    }
}

#[tokio::test(start_paused = true)]
async fn the_highest_priority_comes_first_and_then_who_came_first() {
    let queue = Queue::new(10, DEADLINE);
    let room = Arc::new(Room::default());
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = tokio::task::JoinSet::new();
    for (name, priority) in [
        ("low", 0),
        ("first", 5),
        ("second", 5),
        ("high", 9),
        ("beyond", 200),
    ] {
        let (queue, room, order) = (queue.clone(), room.clone(), order.clone());
        tasks.spawn(async move {
            wait(&queue, priority, 0, || room.attempt()).await.unwrap();
            order.lock().unwrap().push(name);
        });
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(queue.len(), 5);
    for _ in 0..5 {
        room.give(1);
        tokio::time::sleep(POLL * 2).await;
    }
    tasks.join_all().await;
    assert_eq!(
        *order.lock().unwrap(),
        ["high", "beyond", "first", "second", "low"]
    );
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_the_first_asks_however_many_wait() {
    let queue = Queue::new(1_000, DEADLINE);
    let room = Arc::new(Room::default());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let (queue, room) = (queue.clone(), room.clone());
        tasks.spawn(async move { wait(&queue, 0, 0, || room.attempt()).await });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let asked = *room.asked.lock().unwrap();
    assert!((30..=41).contains(&asked), "{asked}");
    // Once there is room, all of them go without waiting for each other's turn.
    room.give(500);
    let start = Instant::now();
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    assert!(start.elapsed() <= POLL * 2, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_beyond_the_size_or_the_deadline() {
    let queue = Queue::new(1, DEADLINE);
    let room = Room::default();
    let start = Instant::now();
    let (late, full) = tokio::join!(
        wait(&queue, 0, 0, || room.attempt()),
        wait(&queue, 9, 0, || room.attempt()),
    );
    assert_eq!(full, Err(Refused::Full { size: 1 }));
    assert_eq!(late, Err(Refused::Late { retry_ms: 7_000 }));
    assert!(start.elapsed() >= DEADLINE && start.elapsed() < DEADLINE + POLL);
    let none = Queue::new(0, DEADLINE);
    let refused = wait(&none, 9, 0, || room.attempt()).await;
    assert_eq!(refused, Err(Refused::Full { size: 0 }));
}

#[tokio::test(start_paused = true)]
async fn one_behind_others_is_told_what_it_was_told_before() {
    let queue = Queue::new(2, DEADLINE);
    let room = Room::default();
    let (first, second) = tokio::join!(
        wait(&queue, 0, 1, || room.attempt()),
        wait(&queue, 0, 1_234, || async { Attempt::Short { retry_ms: 9 } }),
    );
    assert_eq!(first, Err(Refused::Late { retry_ms: 7_000 }));
    assert_eq!(second, Err(Refused::Late { retry_ms: 1_234 }));
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_leaves_its_place_to_the_next() {
    let queue = Queue::new(2, DEADLINE);
    let room = Room::default();
    let gone = timeout(Duration::from_secs(1), wait(&queue, 9, 0, || room.attempt()));
    let (gone, stayed) = tokio::join!(gone, async {
        let result = wait(&queue, 0, 0, || room.attempt());
        let give = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            room.give(1);
        };
        tokio::join!(result, give).0
    });
    assert!(gone.is_err());
    assert_eq!(stayed, Ok(()));
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_settlement_wakes_the_first_at_once() {
    let queue = Queue::new(2, DEADLINE);
    let (asked, times) = (Cell::new(0), RefCell::new(Vec::new()));
    let start = Instant::now();
    let wait = wait(&queue, 0, 0, || async {
        asked.set(asked.get() + 1);
        times.borrow_mut().push(start.elapsed());
        if asked.get() == 2 {
            Attempt::Done
        } else {
            Attempt::Short { retry_ms: 1 }
        }
    });
    let nudge = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        queue.nudge();
    };
    assert_eq!(tokio::join!(wait, nudge).0, Ok(()));
    let times = times.into_inner();
    assert!(
        times[0] < Duration::from_millis(55) && times[1] < Duration::from_millis(65),
        "{times:?}"
    );
}
