//! Dates as people write them: with digits in any usual order, with names of months in English, German, French, Spanish,
//! Italian, Portuguese, Dutch, Polish, Czech, Russian, Turkish, Hindi and the languages of Scandinavia, and as in Chinese, Japanese and Korean. The year is always written.

use std::ops::RangeInclusive;

use crate::letters::is_same;
use crate::text::{Text, is_word};

/// Years in which people who are spoken of were born. Nothing here knows what year it is.
pub(crate) const BIRTH_YEARS: RangeInclusive<u32> = 1900..=2030;

/// Whether the Gregorian calendar has the day.
pub(crate) fn is_day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// The end of the date that starts at a place, if one of a year of [`BIRTH_YEARS`] does. It stands by itself.
pub(crate) fn read(text: &Text<'_>, at: usize) -> Option<usize> {
    let joins = |byte: u8| matches!(byte, b'-' | b'/' | b'.');
    if is_word(text.before(at))
        || joins(text.before(at)) && text.before(at.saturating_sub(1)).is_ascii_digit()
    {
        return None;
    }
    // Nearly all that could be the day or the year of a date is not.
    if text.at(at).is_ascii_digit() && !may_be_date(text, at) {
        return None;
    }
    let end = match text.run(at, 9, |byte| byte.is_ascii_digit()) {
        0 => month_first(text, at),
        1 | 2 => era(text, at).or_else(|| day_first(text, at)),
        4 => year_first(text, at),
        8 => compact(text, at),
        _ => None,
    }?;
    let continued = joins(text.at(end)) && text.at(end + 1).is_ascii_digit();
    let time = text.at(end) == b'T' && text.at(end + 1).is_ascii_digit();
    (!continued && (time || !is_word(text.at(end)))).then_some(end)
}

/// Whether what is behind the digits at a place may go on a date.
fn may_be_date(text: &Text<'_>, at: usize) -> bool {
    let digits = text.run(at, 9, |byte| byte.is_ascii_digit());
    let end = at + digits;
    match (digits, text.at(end)) {
        (8, _) => true,
        (1 | 2 | 4, b' ' | b'-' | b'/' | b'.') => {
            // A month, or a word.
            let next = text.at(end + text.run(end, 3, |byte| matches!(byte, b' ' | b'-' | b'/' | b'.')));
            next.is_ascii_alphanumeric() || next >= 0x80
        }
        (1 | 2 | 4, byte) => byte.is_ascii_alphabetic() || byte >= 0x80,
        _ => false,
    }
}

/// `19900503`, `03051990`, `05031990`.
fn compact(text: &Text<'_>, at: usize) -> Option<usize> {
    let part = |from: usize, len: usize| digits(text, at + from, len);
    let (start, end) = (part(0, 4)?, part(4, 4)?);
    let is_birth = |year: u32, rest: u32| {
        let (one, other) = (rest / 100, rest % 100);
        BIRTH_YEARS.contains(&year) && (is_day(year, one, other) || start != year && is_day(year, other, one))
    };
    (is_birth(start, end) || is_birth(end, start)).then_some(at + 8)
}

/// `1990-05-03`, `1990/5/3`, `1990. 5. 3`, `1990-May-03`, `1990年5月3日`, `1990년 5월 3일`.
fn year_first(text: &Text<'_>, at: usize) -> Option<usize> {
    let year = birth_year(text, at)?;
    if let Some(end) = ideographic(text, at + 4, year) {
        return Some(end);
    }
    let (separator, from) = gap(text, at + 4)?;
    let (month, end) = small(text, from).or_else(|| month(text, from))?;
    let (again, from) = gap(text, end)?;
    let (day, end) = small(text, from)?;
    (separator == again && is_day(year, month, day)).then_some(end)
}

/// `03.05.1990`, `5/3/1990`, `03-05-90`, `3rd of May, 1990`, `3. Mai 1990`, `3 de mayo de 1990`, `03MAY1990`.
fn day_first(text: &Text<'_>, at: usize) -> Option<usize> {
    let (first, end) = small(text, at)?;
    if let Some((separator, from)) = gap(text, end)
        && let Some((second, end)) = small(text, from)
    {
        let (again, from) = gap(text, end)?;
        if separator != again {
            return None;
        }
        let is_birth = |year: u32| is_day(year, first, second) || is_day(year, second, first);
        if let Some(year) = birth_year(text, from) {
            return is_birth(year).then_some(from + 4);
        }
        // A year of two digits, whose century is not known: each fourth may be a leap year.
        let year =
            digits(text, from, 2).filter(|_| separator != b' ' && !text.at(from + 2).is_ascii_digit())?;
        let year_leads = first > 31 && is_day(1900 + first, second, year);
        let likeness = if year.is_multiple_of(4) { 2000 } else { 2001 };
        return (is_birth(likeness) || year_leads).then_some(from + 2);
    }
    let from = skip(text, ordinal(text, end), b". -/");
    let from = words(text, from, &["day of ", "of ", "de ", "d'"]);
    let (month, end) = month(text, from)?;
    let (year, end) = year_behind(text, end)?;
    is_day(year, month, first).then_some(end)
}

/// `May 3, 1990`, `May 3rd 1990`, `MAY-03-1990`.
fn month_first(text: &Text<'_>, at: usize) -> Option<usize> {
    let letters = text.run(at, LONGEST_NAME + 1, is_letter);
    let from = skip(text, at + letters, b". -/");
    // Most words that look like this are no month: look for the digit first.
    if !(SHORTEST_NAME..=LONGEST_NAME).contains(&letters) || !text.at(from).is_ascii_digit() {
        return None;
    }
    let (month, _) = month(text, at)?;
    let (day, end) = small(text, from)?;
    let (year, end) = year_behind(text, ordinal(text, end))?;
    is_day(year, month, day).then_some(end)
}

/// `昭和60年5月3日`, of which the name of the era is not part.
fn era(text: &Text<'_>, at: usize) -> Option<usize> {
    const ERAS: [(&str, u32); 4] = [("昭和", 1925), ("平成", 1988), ("令和", 2018), ("大正", 1911)];
    if text.before(at) < 0x80 {
        return None;
    }
    let front = text.slice(at.saturating_sub(6)..at);
    let (_, before) = ERAS.iter().find(|(name, _)| name.as_bytes() == front)?;
    let (year, end) = small(text, at)?;
    ideographic(text, end, before + year)
}

/// The month and the day behind a year, with the characters of these units, and spaces between them.
fn ideographic(text: &Text<'_>, at: usize, year: u32) -> Option<usize> {
    const UNITS: [[&str; 3]; 3] = [["年", "月", "日"], ["년", "월", "일"], ["年", "月", "号"]];
    let unit = |at: usize, unit: &str| {
        let at = skip(text, at, b" ");
        text.has(at, unit).then(|| skip(text, at + unit.len(), b" "))
    };
    if text.at(skip(text, at, b" ")) < 0x80 {
        return None;
    }
    UNITS.iter().find_map(|[of_year, of_month, of_day]| {
        let (month, end) = small(text, unit(at, of_year)?)?;
        let (day, end) = small(text, unit(end, of_month)?)?;
        unit(end, of_day)?;
        is_day(year, month, day).then(|| skip(text, end, b" ") + of_day.len())
    })
}

/// The year behind a month and a day, and its end.
fn year_behind(text: &Text<'_>, at: usize) -> Option<(u32, usize)> {
    let from = skip(text, skip(text, at, b".,-/"), b" ");
    let from = words(text, from, &["de ", "del ", "of ", "in "]);
    if let Some(year) = birth_year(text, from) {
        return Some((year, from + 4));
    }
    // Of two digits only where it can be nothing else: `03-MAY-90`.
    let dashed = text.before(from) == b'-' && !text.at(from + 2).is_ascii_digit();
    digits(text, from, 2)
        .filter(|_| dashed)
        .map(|year| (1900 + year, from + 2))
}

fn birth_year(text: &Text<'_>, at: usize) -> Option<u32> {
    let year = digits(text, at, 4).filter(|year| BIRTH_YEARS.contains(year));
    year.filter(|_| !text.at(at + 4).is_ascii_digit())
}

/// The number that so many digits make.
fn digits(text: &Text<'_>, at: usize, len: usize) -> Option<u32> {
    text.bytes()
        .get(at..at + len)?
        .iter()
        .try_fold(0, |value: u32, byte| {
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            value.checked_mul(10)?.checked_add(u32::from(digit))
        })
}

/// A number of one or two digits, and its end.
fn small(text: &Text<'_>, at: usize) -> Option<(u32, usize)> {
    let len = text.run(at, 3, |byte| byte.is_ascii_digit());
    digits(text, at, len)
        .filter(|_| matches!(len, 1 | 2))
        .map(|value| (value, at + len))
}

/// What parts two numbers, and its end: a dash, a slash or a point, with or without spaces, or one space.
fn gap(text: &Text<'_>, at: usize) -> Option<(u8, usize)> {
    let mark = skip(text, at, b" ");
    match text.at(mark) {
        byte @ (b'-' | b'/' | b'.') => Some((byte, skip(text, mark + 1, b" "))),
        _ => (mark > at).then_some((b' ', mark)),
    }
}

/// What makes a day an ordinal number.
fn ordinal(text: &Text<'_>, at: usize) -> usize {
    let suffix = ["st", "nd", "rd", "th", "er", "º", "ª", "°", "o"];
    let suffix = suffix.iter().find(|suffix| text.has(at, suffix));
    suffix
        .map(|suffix| at + suffix.len())
        .filter(|end| !text.at(*end).is_ascii_alphanumeric())
        .unwrap_or(at)
}

/// Past at most three bytes of these.
fn skip(text: &Text<'_>, at: usize, bytes: &[u8]) -> usize {
    at + text.run(at, 3, |byte| bytes.contains(&byte))
}

/// Past the first of these words that stands there.
fn words(text: &Text<'_>, at: usize, words: &[&str]) -> usize {
    let word = words.iter().find(|word| text.has(at, word));
    word.map_or(at, |word| skip(text, at + word.len(), b" "))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// The month that a name at a place is of, and the name's end.
fn month(text: &Text<'_>, at: usize) -> Option<(u32, usize)> {
    let end = at + text.run(at, LONGEST_NAME, is_letter);
    let name = text.slice(at..end);
    if name.len() < SHORTEST_NAME {
        return None;
    }
    let is_name = |known: &&str| known.len() == name.len() && is_same(name, known.as_bytes());
    (1..)
        .zip(MONTHS)
        .find_map(|(month, names)| names.iter().any(is_name).then_some((month, end)))
}

const SHORTEST_NAME: usize = 3;
const LONGEST_NAME: usize = 21;

/// The names of each month, in lower case.
const MONTHS: [&[&str]; 12] = [
    &[
        "january",
        "jan",
        "januar",
        "jänner",
        "janvier",
        "janv",
        "enero",
        "ene",
        "gennaio",
        "gen",
        "januari",
        "janeiro",
        "stycznia",
        "styczeń",
        "sty",
        "ledna",
        "января",
        "ocak",
        "जनवरी",
    ],
    &[
        "february",
        "feb",
        "februar",
        "februari",
        "février",
        "fevrier",
        "févr",
        "fevr",
        "fév",
        "fev",
        "febrero",
        "febbraio",
        "fevereiro",
        "lutego",
        "luty",
        "lut",
        "února",
        "февраля",
        "şubat",
        "फरवरी",
    ],
    &[
        "march",
        "mar",
        "märz",
        "maerz",
        "mrz",
        "mär",
        "mars",
        "marzo",
        "março",
        "marco",
        "maart",
        "mrt",
        "marca",
        "marzec",
        "marts",
        "března",
        "марта",
        "mart",
        "मार्च",
    ],
    &[
        "april",
        "apr",
        "avril",
        "avr",
        "abril",
        "abr",
        "aprile",
        "kwietnia",
        "kwiecień",
        "kwi",
        "dubna",
        "апреля",
        "nisan",
        "अप्रैल",
    ],
    &[
        "may", "mai", "mayo", "maggio", "mag", "maio", "mei", "maja", "maj", "května", "мая", "mayıs", "मई",
    ],
    &[
        "june",
        "jun",
        "juni",
        "juin",
        "junio",
        "giugno",
        "giu",
        "junho",
        "czerwca",
        "czerwiec",
        "cze",
        "června",
        "июня",
        "haziran",
        "जून",
    ],
    &[
        "july",
        "jul",
        "juli",
        "juillet",
        "juil",
        "julio",
        "luglio",
        "lug",
        "julho",
        "lipca",
        "lipiec",
        "lip",
        "července",
        "июля",
        "temmuz",
        "जुलाई",
    ],
    &[
        "august",
        "aug",
        "août",
        "aout",
        "agosto",
        "ago",
        "augustus",
        "sierpnia",
        "sierpień",
        "sie",
        "augusti",
        "srpna",
        "августа",
        "ağustos",
        "अगस्त",
    ],
    &[
        "september",
        "sep",
        "sept",
        "septembre",
        "septiembre",
        "setiembre",
        "settembre",
        "set",
        "setembro",
        "września",
        "wrzesień",
        "wrz",
        "září",
        "сентября",
        "eylül",
        "सितंबर",
        "सितम्बर",
    ],
    &[
        "october",
        "oct",
        "oktober",
        "okt",
        "octobre",
        "octubre",
        "ottobre",
        "ott",
        "outubro",
        "out",
        "października",
        "październik",
        "paź",
        "října",
        "октября",
        "ekim",
        "अक्टूबर",
    ],
    &[
        "november",
        "nov",
        "novembre",
        "noviembre",
        "novembro",
        "listopada",
        "listopad",
        "lis",
        "listopadu",
        "ноября",
        "kasım",
        "नवंबर",
        "नवम्बर",
    ],
    &[
        "december",
        "dec",
        "dezember",
        "dez",
        "décembre",
        "decembre",
        "déc",
        "diciembre",
        "dic",
        "dicembre",
        "dezembro",
        "grudnia",
        "grudzień",
        "gru",
        "desember",
        "prosince",
        "декабря",
        "aralık",
        "दिसंबर",
        "दिसम्बर",
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leap_years_are_those_of_the_gregorian_calendar() {
        for (year, month, day, is) in [
            (2000, 2, 29, true),
            (1900, 2, 29, false),
            (2024, 2, 29, true),
            (2023, 2, 29, false),
            (1999, 4, 31, false),
            (1999, 12, 31, true),
            (1999, 13, 1, false),
            (1999, 0, 1, false),
            (1999, 1, 0, false),
        ] {
            assert_eq!(is_day(year, month, day), is, "{year} {month} {day}");
        }
    }

    #[test]
    fn dates_are_read_to_their_end() {
        for date in [
            "1990-05-03",
            "1990/05/03",
            "1990.5.3",
            "1990. 5. 3",
            "1990 05 03",
            "19900503",
            "03051990",
            "1990-May-03",
            "03/05/1990",
            "5/3/1990",
            "31.12.1990",
            "12/31/1990",
            "3. 5. 1990",
            "03 - 05 - 1990",
            "03 05 1990",
            "03/05/90",
            "29.02.00",
            "90/05/03",
            "3 May 1990",
            "3rd May 1990",
            "3rd of May, 1990",
            "3rd day of May 1990",
            "May 3, 1990",
            "May 3rd 1990",
            "MAY 3 1990",
            "Sept. 3, 1990",
            "3. Mai 1990",
            "3. März 1990",
            "3 MÄRZ 1990",
            "1er mai 1990",
            "3 février 1990",
            "3 FÉVRIER 1990",
            "3 de mayo de 1990",
            "1º de março de 1990",
            "3 maggio 1990",
            "3 mei 1990",
            "03-MAY-1990",
            "03MAY1990",
            "03-May-90",
            "1990年5月3日",
            "1990 年 5 月 3 日",
            "1990년 5월 3일",
            "3 de mayo del 2001",
            "3  de  mayo  de  2001",
            "12 listopada 1951",
            "11.  Dezember  1995",
            "6 PAŹDZIERNIKA 1968",
            "7 września 2014",
            "3 мая 1990",
            "3. února 1990",
            "3 सितंबर 1990",
            "3 maj 1990",
        ] {
            for text in [
                date.to_owned(),
                format!("{date}."),
                format!("{date}, x"),
                format!("{date})"),
            ] {
                assert_eq!(read(&Text::new(&text), 0), Some(date.len()), "{text}");
            }
        }
        assert_eq!(read(&Text::new("1990-05-03T00:00:00Z"), 0), Some(10));
        assert_eq!(read(&Text::new("昭和60年5月3日"), 6), Some(19));
        for text in [
            "1990-13-03",
            "1990-02-30",
            "1890-05-03",
            "2190-05-03",
            "31.04.1990",
            "1990-05/03",
            "1990-05-03-1",
            "1990-05-031",
            "1990-05-03x",
            "May 32, 1990",
            "May 3",
            "May 1990",
            "Mayor 3, 1990",
            "30 February 1990",
            "19901350",
            "3.5",
            "1.2.3.4",
            "1990年13月3日",
            "1990年5月",
            "32.13.90",
        ] {
            assert_eq!(read(&Text::new(text), 0), None, "{text}");
        }
    }
}
