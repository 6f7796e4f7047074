//! One text of an answer on its way to the client.

use penstock_pii::{Instead, Manner, Restorer, Screen, Screening, Vault};

/// What is given to the client in the place of placeholders, and what is kept from it.
pub(crate) struct Giver<'g> {
    /// The client's own values; none if placeholders are to stay.
    pub vault: &'g Vault,
    /// How new personal data is masked, if it is.
    pub screening: Option<Screening<'g>>,
    /// How many values were given back.
    pub restored: usize,
    /// How many more bytes may be given.
    pub room: usize,
}

/// There is more to give than may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is too large with its values")]
pub(crate) struct TooLarge;

impl Giver<'_> {
    /// Whether each text is looked into.
    pub fn screens(&self) -> bool {
        self.screening.is_some()
    }

    /// Takes from the room there is.
    pub fn spend(&mut self, bytes: usize) -> Result<(), TooLarge> {
        self.room = self.room.checked_sub(bytes).ok_or(TooLarge)?;
        Ok(())
    }
}

/// One text of an answer: a content block, the arguments of one call.
#[derive(Debug)]
pub(crate) struct Channel {
    restorer: Restorer,
    /// `None` for what a provider has signed, which is passed as it is.
    screen: Option<Screen>,
}

impl Channel {
    /// At the start of a text. `name` is the name of the field that it is the value of, if that tells what it is.
    pub fn new(manner: Manner, name: &str) -> Self {
        Self {
            restorer: Restorer::new(manner),
            screen: (manner != Manner::Signed).then(|| Screen::new(name)),
        }
    }

    /// Appends what can be given on.
    pub fn push(&mut self, giver: &mut Giver<'_>, piece: &str, out: &mut String) {
        self.pass(giver, out, |screen, screening, vault, tell| {
            screen.push(screening, vault, piece, tell);
        });
        if self.screen.is_none() || !giver.screens() {
            giver.restored += self.restorer.push(giver.vault, piece, giver.room, out);
        }
    }

    /// Appends what was held back: no more comes of the text for now.
    pub fn flush(&mut self, giver: &mut Giver<'_>, out: &mut String) {
        self.pass(giver, out, |screen, screening, vault, tell| {
            screen.finish(screening, vault, tell)
        });
        giver.restored += self.restorer.finish(giver.vault, out);
    }

    /// Appends what comes of a text that is screened.
    fn pass(
        &mut self,
        giver: &mut Giver<'_>,
        out: &mut String,
        screen: impl FnOnce(&mut Screen, &mut Screening<'_>, &Vault, &mut dyn FnMut(&str, Option<Instead>)),
    ) {
        let (Some(screened), Some(screening)) = (&mut self.screen, &mut giver.screening) else {
            return;
        };
        let (restorer, vault, room) = (&mut self.restorer, giver.vault, giver.room);
        let restored = &mut giver.restored;
        screen(screened, screening, vault, &mut |text, instead| {
            *restored += restorer.push(vault, text, room, out);
            if let Some(instead) = instead {
                *restored += restorer.put(vault, &instead, out);
            }
        });
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        !self.restorer.is_empty() || self.screen.as_ref().is_some_and(|screen| !screen.is_empty())
    }
}
