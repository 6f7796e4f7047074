/// A vector of length one.
#[derive(Clone, Debug, PartialEq)]
pub struct Vector(Box<[f32]>);

/// Why numbers are no vector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VectorError {
    /// A number is infinite or none.
    #[error("component {index} of the vector is not finite")]
    NotFinite {
        /// Which.
        index: usize,
    },
    /// All numbers are zero, or there are none.
    #[error("the vector has no length")]
    Zero,
    /// It cannot be compared with the others.
    #[error("vector of {dimension} dimensions where {expected} are expected")]
    Dimension {
        /// Of this one.
        dimension: usize,
        /// Of the others.
        expected: usize,
    },
}

impl Vector {
    /// The direction of `numbers`.
    ///
    /// # Errors
    /// When they have none.
    pub fn new(numbers: Vec<f32>) -> Result<Self, VectorError> {
        if let Some(index) = numbers.iter().position(|number| !number.is_finite()) {
            return Err(VectorError::NotFinite { index });
        }
        // In double precision, since the square of a large number may be none in single precision.
        let square: f64 = numbers.iter().map(|number| f64::from(*number).powi(2)).sum();
        let length = square.sqrt();
        if length <= 0.0 {
            return Err(VectorError::Zero);
        }
        let unit = numbers.into_iter().map(|number| {
            #[expect(clippy::cast_possible_truncation, reason = "of magnitude one at most")]
            let component = (f64::from(number) / length) as f32;
            component
        });
        Ok(Self(unit.collect()))
    }

    /// The cosine of the angle to another one: 1 for the same direction. Between vectors of different dimensions there
    /// is none, and it is -1.
    pub fn cosine(&self, other: &Self) -> f32 {
        if self.dimension() != other.dimension() {
            return -1.0;
        }
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }

    /// How many components it has.
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// The components.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_length_one_and_the_direction_of_its_numbers() {
        let vector = Vector::new(vec![3.0, 4.0]).unwrap();
        assert_eq!(vector.as_slice(), [0.6, 0.8]);
        let huge = Vector::new(vec![f32::MAX, 0.0]).unwrap();
        assert_eq!(huge.as_slice(), [1.0, 0.0]);
    }

    #[test]
    fn numbers_without_a_direction_are_no_vector() {
        let cases = [
            (vec![], VectorError::Zero),
            (vec![0.0, 0.0], VectorError::Zero),
            (vec![1.0, f32::NAN], VectorError::NotFinite { index: 1 }),
            (vec![f32::INFINITY], VectorError::NotFinite { index: 0 }),
        ];
        for (numbers, error) in cases {
            assert_eq!(Vector::new(numbers), Err(error));
        }
    }

    #[test]
    fn vectors_of_different_dimensions_are_nowhere_near_each_other() {
        let short = Vector::new(vec![1.0]).unwrap();
        let long = Vector::new(vec![1.0, 0.0]).unwrap();
        assert_eq!((short.cosine(&long), short.cosine(&short)), (-1.0, 1.0));
    }
}
