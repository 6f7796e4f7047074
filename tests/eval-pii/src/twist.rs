//! How a value changes on its way into a text: spaces and dashes of other kinds, digits of full width, marks around it.

use crate::random::Random;

/// A value with other characters for its spaces, dashes or digits; mostly as it was.
pub fn respell(random: &mut Random, value: &str, dense: bool) -> String {
    match random.number(0..=99) {
        0..=4 => value.replace(' ', random.pick(&["\u{a0}", "\u{2009}", "\u{202f}", "\u{2007}"])),
        5..=8 => value.replace(
            '-',
            random.pick(&["\u{2013}", "\u{2011}", "\u{2010}", "\u{2212}"]),
        ),
        9 => value.replace(' ', "  "),
        10 if !value.contains(['.', '/']) => value.replace('-', " - "),
        11..=13 if dense => value.chars().map(wide).collect(),
        14 => value.replace('+', "\u{ff0b}"),
        _ => value.to_owned(),
    }
}

/// The full-width form of a digit.
fn wide(character: char) -> char {
    match character.to_digit(10) {
        Some(digit) => char::from_u32(u32::from('\u{ff10}') + digit).unwrap_or(character),
        None => character,
    }
}

/// What stands directly in front of a value and behind it; mostly nothing.
pub fn marks(random: &mut Random, dense: bool) -> (&'static str, &'static str) {
    const MARKS: &[(&str, &str)] = &[
        ("\"", "\""),
        ("'", "'"),
        ("“", "”"),
        ("„", "“"),
        ("«\u{a0}", "\u{a0}»"),
        ("(", ")"),
        ("[", "]"),
        ("<", ">"),
        ("`", "`"),
        ("**", "**"),
        ("", "…"),
        ("", "!"),
        ("", "?"),
        ("", ";"),
        ("\u{200e}", "\u{200e}"),
        ("\u{202a}", "\u{202c}"),
        ("\u{200b}", ""),
        (" ", " "),
    ];
    const DENSE: &[(&str, &str)] = &[
        ("「", "」"),
        ("（", "）"),
        ("【", "】"),
        ("：", "。"),
        ("《", "》"),
    ];
    match (random.number(0..=99), dense) {
        (0..=19, _) => random.pick(MARKS),
        (20..=39, true) => random.pick(DENSE),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_wide() {
        assert_eq!("1a-0".chars().map(wide).collect::<String>(), "１a-０");
    }

    #[test]
    fn most_values_stay_as_they_are() {
        let mut random = Random::seeded(1);
        let same = (0..1000)
            .filter(|_| respell(&mut random, "1 2-3", true) == "1 2-3")
            .count();
        assert!((800..900).contains(&same), "{same}");
    }
}
