use crate::{Custom, Recognizers, Thresholds};

/// What is found in a text.
fn found(text: &str) -> Vec<String> {
    static ALL: std::sync::LazyLock<Recognizers> =
        std::sync::LazyLock::new(|| Recognizers::new(Custom::default()));
    let found = ALL.find(text, "", &Thresholds::default());
    found
        .into_iter()
        .map(|finding| format!("{} {}", finding.entity, &text[finding.span]))
        .collect()
}

/// Values of some kinds that say nothing by themselves, and what their columns are called.
const WEAK: &[(&str, &str, &[&str])] = &[
    (
        "US_SSN",
        "219099998",
        &["ssn", "Social Security Number", "employeeSsn"],
    ),
    (
        "PHONE_NUMBER",
        "2125550143",
        &["phone", "Phone Number", "mobile_phone", "Telefon"],
    ),
    (
        "MEDICAL_RECORD_NUMBER",
        "0048291",
        &["mrn", "Patient ID", "chart_number", "Patientennummer"],
    ),
    (
        "DATE_OF_BIRTH",
        "1984-03-07",
        &["dob", "Date of Birth", "birthDate", "Geburtsdatum"],
    ),
    ("DE_TAX_ID", "86095742719", &["tax_id", "Steuer-ID", "IdNr"]),
    ("AU_TFN", "876543210", &["tfn", "Tax File Number"]),
    ("NL_BSN", "111222333", &["bsn", "Burgerservicenummer"]),
    ("JP_MY_NUMBER", "123456789018", &["マイナンバー", "my_number"]),
    ("SWIFT_CODE", "DEUTDEFF", &["bic", "SWIFT"]),
    ("PASSWORD", "hunter2", &["password", "dbPassword", "passwort"]),
    (
        "PASSWORD",
        "a8f5f167f44f4964e6c998dee827110c",
        &["api_key", "access token"],
    ),
    (
        "AWS_KEY",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        &["aws_secret_access_key"],
    ),
];

/// How a table is written, the column with `{}` once in its head and once in each row.
const TABLES: &[(&str, &str)] = &[
    ("id,name,{},city\n", "{#},Ann Lee,{},Lyon\n"),
    ("id,name,{},city\r\n", "{#},\"Lee, Ann\",\"{}\",Lyon\r\n"),
    ("{},city\n", "{},Lyon\n"),
    ("id;{}\n", "{#};{}\n"),
    ("id\tnote\t{}\n", "{#}\t5\" pipe\t{}\n"),
    ("| id | {} | city |\n|---:|:---|---|\n", "| {#} | {} | Lyon |\n"),
    ("| {} |\n|---|\n", "| `{}` |\n"),
    (" id | {} | city\n----+------+------\n", " {#} | {} | Lyon\n"),
    ("+----+---+\n| id | {} |\n+----+---+\n", "| {#} | {} |\n"),
    ("Here are all of them, thanks\nid,{}\n", "{#},{}\n"),
    ("Export of March,,\nid,{},city\n", "{#},{},Lyon\n"),
    (
        "INSERT INTO staff (id, {}, city) VALUES\n",
        "({#}, '{}', 'Lyon'),\n",
    ),
    ("INSERT INTO `staff` (`id`,`{}`) VALUES ", "({#},'{}'),"),
    ("[\"id\", \"{}\"],\n", "[{#}, \"{}\"],\n"),
];

#[test]
fn every_cell_has_the_name_of_its_column_however_long_the_table_is() {
    for (kind, value, names) in WEAK {
        for name in *names {
            for (head, row) in TABLES {
                let rows =
                    (1..=300).map(|number| row.replace("{#}", &number.to_string()).replace("{}", value));
                let text = head.replace("{}", name) + &rows.collect::<String>();
                let found = found(&text);
                let expected = format!("{kind} {value}");
                let right = found.iter().filter(|found| **found == expected).count();
                assert_eq!(
                    (right, found.len()),
                    (300, 300),
                    "{:?} {:?}",
                    &text[..120],
                    found.first()
                );
            }
        }
    }
}

#[test]
fn rows_are_whole_wherever_a_long_text_is_taken_apart() {
    for padding in 0..30 {
        let row = format!("219099998,{}\n", "and so on ".repeat(20 + padding));
        let text = "ssn,note\n".to_owned() + &row.repeat(400);
        assert_eq!(found(&text).len(), 400, "{padding}");
    }
}

#[test]
fn a_column_of_another_name_says_nothing() {
    for name in [
        "order_no",
        "invoice",
        "zip",
        "quantity",
        "id",
        "created_at",
        "名前",
        "",
    ] {
        for (head, row) in TABLES {
            for value in [
                "219099998",
                "2125550143",
                "0048291",
                "1984-03-07",
                "876543210",
                "hunter2",
            ] {
                let rows = (1..=5).map(|number| row.replace("{#}", &number.to_string()).replace("{}", value));
                let text = head.replace("{}", name) + &rows.collect::<String>();
                assert_eq!(found(&text), [""; 0], "{text}");
            }
        }
    }
}

#[test]
fn cells_with_delimiters_quotes_and_line_ends_in_them_are_cells() {
    for text in [
        "note,ssn\n\"a, \"\"b\"\", c\",219099998\n",
        "note,ssn\n\"a, b\",\"219099998\"\n",
        "note,ssn\n5\" pipe,219099998",
        "note,ssn\nx,y\n\"first\nsecond, and\nthird\",1\nz,219099998\n",
        "note\tssn\n\"a\tb\"\t219099998",
        "| note | ssn |\n|---|---|\n| a \\| b | 219099998 |",
        "| note | ssn |\n|---|---|\n| 5\" | 219099998 |",
        "INSERT INTO t (note, ssn) VALUES ('it''s (a), b', 219099998), ('x', NULL);",
        "INSERT INTO t (note, ssn)\nVALUES\n  (NOW(), 1),\n  (CONCAT('a', ','), '219099998');",
    ] {
        assert_eq!(found(text), ["US_SSN 219099998"], "{text}");
    }
}

#[test]
fn the_nearest_head_counts_and_only_in_its_table() {
    for (text, expected) in [
        (
            "ssn,order_no\n219099998,219099981\n219099997,219099982\n",
            vec!["219099998", "219099997"],
        ),
        (
            "order_no,ssn\n219099998,219099981\n219099997,219099982\n",
            vec!["219099981", "219099982"],
        ),
        (
            "id,ssn\n1,219099998\n\nid,order\n1,219099981\n",
            vec!["219099998"],
        ),
        (
            "id,order\n1,219099998\n\nid,ssn\n1,219099981\n",
            vec!["219099981"],
        ),
        (
            "id;order\n1;219099998\nid,ssn,city\n1,219099981,Lyon\n",
            vec!["219099981"],
        ),
        (
            "id,ssn\n1,219099998\n\nThe total is 219099981, thanks\n",
            vec!["219099998"],
        ),
        ("219099998,219099981\n219099997,219099982\n", vec![]),
        ("a,ssn 219099981\nb,219099998\n", vec!["219099981"]),
        (
            &*format!("id,ssn\n{}1,see 219099998 there\n", "1,none\n".repeat(12)),
            vec![],
        ),
        ("values (219099998, 219099981)", vec![]),
    ] {
        let found = found(text);
        let expected: Vec<_> = expected.iter().map(|value| format!("US_SSN {value}")).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_column_lowers_what_its_words_speak_against() {
    let head = "id,name,tax invoice,tax_id\n";
    let row = "1,Ann,86095742719,86095742719\n";
    assert_eq!(found(&(head.to_owned() + &row.repeat(20))).len(), 20);
}
