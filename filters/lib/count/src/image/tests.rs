use super::*;
use crate::family::family;

fn of(width: u64, height: u64) -> Option<Size> {
    Some(Size { width, height })
}

#[test]
fn published_examples_of_tiles() {
    let formula = family("gpt-4o").image;
    for (size, detail, tokens) in [
        (of(1_024, 1_024), Detail::High, 85 + 4 * 170),
        (of(2_048, 4_096), Detail::High, 85 + 6 * 170),
        (of(4_096, 8_192), Detail::Low, 85),
        (of(512, 512), Detail::Auto, 85 + 170),
        (of(513, 512), Detail::Auto, 85 + 2 * 170),
        (of(1, 1), Detail::Auto, 85 + 170),
        (of(4_096, 1_536), Detail::Auto, 85 + 8 * 170),
        (of(u64::from(u32::MAX), 1), Detail::Auto, 85 + 4 * 170),
        (None, Detail::Auto, 85 + 8 * 170),
        (None, Detail::Low, 85),
    ] {
        assert_eq!(formula.tokens(size, detail), tokens, "{size:?} {detail:?}");
    }
}

#[test]
fn published_examples_of_patches() {
    let formula = family("gpt-5-2").image;
    for (size, tokens) in [
        (of(1_024, 1_024), 1_024),
        (of(1_800, 2_400), 1_452),
        (of(33, 32), 2),
        (of(u64::from(u32::MAX), 1), 64),
        (None, 1_536),
    ] {
        assert_eq!(formula.tokens(size, Detail::High), tokens, "{size:?}");
    }
    assert_eq!(
        family("o4-mini").image.tokens(of(1_024, 1_024), Detail::Auto),
        1_762
    );
    assert_eq!(
        family("gpt-5-mini").image.tokens(of(4_000, 4_000), Detail::Low),
        415
    );
}

#[test]
fn detail_chooses_the_budget() {
    let tokens = |model: &str, detail| family(model).image.tokens(None, detail);
    assert_eq!(tokens("gpt-5.4", Detail::Auto), 2_500);
    assert_eq!(tokens("gpt-5.4", Detail::Original), 10_000);
    assert_eq!(tokens("gpt-5.5", Detail::Auto), 10_000);
    assert_eq!(tokens("gpt-5.6", Detail::Auto), 36_000);
    assert_eq!(tokens("gpt-5.6", Detail::High), 3_000);
    assert_eq!(Detail::named("anything"), Detail::Auto);
}

/// Anthropic's guide "Coordinates and images": an A4 scan, and 4K in both tiers.
#[test]
fn published_examples_of_visual_tokens() {
    let old = family("claude-sonnet-4-5").image;
    let new = family("claude-opus-4-7").image;
    for (formula, size, tokens) in [
        (old, of(224, 224), 64),
        (old, of(1_075, 1_520), 33 * 47),
        (old, of(3_840, 2_160), 1_560),
        (new, of(3_840, 2_160), 4_784),
        (new, of(1_920, 1_080), 2_691),
        (old, None, 1_568),
        (new, None, 4_784),
        (old, of(1, 1_000_000), 56),
    ] {
        assert_eq!(formula.tokens(size, Detail::Auto), tokens, "{size:?}");
    }
}

#[test]
fn no_size_costs_more_than_an_unknown_one() {
    let edges = [
        1,
        28,
        32,
        100,
        513,
        768,
        1_568,
        2_048,
        6_000,
        65_535,
        u64::from(u32::MAX),
    ];
    for model in [
        "gpt-4o",
        "o4-mini",
        "gpt-5.4",
        "gpt-5.6",
        "claude-3",
        "claude-opus-5",
        "gemini-2.5-pro",
        "x",
    ] {
        let formula = family(model).image;
        for detail in [Detail::Low, Detail::High, Detail::Original, Detail::Auto] {
            let most = formula.tokens(None, detail);
            for (width, height) in edges.iter().flat_map(|w| edges.map(|h| (*w, h))) {
                let tokens = formula.tokens(of(width, height), detail);
                assert!(
                    (1..=most).contains(&tokens),
                    "{model} {detail:?} {width}x{height}: {tokens}"
                );
            }
        }
    }
}

#[test]
fn an_image_behind_a_url_is_the_costliest() {
    let formula = Formula::Visual {
        edge: 1_568,
        tokens: 1_568,
    };
    for url in [
        "https://example.com/a.png",
        "data:image/png,abc",
        "data:image/png;base64",
        "data:image/tiff;base64,SUkq",
        "",
    ] {
        assert_eq!(formula.tokens_of_url(url, Detail::Auto), 1_568, "{url}");
    }
    let gif = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
    assert_eq!(formula.tokens_of_url(gif, Detail::Auto), 1);
}
