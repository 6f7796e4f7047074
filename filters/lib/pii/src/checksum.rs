//! Check digits. Digits are values from 0 to 9, not characters.

/// Luhn's algorithm (ISO/IEC 7812-1, annex B): the last digit makes the sum divisible by ten.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit) * 2) {
            (0, _) => u32::from(*digit),
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The sum of each digit times its weight.
pub(crate) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum()
}

/// ISO/IEC 7064 MOD 97-10 over digits and letters, letters counting from A = 10.
pub(crate) fn mod97(mut characters: impl Iterator<Item = u8>) -> Option<u32> {
    characters.try_fold(0_u32, |rest, character| {
        let value = char::from(character).to_digit(36)?;
        let shift = if value > 9 { 100 } else { 10 };
        Some((rest * shift + value) % 97)
    })
}

/// ISO/IEC 7064 MOD 11,10: the last digit closes the chain.
pub(crate) fn mod11_10(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else {
        return false;
    };
    let product = body.iter().fold(10_u32, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*check)
}

/// Verhoeff's algorithm: multiplication in the dihedral group of order ten.
pub(crate) fn verhoeff(digits: &[u8]) -> bool {
    const PERMUTED: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut check = 0;
    for (place, digit) in digits.iter().rev().enumerate() {
        let mut value = *digit;
        for _ in 0..place % 8 {
            value = PERMUTED.get(usize::from(value)).copied().unwrap_or_default();
        }
        check = dihedral(check, value);
    }
    check == 0
}

fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => (a + b - 5) % 5 + 5,
        (false, true) => (a - 5 + 5 - b) % 5 + 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    /// Each number with its right check digit, and with every wrong one.
    fn only_one_passes(check: fn(&[u8]) -> bool, number: &str) {
        assert!(check(&digits(number)), "{number}");
        for last in 0..10 {
            let mut changed = digits(number);
            let right = changed.pop();
            changed.push(last);
            assert_eq!(check(&changed), Some(last) == right, "{number} with {last}");
        }
    }

    #[test]
    fn published_examples_pass_and_their_neighbours_do_not() {
        only_one_passes(luhn, "79927398713");
        only_one_passes(luhn, "4111111111111111");
        only_one_passes(verhoeff, "2363");
        only_one_passes(verhoeff, "123451");
        only_one_passes(mod11_10, "86095742719");
        assert_eq!(mod97("370400440532013000DE89".bytes()), Some(1));
        assert_eq!(mod97("3704-0".bytes()), None);
    }

    #[test]
    fn verhoeff_notices_every_swap_of_neighbours() {
        let number = digits("234123412346");
        assert!(verhoeff(&number));
        for at in 0..number.len() - 1 {
            let mut swapped = number.clone();
            swapped.swap(at, at + 1);
            assert_eq!(verhoeff(&swapped), swapped == number, "{at}");
        }
    }
}
