//! One text of an answer on its way to the client.

use penstock_pii::{Landing, Likeness, Restorer, Screen, Screening, Vault};

/// What is given to the client in the place of placeholders, and what is kept from it.
pub(crate) struct Giver<'g> {
    /// The client's own values; `None` if placeholders are to stay.
    pub vault: Option<&'g Vault>,
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
    likeness: Likeness,
    landing: Landing,
    restorer: Restorer,
    screen: Screen,
}

impl Channel {
    pub fn new(likeness: Likeness, landing: Landing) -> Self {
        Self {
            likeness,
            landing,
            restorer: Restorer::default(),
            screen: Screen::default(),
        }
    }

    /// Appends what can be given on.
    pub fn push(&mut self, giver: &mut Giver<'_>, piece: &str, out: &mut String) {
        let Self {
            likeness,
            landing,
            restorer,
            screen,
        } = self;
        // What a provider has signed is passed as it is.
        match &mut giver.screening {
            Some(screening) if *likeness != Likeness::Exact => {
                let vault = giver.vault;
                let restored = &mut giver.restored;
                screen.push(screening, vault, piece, |text, instead| {
                    *restored += restore(vault, restorer, text, *likeness, *landing, out);
                    if let Some(instead) = instead {
                        out.push_str(&restorer.finish());
                        out.push_str(&instead);
                    }
                });
            }
            _ => giver.restored += restore(giver.vault, restorer, piece, *likeness, *landing, out),
        }
    }

    /// Appends what was held back: the text has ended.
    pub fn finish(&mut self, giver: &mut Giver<'_>, out: &mut String) {
        let Self {
            likeness,
            landing,
            restorer,
            screen,
        } = self;
        if let Some(screening) = &mut giver.screening {
            let vault = giver.vault;
            let restored = &mut giver.restored;
            screen.finish(screening, vault, |text, instead| {
                *restored += restore(vault, restorer, text, *likeness, *landing, out);
                if let Some(instead) = instead {
                    out.push_str(&restorer.finish());
                    out.push_str(&instead);
                }
            });
        }
        out.push_str(&restorer.finish());
    }

    /// Whether something is held back.
    pub fn holds(&self) -> bool {
        !self.restorer.is_empty() || !self.screen.is_empty()
    }
}

fn restore(
    vault: Option<&Vault>,
    restorer: &mut Restorer,
    text: &str,
    likeness: Likeness,
    landing: Landing,
    out: &mut String,
) -> usize {
    match vault {
        Some(vault) => restorer.push(vault, text, likeness, landing, out),
        None => {
            out.push_str(text);
            0
        }
    }
}
