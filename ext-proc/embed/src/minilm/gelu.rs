//! GELU with the error function, not its tanh approximation, since the model was trained with it.
//!
//! candle computes the error function number by number, which takes a sixth of the whole model's time. This rational
//! function of it is as exact in single precision, and the compiler makes vector code of it.

use candle_core::{CpuStorage, CustomOp1, Error, Layout, Result, Shape, Tensor};

/// `x * (1 + erf(x / sqrt(2))) / 2` of each number.
pub(super) fn gelu(numbers: &Tensor) -> Result<Tensor> {
    numbers.apply_op1_no_bwd(&Gelu)
}

struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let numbers = layout
            .contiguous_offsets()
            .and_then(|(start, end)| storage.as_slice::<f32>().ok()?.get(start..end))
            .ok_or_else(|| Error::msg("gelu of what is not contiguous single precision"))?;
        let numbers = numbers
            .iter()
            .map(|&x| 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2)));
        Ok((CpuStorage::F32(numbers.collect()), layout.shape().clone()))
    }
}

/// Source: Eigen 3.4, `generic_fast_erf_float` (an odd polynomial by an even one, of what is at most 4), read
/// 2026-11-28.
fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let top = square * -2.726_142_3e-10 + 2.770_681_5e-8;
    let top = square * top - 2.101_024e-6;
    let top = square * top - 5.692_506_4e-5;
    let top = square * top - 7.349_906_3e-4;
    let top = square * top - 2.954_599_8e-3;
    let top = square * top - 1.609_603_3e-2;
    let bottom = square * -1.456_607_2e-5 - 2.133_740_6e-4;
    let bottom = square * bottom - 1.682_827e-3;
    let bottom = square * bottom - 7.373_329_2e-3;
    let bottom = square * bottom - 1.426_473_9e-2;
    x * top / bottom
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn it_is_what_the_exact_error_function_gives() {
        let numbers = Tensor::arange_step(-12.0_f32, 12.0, 0.001, &Device::Cpu).unwrap();
        let difference = (gelu(&numbers).unwrap() - numbers.gelu_erf().unwrap()).unwrap();
        let largest = difference
            .abs()
            .unwrap()
            .max(0)
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert!(largest < 2e-6, "{largest}");
    }
}
