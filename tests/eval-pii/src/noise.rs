//! Texts without personal data: prose, code, logs, and numbers and codes that are something else.

use crate::random::{ALPHANUMERIC, BASE64, CODE, DIGITS, HEX, Random};

const PROSE: &[&str] = &[
    "The harbour was quiet that evening, and the last ferry had already left for the islands.",
    "Could you rewrite this paragraph so that it sounds less formal? Keep it under 120 words.",
    "Wir haben den Vertrag geprüft und schlagen vor, die Kündigungsfrist auf drei Monate zu ändern.",
    "Le conseil municipal a approuvé 14 projets sur 22 pour un total de 3,5 millions d'euros.",
    "La reunión se aplazó al martes porque faltaba la mitad del equipo.",
    "Il treno delle 8:45 è in ritardo di 25 minuti a causa di un guasto.",
    "De vergadering is verplaatst naar zaal 3.14 op de tweede verdieping.",
    "Spotkanie odbędzie się w sali 204 o godzinie 14:30.",
    "A receita leva 500 g de farinha, 3 ovos e 250 ml de leite.",
    "会议改到下午三点，地点在二楼会议室。预算为12345元，比去年增加了8%。",
    "明日の会議は午後3時から第2会議室で行います。資料は20ページあります。",
    "회의는 오후 3시에 2층 회의실에서 진행됩니다. 참석자는 15명입니다.",
    "Aaj ki meeting 3 baje hai, please join kar lo.",
    "In 1989 the wall fell; by 2004, 10 more countries had joined, and 446 million people live there now.",
    "Explain the difference between a mutex and a semaphore in two sentences.",
    "Chapter 12 ends on page 345, and the bibliography lists 1,204 works in 17 languages.",
    "The Eiffel Tower is 330 m tall, weighs 10,100 t and was finished on 31 March 1889.",
    "Best of 5: the final score was 25-23, 19-25, 25-20, 22-25, 15-12.",
];

const CODE_TEXT: &[&str] = &[
    "fn main() { let x = 42_000_000_u64; println!(\"{x}\"); }",
    "for i in range(0, 1000000, 4096): buffer[i:i+4096] = b'\\x00' * 4096",
    "SELECT count(*) FROM orders WHERE created_at > '2024-01-01' AND total > 1999.99;",
    "const TIMEOUT_MS = 86400000; // one day",
    "docker run -p 8080:80 --memory 512m registry.example.com/app:2024.3.11-rc1",
    "git rebase -i HEAD~3 && git push --force-with-lease origin feature/4711-login",
    "@app.route('/users/<int:user_id>')\ndef show(user_id): ...",
    "#include <vector>\nstd::vector<std::pair<int, int>> v = {{1, 2}, {3, 4}};",
    "x = (-b + sqrt(b**2 - 4*a*c)) / (2*a)  # 3.14159265358979",
    "if (password.length < 8) throw new Error('Password too short');",
    "public static final long serialVersionUID = 8683452581122892189L;",
    "color: #ff8800; width: calc(100% - 32px); z-index: 2147483647;",
    "type Token = { kind: 'number' | 'string'; start: number; end: number };",
    "assert_eq!(tokens.len(), 1024);\nlet max_tokens = config.max_tokens.unwrap_or(4096);",
    "kubectl get pods -n prod | grep -v Running # 17/20 ready",
    "export PATH=$HOME/.cargo/bin:/usr/local/sbin:/usr/bin",
    "@Test public void returnsEmptyList() { assertThat(repo.findAll()).isEmpty(); }",
    "import { useState } from 'react'; // v18.2.0",
];

/// `#` is a digit, `H` a hexadecimal one, `C` a capital or digit, `L` a letter or digit, `B` of base64.
const NUMBERS: &[&str] = &[
    "ISBN 978-#-##-######-#",
    "ISBN-10: #-###-#####-#",
    "EAN 4006381######",
    "barcode 0 ##### ##### #",
    "order 1##-#######-#######",
    "Order #### - invoice INV-2024-00####",
    "tracking 1Z999AA10########",
    "tracking number 9400 1000 0000 0000 0000 ##",
    "DHL Sendungsnummer JJD0000########",
    "RM########9GB",
    "req HHHHHHHH-HHHH-4HHH-8HHH-HHHHHHHHHHHH done",
    "commit HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH",
    "sha256:HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH",
    "md5 HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH  file.tar.gz",
    "index HHHHHHH..HHHHHHH 100644",
    "etag \"HHHHHHHHHHHHH-#####\"",
    "2024-0#-1#T09:1#:4#.###Z INFO started in #### ms",
    "1710########### GET /health 200 ##ms",
    "ts=17########.### level=debug msg=\"flushed #### rows\"",
    "52.52####, 13.40####",
    "lat=-33.86####&lon=151.20####",
    "N 52° 31' 12.#\" E 13° 24' 18.#\"",
    "$1,###.##, €2.###,##, £3,###, ¥12,###",
    "Total: 12 ###,## zł",
    "R$ 1.###,##",
    "₹ 1,##,###.00",
    "version 4.18.0-###.el8.x86_64",
    "v1.2.3-beta.## (build 20240311.##)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/122.0.62##.###",
    "part no. CC-####-CC##",
    "SKU CCCC-####",
    "model LX####-CC rev. C",
    "VIN WVWZZZ1JZXW######",
    "flight LH 4##, seat 2#A, PNR CCCCCC",
    "0x7fff5fbff### 00 1f ff a# 3c 00 00 00",
    "00000010: HHHH HHHH HHHH HHHH HHHH HHHH HHHH HHHH",
    "data:image/png;base64,BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB",
    "integrity sha384-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB",
    "nonce=LLLLLLLLLLLLLLLLLLLL",
    "session LLLLLLLLLLLLLLLLLLLLLLLL expired",
    "(12#4 + 56#8) * 3 = ######",
    "1 2 3 4 5 6 7 8 9 10 11 12",
    "#### #### rows x ## columns",
    "3.14159265358979323846",
    "6.02214076e23 and 1.602176634e-19",
    "loss 0.####, lr 3e-4, step ######/#######",
    "DOI 10.1038/s41586-020-####-#",
    "arXiv:24##.#####",
    "PMID ########",
    "case no. 2:23-cv-0####",
    "RFC 9#10, section 8.#.1",
    "IMEI 35-######-######-#",
    "ICCID 8949############## ",
    "lot 2024#### exp 2027-0#",
    "Aktenzeichen 12 O ###/23",
    "Rechnungsnummer 2024-0####",
    "Kundennummer ########",
    "Bestellung ####-####-####",
    "facture n° 2024-#####",
    "n° de commande ########",
    "pedido nº ########",
    "numero d'ordine ##########",
    "ordernummer ########",
    "zamówienie nr ########",
    "SIRET ### ### ### #####",
    "VAT DE#########",
    "HRB ##### B",
    "EIN 12-#######",
    "订单号：20240311########",
    "快递单号 SF10############",
    "注文番号 ###-#######-#######",
    "追跡番号 ####-####-####",
    "주문번호 2024031########",
    "사업자등록번호 ###-##-#####",
    "ticket #######, priority 2",
    "id: ##########",
    "user_id=########, account_id=##########",
    "row ########: 12, 345, 6789",
    "epoch 17######## (seconds)",
    "uptime ### days, 1#:2#",
    "room 4##, floor 12, building 3",
    "zip 94###-####",
    "PLZ 10###",
    "CEP 01###-###",
    "score 1##-9#",
    "ratio 1:##, scale 1:25.000",
    "channel UCLLLLLLLLLLLLLLLLLLLLLL",
    "https://youtu.be/LLLLLLLLLLL",
    "https://example.com/p/########?ref=LLLLLL#c-###",
    "chmod 0755; umask 0022; uid=1000",
    "batch-size=32 seed=########",
    "GPU 0: 24576MiB / 49140MiB, ##C, ###W",
    "MATH 101, sections 001-0##",
    "K2CO3, C6H12O6, NaHCO3, FeSO4",
    "BA###, UA####, AF###",
    "Windows 10.0.19045.####",
    "OID 1.3.6.1.4.1.#####.1.2",
    "NCT0#######",
    "CVE-2024-#####",
    "GHSA-LLLL-LLLL-LLLL",
    "rs######## (SNP)",
    "ENSG00000######",
    "USB\\VID_0###&PID_0###",
    "E####: mismatched types",
    "error code -#######",
    "level 9#, xp 1#####/200000",
    "Inventory: ###-###-###, aisle 7",
    "meter reading ###### kWh",
    "conference id ### ### ###, no pin",
    "lottery: ## ## ## ## ## ##",
    "serial C#####-#####-#####",
    "licence key CCCCC-CCCCC-CCCCC-CCCCC-CCCCC",
    "population: 8,9##,### (2021)",
    "tx 0xHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH",
];

/// One to three of them.
pub fn text(random: &mut Random) -> String {
    let count = random.number(1..=3);
    let parts: Vec<String> = (0..count).map(|_| part(random)).collect();
    parts.join(random.pick(&["\n", " ", "; ", "\n\n"]))
}

fn part(random: &mut Random) -> String {
    match random.number(0..=9) {
        0..=2 => random.pick(PROSE).to_owned(),
        3 | 4 => random.pick(CODE_TEXT).to_owned(),
        _ => number(random),
    }
}

/// A form with its places filled. Capitals of words stay: only those in a word of nothing but places, digits and dashes change.
fn number(random: &mut Random) -> String {
    let form = random.pick(NUMBERS);
    let words = form.split(' ').map(|word| {
        let body = word
            .rsplit(['=', ':', '/', ',', '"', '-', '.'])
            .next()
            .unwrap_or(word);
        let is_places = |letter: char| {
            let count = word.chars().filter(|character| *character == letter).count();
            count >= 4
                && body
                    .chars()
                    .all(|character| character == letter || !character.is_ascii_alphabetic())
        };
        let hex = word.matches("HHHH").count() > 0;
        let characters = word.chars().map(|character| match character {
            '#' => random.text(DIGITS, 1),
            'H' if hex => random.text(HEX, 1),
            'C' if is_places('C') => random.text(CODE, 1),
            'L' if word.matches("LLLL").count() > 0 => random.text(ALPHANUMERIC, 1),
            'B' if is_places('B') => random.text(BASE64, 1),
            other => other.to_string(),
        });
        characters.collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled() {
        let mut random = Random::seeded(1);
        for _ in 0..5_000 {
            let text = number(&mut random);
            assert!(
                !["HHHH", "LLLL", "BBBB", "CCCC"]
                    .iter()
                    .any(|place| text.contains(place)),
                "{text}"
            );
        }
    }
}
