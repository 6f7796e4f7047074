//! BERT, as far as MiniLM needs it: token ids to the mean of the last layer's states.
//!
//! Texts of a batch lie one after the other, without padding: only attention looks at more than one token, and it is
//! computed text by text. So a vector does not depend on what else is in its batch, but for rounding.

use candle_core::{Device, IndexOp, Result, Tensor};
use candle_nn::{Embedding, LayerNorm, Module, VarBuilder, ops::softmax_last_dim};

use super::gelu::gelu;

// The shape of the one model whose weights are accepted. Source: `config.json` beside them, read 2026-11-28.
const LAYERS: usize = 6;
const HEADS: usize = 12;
const HIDDEN: usize = 384;
const INTERMEDIATE: usize = 1_536;
const VOCABULARY: usize = 30_522;
const POSITIONS: usize = 512;
const TYPES: usize = 2;
const EPSILON: f64 = 1e-12;

pub(super) struct Bert {
    words: Embedding,
    /// Of each position, with that of the first type of text added, since all texts are of it.
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

struct Layer {
    /// Queries (already scaled), keys and values side by side: one product instead of three.
    attention: Projection,
    output: Projection,
    output_norm: LayerNorm,
    up: Projection,
    down: Projection,
    down_norm: LayerNorm,
}

impl Bert {
    pub(super) fn new(weights: &VarBuilder<'_>) -> Result<Self> {
        let embeddings = weights.pp("embeddings");
        let words = embeddings.get((VOCABULARY, HIDDEN), "word_embeddings.weight")?;
        let positions = embeddings.get((POSITIONS, HIDDEN), "position_embeddings.weight")?;
        let types = embeddings.get((TYPES, HIDDEN), "token_type_embeddings.weight")?;
        let encoder = weights.pp("encoder.layer");
        Ok(Self {
            words: Embedding::new(words, HIDDEN),
            positions: positions.broadcast_add(&types.i(0)?)?,
            norm: norm(&embeddings.pp("LayerNorm"))?,
            layers: (0..LAYERS)
                .map(|layer| Layer::new(&encoder.pp(layer)))
                .collect::<Result<_>>()?,
        })
    }

    /// One vector for each text. A text has at least one token, and no more than there are positions.
    pub(super) fn forward(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let words = self.words.forward(&Tensor::new(texts.concat(), &Device::Cpu)?)?;
        let positions: Vec<Tensor> = lengths
            .iter()
            .map(|&length| self.positions.narrow(0, 0, length))
            .collect::<Result<_>>()?;
        let mut states = self.norm.forward(&(words + Tensor::cat(&positions, 0)?)?)?;
        for layer in &self.layers {
            states = layer.forward(&states, &lengths)?;
        }
        let mut start = 0;
        let mean = |&length: &usize| {
            let own = states.narrow(0, start, length)?;
            start += length;
            own.mean(0)?.to_vec1()
        };
        lengths.iter().map(mean).collect()
    }
}

impl Layer {
    fn new(weights: &VarBuilder<'_>) -> Result<Self> {
        let of_itself = weights.pp("attention.self");
        let query = Projection::new(HIDDEN, HIDDEN, &of_itself.pp("query"))?;
        let key = Projection::new(HIDDEN, HIDDEN, &of_itself.pp("key"))?;
        let value = Projection::new(HIDDEN, HIDDEN, &of_itself.pp("value"))?;
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let scale = ((HIDDEN / HEADS) as f64).sqrt().recip();
        let attention = Projection {
            weight: Tensor::cat(&[&(query.weight * scale)?, &key.weight, &value.weight], 1)?,
            bias: Tensor::cat(&[&(query.bias * scale)?, &key.bias, &value.bias], 0)?,
        };
        Ok(Self {
            attention,
            output: Projection::new(HIDDEN, HIDDEN, &weights.pp("attention.output.dense"))?,
            output_norm: norm(&weights.pp("attention.output.LayerNorm"))?,
            up: Projection::new(HIDDEN, INTERMEDIATE, &weights.pp("intermediate.dense"))?,
            down: Projection::new(INTERMEDIATE, HIDDEN, &weights.pp("output.dense"))?,
            down_norm: norm(&weights.pp("output.LayerNorm"))?,
        })
    }

    fn forward(&self, states: &Tensor, lengths: &[usize]) -> Result<Tensor> {
        let projected = self.attention.forward(states)?;
        let mut start = 0;
        let mut attended = Vec::with_capacity(lengths.len());
        for &length in lengths {
            attended.push(attend(&projected.narrow(0, start, length)?)?);
            start += length;
        }
        let attended = self.output.forward(&Tensor::cat(&attended, 0)?)?;
        let states = self.output_norm.forward(&(attended + states)?)?;
        let wide = gelu(&self.up.forward(&states)?)?;
        self.down_norm.forward(&(self.down.forward(&wide)? + states)?)
    }
}

struct Projection {
    /// Inputs by outputs, contiguous. The file has them the other way round, and to turn them in each product takes a
    /// third of the model's time.
    weight: Tensor,
    bias: Tensor,
}

impl Projection {
    fn new(inputs: usize, outputs: usize, weights: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            weight: weights.get((outputs, inputs), "weight")?.t()?.contiguous()?,
            bias: weights.get(outputs, "bias")?,
        })
    }

    fn forward(&self, states: &Tensor) -> Result<Tensor> {
        states.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

/// The attention of one text's tokens to each other.
fn attend(projected: &Tensor) -> Result<Tensor> {
    let length = projected.dim(0)?;
    let heads = projected
        .reshape((length, 3, HEADS, HIDDEN / HEADS))?
        .permute((1, 2, 0, 3))?
        .contiguous()?;
    let (query, key, value) = (heads.i(0)?, heads.i(1)?, heads.i(2)?);
    let weights = softmax_last_dim(&query.matmul(&key.transpose(1, 2)?)?)?;
    weights.matmul(&value)?.transpose(0, 1)?.reshape((length, HIDDEN))
}

fn norm(weights: &VarBuilder<'_>) -> Result<LayerNorm> {
    let weight = weights.get(HIDDEN, "weight")?;
    Ok(LayerNorm::new(weight, weights.get(HIDDEN, "bias")?, EPSILON))
}
