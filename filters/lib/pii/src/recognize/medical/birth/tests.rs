use crate::recognize::tests::found;

#[test]
fn no_word_starts_with_another_byte() {
    assert!(
        super::RAISES
            .iter()
            .all(|word| super::is_first(word.as_bytes()[0]))
    );
}

#[test]
fn dates_are_found_where_words_speak_of_birth() {
    for (text, expected) in [
        ("DOB: 1990-05-03", "1990-05-03"),
        ("born on May 3rd, 1990 in Leeds", "May 3rd, 1990"),
        ("Date of birth (DD/MM/YYYY): 03/05/1990", "03/05/1990"),
        ("“DOB”: “1990-05-03”", "1990-05-03"),
        ("D.O.B.: 5/3/90", "5/3/90"),
        ("{\"dateOfBirth\":\"1990-05-03T00:00:00Z\"}", "1990-05-03"),
        ("{\"date_of_birth\": \"1990-05-03\"}", "1990-05-03"),
        ("\"birth\": {\"date\": \"1990-05-03\"}", "1990-05-03"),
        ("Birth date: 3 May 1990", "3 May 1990"),
        ("1990-05-03 is my birthday", "1990-05-03"),
        ("Ann Lee, 03.05.1990 (DOB)", "03.05.1990"),
        ("(b. 3 May 1990)", "3 May 1990"),
        ("geb. am 3. Mai 1990 in Köln", "3. Mai 1990"),
        ("Geburtsdatum: 03.05.1990.", "03.05.1990"),
        ("née le 3 février 1990", "3 février 1990"),
        ("NÉ LE 03/05/1990", "03/05/1990"),
        ("Né(e) le : 03/05/1990", "03/05/1990"),
        ("Date de naissance : 1er mai 1990", "1er mai 1990"),
        ("nació el 3 de mayo de 1990", "3 de mayo de 1990"),
        ("nato a Roma il 3 maggio 1990", "3 maggio 1990"),
        ("nascida em 3 de março de 1990", "3 de março de 1990"),
        ("geboortedatum 3 mei 1990", "3 mei 1990"),
        ("出生日期：1990年5月3日", "1990年5月3日"),
        ("生年月日は昭和60年5月3日です", "昭和60年5月3日"),
        ("1990年5月3日生まれ", "1990年5月3日"),
        ("생년월일: 1990년 5월 3일", "1990년 5월 3일"),
        ("birthday=19900503", "19900503"),
        ("<dob>1990-05-03</dob>", "1990-05-03"),
        ("| DOB | 1990-05-03 |", "1990-05-03"),
        ("visit 2024-01-05; dob 1990-05-03", "1990-05-03"),
    ] {
        assert_eq!(found(super::RECOGNIZER.entity, text), [expected], "{text}");
    }
    let several = found(
        super::RECOGNIZER.entity,
        "born 3 May 1990 and 7 June 1992 respectively",
    );
    assert_eq!(several, ["3 May 1990", "7 June 1992"]);
}

#[test]
fn other_dates_are_not_found_even_beside_one_of_birth() {
    for text in [
        "1990-05-03",
        "invoice of 1990-05-03",
        "DOB: 1990-02-31",
        "DOB: 1790-05-03",
        "born in May 1990",
        "Expires: 2027-05-03",
        "full(b\"1990-05-03\")",
        "NATO summit on 3 May 1990",
        "Date: 2024-01-05, DOB: unknown",
        "Birthday party on 2024-05-03",
        "dob 1990-05-03-77",
    ] {
        assert_eq!(found(super::RECOGNIZER.entity, text), [""; 0], "{text}");
    }
    for text in [
        "DOB: 1990-05-03, Date: 2024-01-01",
        "“DOB”: “1990-05-03”, “foo”: “2024-01-01”",
        "DOB: 1990-05-03 Date of service: 2024-01-01",
        "DOB: 1990-05-03. Appraised on 2024-01-01",
        "{\"dob\":\"1990-05-03\",\"foo\":\"2024-01-01\"}",
        "{\"foo\":\"2024-01-01\",\"dob\":\"1990-05-03\"}",
        "Born 1990-05-03, moved to Leeds 2015-06-01",
        "Checked 2024-01-01. DOB: 1990-05-03",
        "| DOB | 1990-05-03 | 2024-01-01 |",
        "born 3 May 1990 and baptised on 7 June 1990, 1990-05-03 birth",
    ] {
        let found = found(super::RECOGNIZER.entity, text);
        assert!(
            found
                .iter()
                .all(|date| *date == "1990-05-03" || *date == "3 May 1990"),
            "{text}: {found:?}"
        );
        assert!(!found.is_empty(), "{text}");
    }
}
