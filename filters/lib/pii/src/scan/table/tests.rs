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
