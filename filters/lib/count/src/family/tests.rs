use super::*;

#[test]
fn names_belong_to_their_families() {
    let image = |model: &str| family(model).image;
    let tiles = |base, tile| Formula::Tiles { base, tile };
    for (model, vocabulary, exactness) in [
        ("gpt-5.4", Vocabulary::O200kBase, Exactness::Exact),
        ("gpt-4-0613", Vocabulary::Cl100kBase, Exactness::Exact),
        ("gpt-4-turbo", Vocabulary::Cl100kBase, Exactness::Exact),
        ("gpt-4-1106-preview", Vocabulary::Cl100kBase, Exactness::Exact),
        ("gpt-4o", Vocabulary::O200kBase, Exactness::Exact),
        ("gpt-35-turbo", Vocabulary::Cl100kBase, Exactness::Exact),
        ("ft:gpt-4:acme::x", Vocabulary::Cl100kBase, Exactness::Exact),
        (
            "ft:gpt-4o-2024-08-06:acme::x",
            Vocabulary::O200kBase,
            Exactness::Exact,
        ),
        ("openai/gpt-4.1", Vocabulary::O200kBase, Exactness::Exact),
        ("prod_GPT-4o_eu", Vocabulary::O200kBase, Exactness::Exact),
        ("o1", Vocabulary::O200kBase, Exactness::Exact),
        ("o365-helper", Vocabulary::O200kBase, Exactness::Estimated),
        ("gpt-oss-120b", Vocabulary::O200kBase, Exactness::Estimated),
        ("claude-sonnet-5", Vocabulary::O200kBase, Exactness::Estimated),
        (
            "meta-llama/Llama-3.3-70B-Instruct",
            Vocabulary::Cl100kBase,
            Exactness::Estimated,
        ),
        ("Qwen/Qwen3-32B", Vocabulary::Cl100kBase, Exactness::Estimated),
        ("", Vocabulary::O200kBase, Exactness::Estimated),
        ("nothing-known", Vocabulary::O200kBase, Exactness::Estimated),
    ] {
        let family = family(model);
        assert_eq!(
            (family.vocabulary, family.exactness),
            (vocabulary, exactness),
            "{model}"
        );
    }
    assert_eq!(image("gpt-4o-2024-11-20"), tiles(85, 170));
    assert_eq!(image("gpt-4o-mini-2024-07-18"), tiles(2_833, 5_667));
    assert_eq!(image("gpt-5-2025-08-07"), tiles(70, 140));
    assert_eq!(image("gpt-5-mini-2025-08-07"), small(1_620).image);
    assert_eq!(image("gpt-4.1-nano"), small(2_460).image);
    assert_eq!(image("gpt-7"), image("gpt-5.6"));
}

#[test]
fn claude_is_known_by_version_in_every_spelling() {
    for (model, factor, free) in [
        ("claude-3-5-sonnet-20241022", 1_200, 530),
        ("anthropic/claude-3.5-haiku", 1_200, 264),
        ("claude-opus-4-20250514", 1_200, 313),
        ("claude-sonnet-4-5@20250929", 1_200, 496),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", 1_200, 496),
        ("claude-opus-4.7", 1_560, 675),
        ("claude-opus-4-8", 1_560, 290),
        ("claude-sonnet-5-5", 1_560, 354),
        ("claude-opus-9", 1_560, 675),
    ] {
        let family = family(model);
        assert_eq!(family.initial_factor_permille, factor, "{model}");
        assert!(
            matches!(family.framing.tools, ToolForm::Json { free: tools, .. } if tools == free),
            "{model}: {:?}",
            family.framing.tools
        );
    }
}

#[test]
fn a_name_of_any_length_is_cut() {
    let model = format!("{}gpt-4", "é-".repeat(1_000));
    assert_eq!(family(&model), UNKNOWN);
}
