//! Brazilian CPF: nine digits and two check digits modulo eleven (Receita Federal; python-stdnum's `br.cpf`, read 2026-11).
//! Written 3.3.3-2. One number in a hundred passes; eleven equal digits pass and are nobody's.

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
    lowers: &[
        "telefone",
        "celular",
        "whatsapp",
        "fone",
        "tel",
        "phone",
        "mobile",
        "call",
        "ligue",
        "pedido",
        "order",
        "invoice",
        "fatura",
        "protocolo",
        "rastreio",
        "rastreamento",
        "tracking",
        "boleto",
        "pis",
        "pasep",
        "nis",
        "nit",
        "cnh",
        "renavam",
        "serial",
        "barcode",
        "ticket",
        "timestamp",
        "pesel",
        "steuer",
        "idnr",
        "abn",
        "transaction",
        "reference",
    ],
};

fn find(text: &Text<'_>, at: usize) -> Option<Hit> {
    let (number, score) = match text.run(at, 12, |byte| byte.is_ascii_digit()) {
        3 => match text.pieces(at, &[3, 3, 3, 2], &[b".", b".", b"-"]) {
            Some(number) => (number, Score::CERTAIN),
            None => {
                let number = text.pieces(at, &[3, 3, 3, 2], &[b". -", b". -", b"-/. "])?;
                (number, Score(80))
            }
        },
        9 => (text.pieces(at, &[9, 2], &[b"-/"])?, Score(75)),
        _ => (text.number(at, &[11], b"", true)?, Score(55)),
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
        ] {
            assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
        }
    }
}
