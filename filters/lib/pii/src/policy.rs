use crate::{Entity, MOST_CUSTOM, Score, Thresholds};

/// What becomes of a value of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// A placeholder stands in its place, until it returns.
    #[default]
    Mask,
    /// A keyed hash stands in its place for good.
    Hash,
    /// Its kind stands in its place for good.
    Redact,
    /// What holds it is refused.
    Deny,
    /// It stays, and is reported.
    Flag,
    /// It is not looked for.
    Ignore,
}

/// What becomes of values of each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    actions: [Action; Entity::BUILT_IN + MOST_CUSTOM],
    thresholds: Thresholds,
}

impl Policy {
    /// One rule for every kind.
    pub fn new(action: Action, threshold: Score) -> Self {
        let mut policy = Self {
            actions: [action; Entity::BUILT_IN + MOST_CUSTOM],
            thresholds: Thresholds::default(),
        };
        let custom = (0..=u8::MAX).take(MOST_CUSTOM).map(Entity::Custom);
        for entity in Entity::ALL.iter().copied().chain(custom) {
            policy.set(entity, action, threshold);
        }
        policy
    }

    /// Another rule for one kind.
    pub fn set(&mut self, entity: Entity, action: Action, threshold: Score) {
        if let Some(place) = self.actions.get_mut(entity.index()) {
            *place = action;
        }
        let threshold = match action {
            Action::Ignore => Score(u8::MAX),
            _ => threshold,
        };
        self.thresholds.set(entity, threshold);
    }

    /// What becomes of a value of this kind.
    pub fn action(&self, entity: Entity) -> Action {
        self.actions.get(entity.index()).copied().unwrap_or_default()
    }

    /// Whether requests with values of some kind are refused.
    pub fn denies(&self) -> bool {
        self.actions.contains(&Action::Deny)
    }

    /// How sure a finding has to be.
    pub fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new(Action::default(), Score::THRESHOLD)
    }
}
