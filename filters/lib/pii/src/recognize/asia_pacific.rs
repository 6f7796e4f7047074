//! Identity numbers of Asia, Australia and the Pacific.

mod au_abn;
mod au_medicare;
mod au_tfn;
mod cn_resident_id;
mod in_aadhaar;
mod in_pan;
mod jp_my_number;
mod kr_rrn;
mod sg_nric_fin;

use super::Recognizer;

pub(super) const RECOGNIZERS: &[Recognizer] = &[
    au_abn::RECOGNIZER,
    au_medicare::RECOGNIZER,
    au_tfn::RECOGNIZER,
    cn_resident_id::RECOGNIZER,
    in_aadhaar::RECOGNIZER,
    in_pan::RECOGNIZER,
    jp_my_number::RECOGNIZER,
    kr_rrn::RECOGNIZER,
    sg_nric_fin::RECOGNIZER,
];
