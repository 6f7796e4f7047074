//! Identity numbers of Europe.

use super::Recognizer;

mod de_tax_id;
mod es_nie;
mod es_nif;
mod fr_nir;
mod it_fiscal_code;
mod nl_bsn;
mod pl_pesel;
mod uk_nhs;
mod uk_nino;

pub(super) const RECOGNIZERS: &[Recognizer] = &[
    de_tax_id::RECOGNIZER,
    es_nie::RECOGNIZER,
    es_nif::RECOGNIZER,
    fr_nir::RECOGNIZER,
    it_fiscal_code::RECOGNIZER,
    nl_bsn::RECOGNIZER,
    pl_pesel::RECOGNIZER,
    uk_nhs::RECOGNIZER,
    uk_nino::RECOGNIZER,
];
