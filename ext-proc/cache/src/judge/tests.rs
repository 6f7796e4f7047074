use penstock_embed::Vector;

use super::*;

/// Each word is a direction of its own; sees so many words.
struct Words {
    vocabulary: Vec<&'static str>,
    limit: usize,
}

#[async_trait]
impl Embedder for Words {
    fn name(&self) -> &str {
        "words"
    }

    async fn embed(&self, text: &str) -> Result<Vector, EmbedError> {
        let words: Vec<String> = normal(text).split(' ').map(str::to_owned).collect();
        if words.iter().any(|word| word == "down") {
            return Err(EmbedError::Slow { budget_ms: 1 });
        }
        if words.len() > self.limit {
            return Err(EmbedError::TooLong {
                tokens: words.len(),
                limit: self.limit,
            });
        }
        let count = |known: &&str| words.iter().filter(|word| word == known).count();
        let counts = self.vocabulary.iter().map(count);
        Ok(Vector::new(
            counts
                .map(|count| f32::from(u8::try_from(count).unwrap()))
                .collect(),
        )?)
    }
}

fn judge(limit: usize) -> ByMeaning<impl Fn(&str, &str) -> bool + Send + Sync> {
    let vocabulary = vec![
        "open", "the", "main", "menu", "and", "choose", "export", "then", "print", "it", "lies",
    ];
    let embedder = Arc::new(Words { vocabulary, limit });
    ByMeaning::new(embedder, |a: &str, b: &str| {
        a.contains("not") == b.contains("not")
    })
}

fn same(limit: usize, kept: &str, fresh: &str) -> Result<bool, EmbedError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let judge = judge(limit);
    let forth = runtime.block_on(judge.same(kept, fresh));
    assert_eq!(forth, runtime.block_on(judge.same(fresh, kept)), "either way");
    forth
}

#[test]
fn how_a_text_is_written_makes_no_difference_but_what_it_says_does() {
    let cases = [
        ("Open  the\nmenu.", "open the menu", true),
        ("“Open” the menu…", "Open the — menu!", true),
        ("ﬁve ２０", "FIVE 20", true),
        ("STRASSE", "straße", false),
        ("1.5 litres", "15 litres", false),
        ("1.5 litres", "1 5 litres", false),
        ("Yes. 5 apply", "yes 5 apply", true),
        ("-5 °C", "5 °C", false),
        ("a < b", "a > b", false),
        ("a+b", "a b", false),
        ("$5", "€5", false),
        ("👍", "👎", false),
        ("naïve", "naive", false),
        ("答案是。", "答案是", true),
        ("", "...", true),
    ];
    for (a, b, expected) in cases {
        assert_eq!(
            normal(a) == normal(b),
            expected,
            "{a:?} {b:?}: {:?} {:?}",
            normal(a),
            normal(b)
        );
    }
}

#[test]
fn the_same_meaning_is_the_same_answer_unless_a_guard_objects() {
    let cases = [
        (
            "open the main menu and choose export",
            "choose export and open the main menu",
            true,
        ),
        (
            "open the main menu and choose export",
            "open the menu and choose export",
            true,
        ),
        ("open the main menu and choose export", "print it", false),
        (
            "open the main menu and choose export",
            "open the main menu and choose not export",
            false,
        ),
    ];
    for (kept, fresh, expected) in cases {
        assert_eq!(same(9, kept, fresh), Ok(expected), "{kept:?} {fresh:?}");
    }
}

#[test]
fn long_answers_are_the_same_if_each_of_their_sentences_is() {
    let kept = "Open the main menu. Choose export and print it.";
    let cases = [
        ("OPEN the main menu.\nChoose export, and print it!", true),
        ("Choose export and print it. Open the main menu.", true),
        ("Open the menu. Choose export and print it.", false),
        ("Open the main menu. Choose export and print it. It lies.", false),
        ("Open the main menu. Do not choose export and print it.", false),
        ("Open the main menu.", false),
    ];
    for (fresh, expected) in cases {
        assert_eq!(same(5, kept, fresh), Ok(expected), "{fresh:?}");
    }
}

#[test]
fn a_sentence_that_is_too_long_is_the_same_only_as_text() {
    let long = "Open the main menu and choose export. Then print it.";
    assert_eq!(
        same(4, long, "OPEN the main menu, and choose export! Then print it?"),
        Ok(true)
    );
    assert_eq!(
        same(
            4,
            long,
            "Open the main menu and then choose export. Then print it."
        ),
        Ok(false)
    );
}

#[test]
fn answers_in_too_many_pieces_are_not_the_same() {
    let many = "Print it. ".repeat(MOST_PIECES + 1);
    let other = "Then print it. ".repeat(MOST_PIECES + 1);
    assert_eq!(same(3, &many, &other), Ok(false));
    assert_eq!(same(3, &many, &many.to_uppercase()), Ok(true));
}

#[test]
fn without_the_embedder_there_is_no_verdict() {
    let slow = Err(EmbedError::Slow { budget_ms: 1 });
    assert_eq!(same(9, "down", "menu"), slow);
    assert_eq!(same(3, "Then print it. Down", "Then print it. Lies"), slow);
    assert_eq!(same(9, "down", "Down."), Ok(true));
}
