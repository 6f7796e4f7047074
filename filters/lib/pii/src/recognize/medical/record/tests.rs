use crate::recognize::tests::found;
use crate::scan::Thresholds;
use crate::{Custom, Recognizers};

#[test]
fn record_numbers_are_found_where_a_label_says_so() {
    for (text, expected) in [
        ("MRN-0012345", "MRN-0012345"),
        ("MRN: A1234567", "A1234567"),
        ("“MRN”: “A1234567”", "A1234567"),
        ("mrn 0012345, admitted", "0012345"),
        ("(MRN0012345)", "MRN0012345"),
        ("MRN #: 12-34-56.", "12-34-56"),
        ("Her MRN is 4471923", "4471923"),
        ("medical record number 12345678", "12345678"),
        ("Medical Record No. 12345678", "12345678"),
        ("Medical record #HN-448812", "HN-448812"),
        ("patient ID: P1234567", "P1234567"),
        ("\"patient_id\": \"00482913\"", "00482913"),
        ("Patient #4482913", "4482913"),
        ("chart number 778812", "778812"),
        ("Krankenakte Nr. 445566", "445566"),
        ("Patienten-ID 445566", "445566"),
        ("Patientennummer: 445566", "445566"),
        ("dossier médical n° 1234567", "1234567"),
        ("historia clínica nº 1234567", "1234567"),
        ("cartella clinica n. 1234567", "1234567"),
        ("prontuário nº 123456", "123456"),
        ("病历号：00123456", "00123456"),
        ("カルテ番号は00123456です", "00123456"),
        ("환자번호 00123456", "00123456"),
        ("0012345 is the MRN", "0012345"),
        ("MRN of the patient is 4471923", "4471923"),
        ("MRN: MRN-0012345", "MRN-0012345"),
        ("patientMrn=8986002565", "8986002565"),
        ("Olá, NÚMERO DO PRONTUÁRIO 58927323,", "58927323"),
        ("PATIËNTNUMMER 8409511", "8409511"),
        ("환자 ID: 0012345", "0012345"),
        ("제 환자 ID는 82185056입니다.", "82185056"),
        ("请帮我把病历号改成 93353691 。", "93353691"),
        ("患者番号を 459834 に変更", "459834"),
        ("患者ID「21591530」", "21591530"),
        ("53223903 es el NHC que tenemos", "53223903"),
        ("381377 ist die Patientennummer, die", "381377"),
        ("614194 é o número do prontuário que", "614194"),
        ("B7697179 is the medical record number", "B7697179"),
        ("43753716 is the patient number of", "43753716"),
        ("Her Patient ID, 16180469, was", "16180469"),
        ("id,mrn,city\n17,A7654321,Lyon", "A7654321"),
        ("INSERT INTO t (id, mrn) VALUES (17, '7654321')", "7654321"),
        ("Die Patientennummer von Frau Lang ist O1194160.", "O1194160"),
        ("El NHC de la señora Ruiz es 5114241,", "5114241"),
        ("The MRN on the invoice was \"81055410\", which", "81055410"),
        ("my medical record # is actually F9402494", "F9402494"),
        ("18012510 ist die Patienten-ID, die", "18012510"),
        ("a, b\nid,name,MRN,city\n17,Ann,52548955,Lyon", "52548955"),
        ("<td>MRN</td><td>7654321</td>", "7654321"),
        ("MRN (Ann Lee): 7654321", "7654321"),
        ("Chart # (Ann Lee): A765432", "A765432"),
        ("I've got a new MRN, it's 76-54-32", "76-54-32"),
        ("hey whats the MRN? i think its 7654321", "7654321"),
        ("the MRN on the form says 7654321 but", "7654321"),
        ("n° patient : 7654321", "7654321"),
        ("<patientMrn>97615087</patientMrn>", "97615087"),
        ("what's your chart number?\n[09:13] bob: 48876278", "48876278"),
        ("<field name=\"mrn\" value=\"4807403\"/>", "4807403"),
    ] {
        assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
    }
    for text in [
        "0012345",
        "patient 0012345",
        "the patient paid 123456",
        "medical bill 1234567",
        "record 1234567",
        "MRN 123",
        "MRN 1234567890123",
        "MRN: 2024-01-05",
        "patient phone 5551234567",
        "chart 2024001",
        "MRN unknown, order 1234567",
        "MRN (see order 55): 1234567",
        "invoice (Ann Lee): 1234567",
        "new chart, it's 1234567",
        "Mr. Lee is a 24367",
        "Mr. 24367",
        "hey whats the price? i think its 1234567",
        "the price on the form says 1234567",
        "MRN v1.2.33456",
        "mrn@12345.com",
        "id,mrn,city\n1234567,,Lyon",
        "1234567 is the order of the patient",
        "chart 1234567",
        "The medical record was sent and the ticket number is 1234567",
        "The medical record is here, the code is 1234567",
        "is the patient in room?\n1234567",
    ] {
        assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
    }
}

#[test]
fn the_name_of_a_field_says_what_its_value_is() {
    let recognizers = Recognizers::new(Custom::default());
    for (name, is) in [
        ("patient_id", true),
        ("medicalRecordNumber", true),
        ("mrn", true),
        ("order_id", false),
        ("patient_phone", false),
    ] {
        let found = recognizers.find("A1234567", name, &Thresholds::default());
        let found = found
            .iter()
            .any(|finding| finding.entity == super::RECOGNIZER.entity);
        assert_eq!(found, is, "{name}");
    }
}
