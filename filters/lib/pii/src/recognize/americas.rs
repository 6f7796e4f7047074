//! Identity numbers of the Americas.

use super::Recognizer;

mod br_cnpj;
mod br_cpf;
mod ca_sin;
mod us_itin;
mod us_ssn;

pub(super) const RECOGNIZERS: &[Recognizer] = &[
    br_cnpj::RECOGNIZER,
    br_cpf::RECOGNIZER,
    ca_sin::RECOGNIZER,
    us_itin::RECOGNIZER,
    us_ssn::RECOGNIZER,
];
