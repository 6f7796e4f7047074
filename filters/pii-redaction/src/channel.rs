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
    inside: Inside,
}

/// Whether a JSON text that passes is within a string.
#[derive(Clone, Copy, Debug, Default)]
struct Inside {
    string: bool,
    escaped: bool,
}

impl Inside {
    fn pass(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = self.string,
                b'"' => self.string = !self.string,
                _ => {}
            }
        }
    }
}

impl Channel {
    pub fn new(likeness: Likeness, landing: Landing) -> Self {
        Self {
            likeness,
            landing,
            restorer: Restorer::default(),
            screen: Screen::default(),
            inside: Inside::default(),
        }
    }

    /// Appends what can be given on.
    pub fn push(&mut self, giver: &mut Giver<'_>, piece: &str, out: &mut String) {
        // What a provider has signed is passed as it is.
        if giver.screening.is_some() && self.likeness != Likeness::Exact {
            self.screen(giver, out, |screen, screening, vault, tell| {
                screen.push(screening, vault, piece, tell);
            });
        } else {
            giver.restored += restore(
                giver.vault,
                &mut self.restorer,
                piece,
                (self.likeness, self.landing),
                out,
            );
        }
    }

    /// Appends what was held back: the text has ended.
    pub fn finish(&mut self, giver: &mut Giver<'_>, out: &mut String) {
        self.screen(giver, out, |screen, screening, vault, tell| {
            screen.finish(screening, vault, tell)
        });
        out.push_str(&self.restorer.finish());
    }

    /// Appends what comes of the text that is screened.
    fn screen(
        &mut self,
        giver: &mut Giver<'_>,
        out: &mut String,
        give: impl FnOnce(&mut Screen, &mut Screening<'_>, Option<&Vault>, &mut dyn FnMut(&str, Option<String>)),
    ) {
        let Giver {
            vault,
            screening,
            restored,
        } = giver;
        let Some(screening) = screening else { return };
        let Self {
            likeness,
            landing,
            restorer,
            screen,
            inside,
        } = self;
        give(screen, screening, *vault, &mut |text, instead| {
            *restored += restore(*vault, restorer, text, (*likeness, *landing), out);
            inside.pass(text);
            if let Some(instead) = instead {
                out.push_str(&restorer.finish());
                // A number of JSON becomes a string.
                let quote = if *landing == Landing::Json && !inside.string {
                    "\""
                } else {
                    ""
                };
                out.extend([quote, &*instead, quote]);
            }
        });
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
    (likeness, landing): (Likeness, Landing),
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
