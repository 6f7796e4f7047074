//! A whole answer as the events of a stream.

use penstock_chat::neutral::response::{Answer, Content, Event};

/// Smallest piece of a text that is an event of its own, in bytes: a few words.
const PIECE: usize = 32;

/// Most pieces that a text is cut into, give or take as many: a client draws its answer in that many steps.
const MOST_PIECES: usize = 64;

/// Tells what an answer says, whole text by whole text. The end is not among it, nor is a finish that is not known.
pub(super) fn said(answer: &Answer<'_>, each: &mut dyn FnMut(&Event<'_>)) {
    told(answer, &|text| vec![text], each);
}

/// The same, the texts cut into pieces.
pub(super) fn streamed(answer: &Answer<'_>, each: &mut dyn FnMut(&Event<'_>)) {
    told(answer, &pieces, each);
}

fn told(answer: &Answer<'_>, cut: &dyn Fn(&str) -> Vec<&str>, each: &mut dyn FnMut(&Event<'_>)) {
    // The output is not counted before it is written, and there are clients that add up what they are told.
    let known = answer.usage.map(|usage| penstock_chat::Usage {
        output: penstock_chat::Tokens(0),
        reasoning: penstock_chat::Tokens(0),
        ..usage
    });
    each(&Event::Start {
        id: answer.id.as_ref().into(),
        model: answer.model.as_ref().into(),
        usage: known,
    });
    let mut call = 0;
    for content in &answer.content {
        match content {
            Content::Text(text) => cut(text)
                .iter()
                .for_each(|piece| each(&Event::Text((*piece).into()))),
            Content::Refusal(text) => each(&Event::Refusal(text.as_ref().into())),
            Content::Thinking { text, signature } => {
                cut(text)
                    .iter()
                    .filter(|piece| !piece.is_empty())
                    .for_each(|piece| each(&Event::Thinking((*piece).into())));
                if let Some(signature) = signature {
                    each(&Event::Signature(signature.as_ref().into()));
                }
            }
            Content::RedactedThinking(data) => each(&Event::RedactedThinking(data.as_ref().into())),
            Content::ToolCall { id, name, arguments } => {
                each(&Event::ToolStart {
                    call,
                    id: id.as_ref().into(),
                    name: name.as_ref().into(),
                });
                for piece in cut(arguments) {
                    each(&Event::ToolArguments {
                        call,
                        fragment: piece.into(),
                    });
                }
                call += 1;
            }
        }
        each(&Event::BlockEnd);
    }
    if let Some(reason) = answer.finish {
        each(&Event::Finish {
            reason,
            stop_sequence: answer.stop_sequence.as_deref().map(Into::into),
        });
    }
    if let Some(usage) = answer.usage {
        each(&Event::Usage(usage));
    }
}

/// Cuts a text after white space, where there is some in the second half of a piece, and never inside of a character.
fn pieces(text: &str) -> Vec<&str> {
    let size = PIECE.max(text.len() / MOST_PIECES);
    let mut pieces = Vec::with_capacity(text.len() / size + 1);
    let mut rest = text;
    while rest.len() > size {
        let end = rest.ceil_char_boundary(size);
        let piece = rest.get(..end).unwrap_or(rest);
        let space = piece.char_indices().rev().find(|(_, c)| c.is_whitespace());
        let end = match space {
            Some((at, c)) if at >= size / 2 => at + c.len_utf8(),
            _ => end,
        };
        let Some((piece, after)) = rest.split_at_checked(end) else {
            break;
        };
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sentence_is_cut_between_words() {
        let text = "The quick brown fox jumps over the lazy dog, and then it sleeps.";
        let expected = [
            "The quick brown fox jumps over ",
            "the lazy dog, and then it ",
            "sleeps.",
        ];
        assert_eq!(pieces(text), expected);
        assert_eq!(pieces(""), [""]);
        assert_eq!(pieces("short"), ["short"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn pieces_are_the_text_and_neither_tiny_nor_many(text in r"(\PC|[ \n]){0,4000}") {
            let pieces = pieces(&text);
            prop_assert_eq!(pieces.concat(), text.as_str());
            prop_assert!(pieces.len() <= 2 * MOST_PIECES + 2);
            let (_, whole) = pieces.split_last().unwrap();
            prop_assert!(whole.iter().all(|piece| piece.len() >= PIECE / 2));
        }
    }
}
