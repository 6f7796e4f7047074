//! What an image costs, by the providers' published formulas.
//!
//! Sources, read 2026-11:
//! - OpenAI, guide "Images and vision", sections "Model sizing behavior" and "Calculating costs";
//! - Anthropic, guide "Vision", section on resolution and token cost: one token for each patch of 28 pixels, which
//!   took the place of `width * height / 750`;
//! - Google, "Understand and count tokens" and "Media resolution" of the Gemini API;
//! - Qwen2-VL's model card: a token for each 28 pixels in square, 4 to 16384 for an image.
//!
//! An image whose size is not known costs the most that the formula can give.

mod header;

pub use header::{Size, size};

/// How closely an OpenAI model is to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// A version of 512 pixels in square.
    Low,
    /// Within the budget of the model.
    High,
    /// Within a larger budget, or as it is.
    Original,
    /// What the model makes of a request that does not say.
    #[default]
    Auto,
}

impl Detail {
    /// From `detail` on the wire; what is not known is taken as if it were not there.
    pub fn named(name: &str) -> Self {
        match name {
            "low" => Self::Low,
            "high" => Self::High,
            "original" => Self::Original,
            _ => Self::Auto,
        }
    }
}

/// The largest image that an OpenAI model looks at; larger ones are made smaller first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Most patches of 32 pixels in square.
    pub patches: u64,
    /// Longest edge in pixels.
    pub edge: u64,
}

impl Budget {
    /// `low`: 512 pixels in square.
    const LOW: Self = Self {
        patches: 256,
        edge: 512,
    };
    /// `high` of the small models, and of those before `gpt-5.4`.
    pub const SMALL: Self = Self {
        patches: 1_536,
        edge: 2_048,
    };
    /// `high` of `gpt-5.4` and later.
    pub const HIGH: Self = Self {
        patches: 2_500,
        edge: 2_048,
    };
    /// `original` of `gpt-5.4` and `gpt-5.5`.
    pub const ORIGINAL: Self = Self {
        patches: 10_000,
        edge: 6_000,
    };
    /// `original` of `gpt-5.6`: not made smaller, but refused beyond this.
    pub const WHOLE: Self = Self {
        patches: 30_000,
        edge: 65_535,
    };
}

/// By what an image's tokens come from its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formula {
    /// OpenAI until `gpt-5`: squares of 512 pixels, after fitting into 2048 in square and 768 on the short edge.
    Tiles {
        /// Tokens of any image; all that `low` costs.
        base: u64,
        /// Tokens of each square.
        tile: u64,
    },
    /// OpenAI's small and later models: patches of 32 pixels within a budget.
    Patches {
        /// Tokens of a thousand patches.
        permille: u64,
        /// For `high`.
        high: Budget,
        /// For `original`.
        original: Budget,
        /// For `auto` and none.
        auto: Budget,
    },
    /// Anthropic: patches of 28 pixels, after fitting below both limits.
    Visual {
        /// Longest edge in pixels.
        edge: u64,
        /// Most tokens.
        tokens: u64,
    },
    /// Gemini 2: 258 tokens up to 384 pixels in square, else 258 for each crop of 768.
    Crops,
    /// The same for every image.
    Fixed(u64),
}

/// Side of OpenAI's tiles, of its patches, of Anthropic's patches and of Gemini's crops, in pixels.
const TILE: u64 = 512;
const PATCH: u64 = 32;
const VISUAL: u64 = 28;
const CROP: u64 = 768;
/// Tokens of each of Gemini's crops, and the longest edge of an image that is not cut, in pixels.
const CROP_TOKENS: u64 = 258;
const UNCROPPED: u64 = 384;
/// Most crops: Gemini makes images smaller that are longer than 3072 pixels.
const MAX_CROPS: u64 = 16;
/// Most tiles: 2048 by 768 pixels.
const MAX_TILES: u64 = 8;

impl Formula {
    /// The tokens of an image; of the costliest one if its size is not known.
    pub fn tokens(self, size: Option<Size>, detail: Detail) -> u64 {
        match self {
            Self::Fixed(tokens) => tokens,
            Self::Tiles { base, .. } if detail == Detail::Low => base,
            Self::Tiles { base, tile } => base + tile * size.map_or(MAX_TILES, tiles),
            Self::Patches {
                permille,
                high,
                original,
                auto,
            } => {
                let budget = match detail {
                    Detail::Low => Budget::LOW,
                    Detail::High => high,
                    Detail::Original => original,
                    Detail::Auto => auto,
                };
                let patches = size.map_or(budget.patches, |size| patches(size, budget));
                (patches * permille).div_ceil(1_000)
            }
            Self::Visual { edge, tokens } => size.map_or(tokens, |size| visual(size, edge, tokens)),
            Self::Crops => CROP_TOKENS * size.map_or(MAX_CROPS, crops),
        }
    }

    /// The tokens of an image that is in a `data:` URL; of any other URL, of the costliest.
    pub fn tokens_of_url(self, url: &str, detail: Detail) -> u64 {
        let size = match base64_of(url) {
            Some(data) => size(data),
            None => None,
        };
        self.tokens(size, detail)
    }
}

/// The base64 in a `data:` URL.
pub(crate) fn base64_of(url: &str) -> Option<&str> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    head.ends_with(";base64").then_some(data)
}

/// What follows `data:…;base64,`, or all of it where there is no such head.
pub(crate) fn payload(data: &str) -> usize {
    base64_of(data).unwrap_or(data).len()
}

/// Fitting into 2048 in square and then the short edge into 768 is the same as the stricter of both at once. The
/// published text scales small images up as well; OpenAI's own calculator and bills do not.
fn tiles(size: Size) -> u64 {
    let (long, short) = (size.width.max(size.height), size.width.min(size.height));
    // The least of 1, 2048 / long and 768 / short, as numerator and denominator.
    let (by, of) = [(2_048, long), (768, short)]
        .into_iter()
        .fold((1, 1), |(by, of), (limit, edge)| {
            if limit * of < by * edge {
                (limit, edge)
            } else {
                (by, of)
            }
        });
    let across = |edge: u64| (edge * by).div_ceil(of * TILE);
    (across(size.width) * across(size.height)).min(MAX_TILES)
}

fn patches(size: Size, budget: Budget) -> u64 {
    let long = size.width.max(size.height);
    let size = match long > budget.edge {
        true => size.scaled(budget.edge, long),
        false => size,
    };
    let count = size.blocks(PATCH);
    if count <= budget.patches {
        return count;
    }
    // As published, in floating point: shrink to the budget's area, then on to whole patches on one edge.
    let (width, height) = (size.width as f64, size.height as f64);
    let side = PATCH as f64;
    let shrink = (side * side * budget.patches as f64 / (width * height)).sqrt();
    let (across, down) = (width * shrink / side, height * shrink / side);
    let shrink = shrink * (across.floor() / across).min(down.floor() / down);
    let resized = Size {
        width: (width * shrink) as u64,
        height: (height * shrink) as u64,
    };
    // An image that is only a few pixels high has less than one patch on that edge.
    match resized.blocks(PATCH) {
        0 => budget.patches,
        count => count.min(budget.patches),
    }
}

/// The most that the image has at any size which keeps both limits. Anthropic takes the largest such size.
fn visual(size: Size, edge: u64, tokens: u64) -> u64 {
    let long = size.width.max(size.height);
    let fits = |length: u64| {
        let count = size.scaled(length, long).blocks(VISUAL);
        (count <= tokens).then_some(count)
    };
    let (mut least, mut greatest) = (1, long.min(edge));
    if let Some(count) = fits(greatest) {
        return count;
    }
    let mut best = 1;
    while least < greatest {
        let middle = least.midpoint(greatest);
        match fits(middle) {
            Some(count) => {
                best = count;
                least = middle + 1;
            }
            None => greatest = middle,
        }
    }
    best
}

fn crops(size: Size) -> u64 {
    match size.width.max(size.height) <= UNCROPPED {
        true => 1,
        false => size.blocks(CROP).min(MAX_CROPS),
    }
}

#[cfg(test)]
mod tests;
