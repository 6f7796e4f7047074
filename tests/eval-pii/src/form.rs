//! Where values stand besides sentences: forms, tables, logs, code, messages. `{n}` is the name, `{k}` the key, `{v}` the value.

use crate::random::Random;

/// What names the value.
const NAMED: &[&str] = &[
    "{n}: {v}",
    "{n}:{v}",
    "{n} : {v}",
    "{n}\t{v}",
    "{n}\n{v}\n",
    "{n}:\n{v}",
    "{n} - {v}",
    "{n}: {v}\nStatus: active\nNotes: none",
    "Name: Anna Kowalska\n{n}: {v}\nCity: Gdańsk",
    "| {n} | {v} |",
    "| Field | Value |\n|---|---|\n| Name | Raj Patel |\n| {n} | {v} |",
    "**{n}:** {v}",
    "- {n}: {v}\n- Status: active",
    "<tr><td>{n}</td><td>{v}</td></tr>",
    "<dt>{n}</dt><dd>{v}</dd>",
    "[09:12] anna: what's your {n}?\n[09:13] bob: {v}",
    "Agent: Could you give me your {n}, please?\nCustomer: sure, it's {v}",
    "user> {n} {v}\nassistant> Thank you, one moment.",
    "Best regards,\nAnn Lee\nSenior Buyer | Acme Ltd.\n{n}: {v}",
    "Subject: {n} {v}\n\nHello team,",
    "{n} ……… {v}",
    "({n} {v})",
    "☑ {n}: {v} ☐ other",
    "{n} = {v};",
];

/// What a program names.
const KEYED: &[&str] = &[
    "{k}={v}",
    "{k}=\"{v}\"",
    "{k} = '{v}'",
    "{k}: {v}\n",
    "{k}: \"{v}\"\n",
    "{\"{k}\": \"{v}\"}",
    "{\"{k}\":\"{v}\",\"status\":\"active\"}",
    "{\"id\": 4711, \"{k}\": \"{v}\", \"tags\": [\"a\", \"b\"]}",
    "{\\\"name\\\":\\\"Ann\\\",\\\"{k}\\\":\\\"{v}\\\"}",
    "{'{k}': '{v}'}",
    "<{k}>{v}</{k}>",
    "<field name=\"{k}\" value=\"{v}\"/>",
    "INSERT INTO customers (id, {k}) VALUES (17, '{v}');",
    "SELECT * FROM users WHERE {k} = '{v}';",
    "const {k} = \"{v}\";",
    "let {k} = String::from(\"{v}\");",
    "client.submit({k}=\"{v}\", retries=3)",
    "2024-03-11T09:12:44Z INFO user.update {k}={v} status=ok",
    "2024-03-11 09:12:44,123 ERROR [main] Invalid {k}: '{v}' (row 12)",
    "id,name,{k},city\n17,Anna Kowalska,{v},Gdańsk\n",
    "{k};city\n{v};Lyon\n",
    "{k}\tcity\n{v}\tLyon\n",
    "| id | {k} |\n|----|----|\n| 17 | {v} |",
    "--{k} '{v}'",
    "[customer]\n{k} = {v}\n",
    "# test\nassert check_{k}(\"{v}\")",
    "curl -d '{\"{k}\":\"{v}\"}' https://api.example.com/v1/customers",
    "  {k}:\n    - {v}\n",
];

/// What names nothing.
const BARE: &[&str] = &[
    "{v}",
    "Here it is: {v}",
    "I sent {v} to them yesterday.",
    "see {v} below",
    "{v}, thanks!",
    "17,Anna Kowalska,{v},Gdańsk",
    "\"{v}\"",
    "> {v}\nIs this right?",
    "Translate to French: \"He wrote {v} on the back of the envelope.\"",
    "- {v}\n- and the rest",
    "['{v}']",
    "Anna Kowalska\n{v}\nGdańsk",
    "can you look up {v}",
    "Why does my regex not match {v}?",
    "so {v} it was",
    "请查一下{v}，谢谢",
    "{v}について調べてください",
    "{v} 확인해 주세요",
    "bitte {v} prüfen",
    "pouvez-vous vérifier {v} ?",
    "{v}\n{v2}\n",
    "the list: {v}; {v2}",
    "{v} und {v2}",
];

/// A form that names the value with words.
pub fn named(random: &mut Random) -> &'static str {
    random.pick(NAMED)
}

/// A form that names the value as programs do.
pub fn keyed(random: &mut Random) -> &'static str {
    random.pick(KEYED)
}

/// A form that does not name the value; `{v2}` is another value.
pub fn bare(random: &mut Random) -> &'static str {
    random.pick(BARE)
}
