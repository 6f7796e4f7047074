//! Links of this repository's Markdown lead somewhere: to a file that is there, and to a heading that it has.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use crate::support::checkout;

/// What is built or installed here, and not ours.
const FOREIGN: [&str; 5] = ["target", ".venv", ".git", "node_modules", ".pytest_cache"];

#[test]
fn every_relative_link_leads_to_a_file_and_its_heading() {
    let root = checkout().canonicalize().unwrap();
    let mut pages = Pages::default();
    let mut broken = Vec::new();
    let mut followed = 0;
    for file in markdown(&root) {
        let text = fs::read_to_string(&file).unwrap();
        for (line, target) in links(&text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            followed += 1;
            if let Err(why) = follow(&file, &target, &mut pages) {
                let file = file.strip_prefix(&root).unwrap().display();
                broken.push(format!("{file}:{line}: {target}: {why}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(followed > 200, "{followed} links only");
}

#[test]
fn links_and_headings_are_read_as_a_browser_shows_them() {
    let text = "# The `cache`, and more\n[a](b.md#c) `[not](one)`\n```\n[nor](this)\n# nor this\n```\n## Same\n## Same\n![i](x.svg \"title\")";
    let found: Vec<_> = links(text).into_iter().map(|(_, target)| target).collect();
    assert_eq!(found, ["b.md#c", "x.svg"]);
    let mut anchors: Vec<_> = anchors(text).into_iter().collect();
    anchors.sort_unstable();
    assert_eq!(anchors, ["same", "same-1", "the-cache-and-more"]);
}

/// Headings of files that were looked into.
#[derive(Default)]
struct Pages(HashMap<PathBuf, HashSet<String>>);

fn follow(from: &Path, target: &str, pages: &mut Pages) -> Result<(), String> {
    let (path, anchor) = target
        .split_once('#')
        .map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let file = match path {
        "" => from.to_owned(),
        path => from.parent().unwrap().join(path),
    };
    if !file.exists() {
        return Err("there is no such file".into());
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let anchors = pages
        .0
        .entry(file.clone())
        .or_insert_with(|| anchors(&fs::read_to_string(&file).unwrap_or_default()));
    if anchors.contains(anchor) {
        Ok(())
    } else {
        Err("there is no such heading".into())
    }
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() && !FOREIGN.contains(&name.as_str()) {
            found.extend(markdown(&path));
        } else if path.is_file() && name.ends_with(".md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Lines outside of code blocks, from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// Where `[text](target)` leads, with its line.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        // What is quoted as code is no link.
        let shown: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
        for part in shown.split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or_default();
            found.push((number, target.to_owned()));
        }
    }
    found
}

/// What headings are linked by: lower case, without punctuation, and numbered where they repeat.
fn anchors(text: &str) -> HashSet<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut found = HashSet::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let slug: String = title
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let count = seen.entry(slug.clone()).or_default();
        found.insert(if *count == 0 {
            slug
        } else {
            format!("{slug}-{count}")
        });
        *count += 1;
    }
    found
}
