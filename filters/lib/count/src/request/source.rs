//! Where images, audio and documents come from: base64 is measured, everything else counts as what it says.

use std::borrow::Cow;

use serde::de::MapAccess;

use crate::counter::{Counter, Shape, string};
use crate::image::{Detail, Formula, base64_of, payload};

/// `image_url`.
#[derive(Clone, Default)]
pub(super) struct ImageUrl<'de> {
    url: Cow<'de, str>,
    detail: Detail,
}

impl ImageUrl<'_> {
    pub(super) fn count(&self, counter: &mut Counter<'_>, formula: Formula) {
        counter.add_fixed(formula.tokens_of_url(&self.url, self.detail));
    }
}

impl<'de> Shape<'de> for ImageUrl<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "url" => self.url = string(counter, map)?.unwrap_or_default(),
            "detail" => {
                self.detail = string(counter, map)?
                    .as_deref()
                    .map(Detail::named)
                    .unwrap_or_default()
            }
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }
}

/// `file`: a document, by its data or by the id that it was given elsewhere.
#[derive(Clone, Default)]
pub(super) struct File {
    /// Characters of base64.
    pub(super) data: Option<usize>,
}

impl<'de> Shape<'de> for File {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "file_data" => self.data = string(counter, map)?.as_deref().map(payload),
            "file_id" => counter.label(map.next_value()?),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }
}

/// `input_audio`, `audio_url` and `video_url`.
#[derive(Clone, Default)]
pub(super) struct Sound<'de> {
    /// Characters of base64.
    pub(super) data: Option<usize>,
    pub(super) format: Cow<'de, str>,
}

impl Sound<'_> {
    fn add(&mut self, characters: Option<usize>) {
        self.data = match (self.data, characters) {
            (Some(known), Some(more)) => Some(known.saturating_add(more)),
            (known, more) => known.or(more),
        };
    }
}

impl<'de> Shape<'de> for Sound<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        counter: &mut Counter<'_>,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            // Nothing has checked that these come once.
            "data" => self.add(string(counter, map)?.as_deref().map(payload)),
            "url" => self.add(string(counter, map)?.as_deref().and_then(base64_of).map(str::len)),
            "format" => self.format = string(counter, map)?.unwrap_or_default(),
            _ => counter.value(map.next_value()?),
        }
        Ok(())
    }
}
