//! Numbers of European countries.

mod france;
mod germany;
mod italy;
mod netherlands;
mod poland;
mod spain;
mod uk;

use crate::kind::Kind;

pub const KINDS: &[Kind] = &[
    uk::NINO,
    uk::NHS,
    germany::TAX_ID,
    france::NIR,
    spain::NIF,
    spain::NIE,
    italy::FISCAL_CODE,
    netherlands::BSN,
    poland::PESEL,
];
