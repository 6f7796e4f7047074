//! Records: several values of one person together, as in forms, rows and profiles.

use penstock_pii::Entity;

use crate::kind::{self, Kind};
use crate::language::Language;
use crate::random::Random;
use crate::sample::Sample;

/// Who is in a language's records, and which kinds stand there together. All kinds that need words have them there.
struct Country {
    language: Language,
    people: &'static [&'static str],
    places: &'static [&'static str],
    kinds: &'static [Entity],
    /// What name and place are called.
    labels: [&'static str; 2],
}

const COUNTRIES: &[Country] = &[
    Country {
        language: Language::En,
        people: &["Ann Lee", "Marcus Johnson", "Priya Raman", "Tom O'Neil"],
        places: &["Springfield", "Leeds", "Toronto", "Perth"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::UsSsn,
            Entity::DateOfBirth,
            Entity::CreditCard,
            Entity::MedicalRecordNumber,
            Entity::IpAddress,
        ],
        labels: ["Name", "City"],
    },
    Country {
        language: Language::En,
        people: &["Oliver Smith", "Aisha Khan"],
        places: &["Manchester", "Cardiff"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::UkNino,
            Entity::UkNhs,
            Entity::DateOfBirth,
            Entity::IbanCode,
        ],
        labels: ["Full name", "Town"],
    },
    Country {
        language: Language::En,
        people: &["Jack Wilson", "Mei Chen"],
        places: &["Brisbane", "Hobart"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::AuTfn,
            Entity::AuAbn,
            Entity::AuMedicare,
            Entity::DateOfBirth,
        ],
        labels: ["Name", "Suburb"],
    },
    Country {
        language: Language::De,
        people: &["Jonas Weber", "Fatma Yılmaz"],
        places: &["Köln", "Leipzig"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::DeTaxId,
            Entity::IbanCode,
            Entity::SwiftCode,
            Entity::DateOfBirth,
        ],
        labels: ["Name", "Ort"],
    },
    Country {
        language: Language::Fr,
        people: &["Camille Durand", "Karim Benali"],
        places: &["Lyon", "Nantes"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::FrNir,
            Entity::IbanCode,
            Entity::SwiftCode,
            Entity::DateOfBirth,
        ],
        labels: ["Nom", "Ville"],
    },
    Country {
        language: Language::Es,
        people: &["Lucía Fernández", "Olena Kovalenko"],
        places: &["Sevilla", "Bilbao"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::EsNif,
            Entity::EsNie,
            Entity::IbanCode,
            Entity::DateOfBirth,
        ],
        labels: ["Nombre", "Ciudad"],
    },
    Country {
        language: Language::It,
        people: &["Marco Rossi", "Giulia Bianchi"],
        places: &["Torino", "Bari"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::ItFiscalCode,
            Entity::IbanCode,
            Entity::SwiftCode,
            Entity::DateOfBirth,
        ],
        labels: ["Nome", "Città"],
    },
    Country {
        language: Language::Nl,
        people: &["Sanne de Vries", "Daan Bakker"],
        places: &["Utrecht", "Breda"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::NlBsn,
            Entity::IbanCode,
            Entity::DateOfBirth,
        ],
        labels: ["Naam", "Plaats"],
    },
    Country {
        language: Language::Pl,
        people: &["Jan Kowalski", "Zofia Nowak"],
        places: &["Łódź", "Gdańsk"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::PlPesel,
            Entity::IbanCode,
            Entity::DateOfBirth,
        ],
        labels: ["Imię i nazwisko", "Miasto"],
    },
    Country {
        language: Language::Pt,
        people: &["João da Silva", "Beatriz Souza"],
        places: &["Curitiba", "Recife"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::BrCpf,
            Entity::BrCnpj,
            Entity::DateOfBirth,
        ],
        labels: ["Nome", "Cidade"],
    },
    Country {
        language: Language::Zh,
        people: &["王芳", "李伟"],
        places: &["成都", "杭州"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::CnResidentId,
            Entity::CreditCard,
            Entity::DateOfBirth,
        ],
        labels: ["姓名", "城市"],
    },
    Country {
        language: Language::Ja,
        people: &["田中太郎", "佐藤花子"],
        places: &["大阪市", "札幌市"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::JpMyNumber,
            Entity::CreditCard,
            Entity::DateOfBirth,
        ],
        labels: ["氏名", "住所"],
    },
    Country {
        language: Language::Ko,
        people: &["김민수", "이서연"],
        places: &["부산", "대전"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::KrRrn,
            Entity::CreditCard,
            Entity::DateOfBirth,
        ],
        labels: ["이름", "도시"],
    },
    Country {
        language: Language::Hi,
        people: &["Rajesh Kumar", "Sunita Devi"],
        places: &["Pune", "Lucknow"],
        kinds: &[
            Entity::EmailAddress,
            Entity::PhoneNumber,
            Entity::InAadhaar,
            Entity::InPan,
            Entity::CreditCard,
            Entity::DateOfBirth,
        ],
        labels: ["Name", "City"],
    },
];

/// How the fields of a record stand.
struct Shape {
    open: &'static str,
    close: &'static str,
    between: &'static str,
    /// In front of a name, between it and the value, and behind that.
    field: [&'static str; 3],
    keyed: bool,
}

const SHAPES: &[Shape] = &[
    Shape {
        open: "",
        close: "\n",
        between: "\n",
        field: ["", ": ", ""],
        keyed: false,
    },
    Shape {
        open: "",
        close: ".",
        between: ", ",
        field: ["", " ", ""],
        keyed: false,
    },
    Shape {
        open: "",
        close: "",
        between: "; ",
        field: ["", ": ", ""],
        keyed: false,
    },
    Shape {
        open: "{",
        close: "}",
        between: ", ",
        field: ["\"", "\": \"", "\""],
        keyed: true,
    },
    Shape {
        open: "{",
        close: "}",
        between: ",",
        field: ["\"", "\":\"", "\""],
        keyed: true,
    },
    Shape {
        open: "{\n",
        close: "\n}",
        between: ",\n",
        field: ["  \"", "\": \"", "\""],
        keyed: true,
    },
    Shape {
        open: "",
        close: "\n",
        between: "\n",
        field: ["- **", ":** ", ""],
        keyed: false,
    },
    Shape {
        open: "| | |\n|-|-|\n",
        close: "\n",
        between: "\n",
        field: ["| ", " | ", " |"],
        keyed: false,
    },
    Shape {
        open: "<person>\n",
        close: "\n</person>",
        between: "\n",
        field: ["<field name=\"", "\">", "</field>"],
        keyed: true,
    },
    Shape {
        open: "customer:\n",
        close: "\n",
        between: "\n",
        field: ["  ", ": ", ""],
        keyed: true,
    },
    Shape {
        open: "update ",
        close: "",
        between: " ",
        field: ["", "=\"", "\""],
        keyed: true,
    },
    Shape {
        open: "",
        close: "",
        between: " | ",
        field: ["", ": ", ""],
        keyed: false,
    },
];

/// A record of three to five values in one of many shapes, or a row below its head.
pub fn record(random: &mut Random) -> Sample {
    let Some(country) = COUNTRIES.get(random.number(0..=COUNTRIES.len() as u32 - 1) as usize) else {
        return Sample::default();
    };
    let kinds: Vec<&'static Kind> = kind::all()
        .into_iter()
        .filter(|kind| country.kinds.contains(&kind.entity))
        .collect();
    let mut chosen: Vec<&'static Kind> = Vec::new();
    let most = random.number(3..=5) as usize;
    while chosen.len() < most.min(kinds.len()) {
        let Some(kind) = kinds.get(random.number(0..=kinds.len() as u32 - 1) as usize) else {
            break;
        };
        if !chosen.iter().any(|other| other.entity == kind.entity) {
            chosen.push(kind);
        }
    }
    match random.chance(10) {
        true => row(random, country, &chosen),
        false => fields(random, country, &chosen),
    }
}

fn fields(random: &mut Random, country: &Country, kinds: &[&Kind]) -> Sample {
    let Some(shape) = SHAPES.get(random.number(0..=SHAPES.len() as u32 - 1) as usize) else {
        return Sample::default();
    };
    let [front, middle, behind] = shape.field;
    let mut sample = Sample::plain(shape.open);
    let plain = |sample: &mut Sample, name: &str, value: &str| {
        sample.push(&format!("{front}{name}{middle}{value}{behind}"))
    };
    let [name, place] = country.labels;
    plain(
        &mut sample,
        if shape.keyed { "name" } else { name },
        random.pick(country.people),
    );
    for kind in kinds {
        let names = kind
            .names
            .iter()
            .find(|(language, _)| *language == country.language)
            .or(kind.names.first());
        let name = match shape.keyed {
            true => random.pick(kind.keys),
            false => random.pick(names.map(|(_, names)| *names).unwrap_or_default()),
        };
        sample.push(&format!("{}{front}{name}{middle}", shape.between));
        sample.push_labelled(kind.entity, &(kind.hit)(random, country.language).text);
        sample.push(behind);
    }
    if random.chance(50) {
        sample.push(shape.between);
        plain(
            &mut sample,
            if shape.keyed { "city" } else { place },
            random.pick(country.places),
        );
    }
    sample.push(shape.close);
    sample
}

/// A table with a head and one row: values that need a word have theirs above them.
fn row(random: &mut Random, country: &Country, kinds: &[&Kind]) -> Sample {
    let separator = random.pick(&[",", ";", "\t", " | "]);
    let mut sample = Sample::plain("id");
    for kind in kinds {
        sample.push(separator);
        sample.push(random.pick(kind.keys));
    }
    sample.push(&format!("{separator}name\n{}", random.digits(2)));
    for kind in kinds {
        let value = (kind.hit)(random, country.language).text;
        sample.push(separator);
        // As a table's writer does where a value has the separator in it.
        match value.contains(separator) {
            true => {
                sample.push("\"");
                sample.push_labelled(kind.entity, &value);
                sample.push("\"");
            }
            false => sample.push_labelled(kind.entity, &value),
        }
    }
    sample.push(&format!("{separator}{}\n", random.pick(country.people)));
    sample
}
