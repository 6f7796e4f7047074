//! One text of an answer on its way to the client.

use penstock_pii::{Manner, Restorer, Screen, Screening, Vault};

/// What is given to the client in the place of placeholders, and what is kept from it.
pub(crate) struct Giver<'g> {
    /// The client's own values; none if placeholders are to stay.
    pub vault: &'g Vault,
    /// How new personal data is masked, if it is.
    pub screening: Option<Screening<'g>>,
    /// How many values were given back.
    pub restored: usize,
}

impl Giver<'_> {
    /// Whether each text is looked into.
    pub fn screens(&self) -> bool {
        self.screening.is_some()
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
        let Self { restorer, screen } = self;
        giver.restored += match (screen, &mut giver.screening) {
            (Some(screen), Some(screening)) => {
                let mut restored = 0;
                screen.push(screening, giver.vault, piece, |text, instead| {
                    restored += give(restorer, giver.vault, text, instead, out);
                });
                restored
            }
            _ => restorer.push(giver.vault, piece, out),
        };
    }

    /// Appends what was held back: no more comes of the text for now.
    pub fn flush(&mut self, giver: &mut Giver<'_>, out: &mut String) {
        let Self { restorer, screen } = self;
        if let (Some(screen), Some(screening)) = (screen, &mut giver.screening) {
            let mut restored = 0;
            screen.finish(screening, giver.vault, |text, instead| {
                restored += give(restorer, giver.vault, text, instead, out);
            });
            giver.restored += restored;
        }
        giver.restored += restorer.finish(giver.vault, out);
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        !self.restorer.is_empty() || self.screen.as_ref().is_some_and(|screen| !screen.is_empty())
    }
}

/// Appends a text that was screened, and what stands in the place of what followed it.
fn give(
    restorer: &mut Restorer,
    vault: &Vault,
    text: &str,
    instead: Option<String>,
    out: &mut String,
) -> usize {
    let restored = restorer.push(vault, text, out);
    restored + instead.map_or(0, |instead| restorer.put(vault, &instead, out))
}
