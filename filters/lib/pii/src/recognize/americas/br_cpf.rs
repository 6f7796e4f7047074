//! Brazilian CPF: nine digits and two check digits modulo eleven (Receita Federal; python-stdnum's `br.cpf`, read 2026-11).
//! Written 3.3.3-2. One number in a hundred passes; eleven equal digits pass and are nobody's.

use super::super::labels::OTHER_NUMBERS;
use super::super::{Hit, Recognizer, Starts};
use crate::text::Text;
use crate::{Entity, Score};

pub(super) const RECOGNIZER: Recognizer = Recognizer {
    entity: Entity::BrCpf,
    starts: &[Starts::Digits(&[3, 9, 11])],
    find,
    raises: &[
        "cpf",
        "cpfs",
        "cpfmf",
        "contribuinte",
        "cadastro",
        "cpfnumber",
        "numerocpf",
    ],
    lowers: OTHER_NUMBERS,
};

const GROUPS: &[usize] = &[3, 3, 3, 2];

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let (number, score) = match text.run(at, 12, |byte| byte.is_ascii_digit()) {
        3 => match [text.at(at + 3), text.at(at + 7), text.at(at + 11)] {
            [b'.', b'.', b'-'] => (text.pieces(at, GROUPS, &[b".", b".", b"-"])?, Score::CERTAIN),
            // An address of the internet.
            [b'.', b'.', b'.'] if is_address(text, at) => return None,
            [mark, ..] if mark != b' ' && text.at(at + 4) != b' ' => {
                let number = text.pieces(at, GROUPS, &[b".-", b".-", b"-/. "])?;
                (number, Score(80))
            }
            _ => (text.grouped(at, GROUPS, b" -.")?, Score(80)),
        },
        9 => (text.pieces(at, &[9, 2], &[b"-/"])?, Score(75)),
        _ => (text.ungrouped(at, 11)?, Score(55)),
    };
    let digits = number.digits();
    let first = digits.first()?;
    let is_valid = is_checked(digits, 9)
        && is_checked(digits, 10)
        && digits.iter().any(|digit| digit != first)
        && text.before(at) != b'+'
        && !text.goes_on(at..number.end);
    is_valid.then(|| Hit::new(at, number.end, score))
}

/// Whether the numbers of three digits at a place with points between them may be those of an address.
fn is_address(text: &Text<'_>, at: usize) -> bool {
    let is_byte = |start: usize| text.slice(start..start + 3) <= &b"255"[..];
    is_byte(at) && is_byte(at + 4) && is_byte(at + 8)
}

/// Whether the digit at a place is the check digit of those in front, which weigh from 2 on, from the right.
fn is_checked(digits: &[u8], place: usize) -> bool {
    let body = digits.get(..place).unwrap_or_default();
    let sum: u32 = body
        .iter()
        .rev()
        .zip(2..)
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum();
    digits.get(place).copied().map(u32::from) == Some(sum * 10 % 11 % 10)
}

#[cfg(test)]
mod tests {
    use crate::recognize::tests::found;

    #[test]
    fn cpf_numbers_are_found_and_what_resembles_them_is_not() {
        for (text, expected) in [
            ("529.982.247-25", "529.982.247-25"),
            ("CPF: 52998224725.", "52998224725"),
            ("CPF nº 529.982.247-25, residente", "529.982.247-25"),
            ("cpf=529982247-25", "529982247-25"),
            ("{\"cpf\":\"111.444.777-35\"}", "111.444.777-35"),
            ("(529 982 247 25)", "529 982 247 25"),
            ("529-982-247-25", "529-982-247-25"),
            ("529.982.247.25", "529.982.247.25"),
            ("529  982  247  25", "529  982  247  25"),
            ("529.982.247\u{2013}25", "529.982.247\u{2013}25"),
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
        }
        for text in [
            "529.982.247-26",
            "CPF 52998224726",
            "CPF 111.111.111-11",
            "CPF 529.982.247-251",
            "CPF 1529.982.247-25",
            "CPF 529982247255",
            "CPF 5299822472",
            "celular 52998224725",
            "CPF A52998224725",
            "+52998224725",
            "192.168.122.57",
            "Kundennummer 52998224725",
            "529 982.247 25",
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
