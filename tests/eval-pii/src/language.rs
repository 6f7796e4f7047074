//! Sentences in which people give a value and say what it is.

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    En,
    De,
    Fr,
    Es,
    It,
    Nl,
    Pl,
    Pt,
    Zh,
    Ja,
    Ko,
    /// English and Hindi as they are mixed in India.
    Hi,
}

impl Language {
    /// Whether words follow one another without spaces.
    pub fn is_dense(self) -> bool {
        matches!(self, Self::Zh | Self::Ja | Self::Ko)
    }

    /// Sentences with a name `{n}` and a value `{v}`.
    pub fn sentences(self) -> &'static [&'static str] {
        match self {
            Self::En => &[
                "My {n} is {v}.",
                "Please update my {n} to {v} in your records.",
                "Can you check whether {n} {v} is still on file?",
                "The customer gave {n} {v} when we talked on Tuesday.",
                "I accidentally posted my {n} ({v}) in the public channel, can you remove it?",
                "hi, {n} {v}, need help with the refund",
                "{v} is the {n} we have for Ms. Okafor.",
                "For verification: {n} = {v}. Thanks!",
                "Her {n}, {v}, was on the second page of the report.",
                "We received form 27 from Mr. Novak with {n} {v} dated 12 March.",
                "what's wrong with this {n}: {v}?",
                "Write a polite reply confirming that we stored {n} {v} for him.",
                "The {n} on the invoice was \"{v}\", which differs from ours.",
                "sorry wrong one!! my {n} is actually {v} lol",
                "Summarise: Ann moved to Leeds in 2019, has two children and {n} {v}, and wants a new card.",
            ],
            Self::De => &[
                "Meine {n} lautet {v}.",
                "Bitte ändern Sie {n} auf {v}.",
                "Die {n} von Frau Yılmaz ist {v}, bitte prüfen.",
                "Hallo, {n} {v}, ich warte seit drei Wochen auf Antwort.",
                "Im Antrag vom 12. März steht {n} {v} statt der richtigen.",
                "{v} ist die {n}, die wir gespeichert haben.",
                "Mit freundlichen Grüßen, Jonas Weber ({n}: {v})",
            ],
            Self::Fr => &[
                "Mon {n} est {v}.",
                "Voici le {n} : {v}, merci de confirmer.",
                "Le client a donné son {n} ({v}) hier soir.",
                "Bonjour, {n} {v}, j'attends toujours le remboursement.",
                "Dans le formulaire du 12 mars figure {n} {v}.",
                "{v} est le {n} que nous avons enregistré.",
            ],
            Self::Es => &[
                "Mi {n} es {v}.",
                "El {n} de la señora Ruiz es {v}, por favor compruébelo.",
                "Hola, {n} {v}, sigo esperando el reembolso.",
                "Os envío el {n}: {v}. Gracias.",
                "En la solicitud del 12 de marzo figura {n} {v}.",
                "{v} es el {n} que tenemos registrado.",
            ],
            Self::It => &[
                "Il mio {n} è {v}.",
                "Le invio il {n}: {v}, cordiali saluti.",
                "Salve, {n} {v}, aspetto ancora il rimborso.",
                "Nella domanda del 12 marzo risulta {n} {v}.",
                "{v} è il {n} che abbiamo in archivio.",
            ],
            Self::Nl => &[
                "Mijn {n} is {v}.",
                "Graag {n} wijzigen in {v}.",
                "Hallo, {n} {v}, ik wacht nog steeds op antwoord.",
                "In het formulier van 12 maart staat {n} {v}.",
                "{v} is het {n} dat wij hebben.",
            ],
            Self::Pl => &[
                "Mój {n} to {v}.",
                "Proszę zmienić {n} na {v}.",
                "Dzień dobry, {n} {v}, nadal czekam na zwrot.",
                "We wniosku z 12 marca podano {n} {v}.",
                "{v} to {n}, który mamy w systemie.",
            ],
            Self::Pt => &[
                "Meu {n} é {v}.",
                "Segue o {n}: {v}, obrigado.",
                "Olá, {n} {v}, ainda espero o reembolso.",
                "No formulário de 12 de março consta {n} {v}.",
                "{v} é o {n} que temos no cadastro.",
            ],
            Self::Zh => &[
                "我的{n}是{v}。",
                "{n}：{v}",
                "请核对一下{n}{v}是否正确",
                "您好，{n}为{v}，还在等退款。",
                "客户提供的{n}（{v}）有误。",
                "{n}:{v}，谢谢",
                "请帮我把{n}改成 {v} 。",
            ],
            Self::Ja => &[
                "私の{n}は{v}です。",
                "{n}：{v}",
                "{n}「{v}」をご確認ください。",
                "お世話になっております。{n}は{v}になります。",
                "申込書の{n}（{v}）に誤りがありました。",
                "{n}を {v} に変更してください。",
            ],
            Self::Ko => &[
                "제 {n}는 {v}입니다.",
                "{n}: {v}",
                "{n} {v} 확인 부탁드립니다.",
                "고객의 {n}({v})가 잘못 등록되었습니다.",
                "신청서에 {n} {v}로 적었어요.",
            ],
            Self::Hi => &[
                "Mera {n} {v} hai, please check karo.",
                "Sir, {n} {v} update kar dijiye.",
                "मेरा {n} {v} है।",
                "{n}: {v} ke saath form submit ho gaya",
                "Kindly do the needful for {n} {v}.",
            ],
        }
    }
}
