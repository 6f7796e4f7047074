//! Models that clients ask for, and the targets they lead to.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use penstock_chat::Tokens;

use crate::{
    problem::Problems,
    provider::Provider,
    raw,
    slice::{Commit, Model, OnLoss, Retry, Target},
    spanned::Spanned,
    suggest, unit,
};

const COMMITS: [(&str, Commit); 2] = [
    ("first_event", Commit::FirstEvent),
    ("complete", Commit::Complete),
];
const LOSSES: [(&str, OnLoss); 2] = [("warn", OnLoss::Warn), ("reject", OnLoss::Reject)];

const SAME_TARGET: u32 = 1;
const MOST_SAME_TARGET: u64 = 10;
const MAX_WAIT: Duration = Duration::from_secs(2);
const LONGEST_MAX_WAIT: Duration = Duration::from_secs(60);
const FIRST_TOKEN: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(600);
const LONGEST_ANSWER: Duration = Duration::from_secs(3_600);
const LONGEST_NAME: usize = 256;
const MOST_TARGETS: usize = 16;

/// What a model has where it says nothing itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    commit: Commit,
    on_loss: OnLoss,
    same_target: u32,
    max_wait: Duration,
    first_token: Duration,
    answer: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            commit: Commit::default(),
            on_loss: OnLoss::default(),
            same_target: SAME_TARGET,
            max_wait: MAX_WAIT,
            first_token: FIRST_TOKEN,
            answer: ANSWER,
        }
    }
}

/// The fields that `defaults` and a model share.
struct Written<'a> {
    commit: &'a raw::Text,
    on_loss: &'a raw::Text,
    retry: &'a Option<raw::Retry>,
    timeouts: &'a Option<raw::Timeouts>,
}

impl Policy {
    pub(crate) fn defaults(raw: Option<&raw::Policy>, problems: &mut Problems) -> Self {
        let built_in = Self::default();
        let Some(raw) = raw else { return built_in };
        built_in.with(
            &Written {
                commit: &raw.commit,
                on_loss: &raw.on_loss,
                retry: &raw.retry,
                timeouts: &raw.timeouts,
            },
            "defaults",
            problems,
        )
    }

    /// This policy with what is written in one place; what is wrong is reported and stays as it was.
    fn with(mut self, written: &Written<'_>, path: &str, problems: &mut Problems) -> Self {
        if let Some(text) = written.commit {
            let field = format!("{path}.commit");
            self.commit = suggest::one_of(text, &field, &COMMITS, problems).unwrap_or(self.commit);
        }
        if let Some(text) = written.on_loss {
            let field = format!("{path}.on_loss");
            self.on_loss = suggest::one_of(text, &field, &LOSSES, problems).unwrap_or(self.on_loss);
        }
        if let Some(retry) = written.retry {
            self.retry(retry, path, problems);
        }
        if let Some(timeouts) = written.timeouts {
            self.timeouts(timeouts, path, problems);
        }
        self
    }

    fn retry(&mut self, raw: &raw::Retry, path: &str, problems: &mut Problems) {
        if let Some(count) = &raw.same_target {
            match u32::try_from(count.value) {
                Ok(number) if count.value <= MOST_SAME_TARGET => self.same_target = number,
                _ => problems.at(
                    count.referenced,
                    format!("{path}.retry.same_target"),
                    format!("at most {MOST_SAME_TARGET}"),
                ),
            }
        }
        if let Some(text) = &raw.max_wait {
            let field = format!("{path}.retry.max_wait");
            if let Some(wait) = unit::duration(text, &field, LONGEST_MAX_WAIT, problems) {
                if wait.subsec_millis() == 0 {
                    self.max_wait = wait;
                } else {
                    problems.at(
                        text.referenced,
                        field,
                        "whole seconds, which is what a provider's Retry-After counts in; write such as 2s",
                    );
                }
            }
        }
    }

    fn timeouts(&mut self, raw: &raw::Timeouts, path: &str, problems: &mut Problems) {
        let read = |text: &raw::Text, field: &str, inherited, problems: &mut Problems| match text {
            Some(text) => unit::duration(
                text,
                &format!("{path}.timeouts.{field}"),
                LONGEST_ANSWER,
                problems,
            ),
            None => Some(inherited),
        };
        let first_token = read(&raw.first_token, "first_token", self.first_token, problems);
        let answer = read(&raw.answer, "answer", self.answer, problems);
        let (Some(first_token), Some(answer)) = (first_token, answer) else {
            return;
        };
        let written = raw.first_token.as_ref().or(raw.answer.as_ref());
        if let Some(written) = written.filter(|_| first_token > answer) {
            problems.at(
                written.referenced,
                format!("{path}.timeouts.first_token"),
                format!(
                    "{} is longer than the {} that the whole answer may take; make first_token shorter or answer longer",
                    unit::human(first_token),
                    unit::human(answer)
                ),
            );
        }
        (self.first_token, self.answer) = (first_token, answer);
    }
}

/// A model and where it leads, or problems.
pub(crate) fn parse(
    raw: &Spanned<raw::Model>,
    path: &str,
    providers: &Providers<'_>,
    defaults: Policy,
    problems: &mut Problems,
) -> Option<Model> {
    let here = raw.referenced;
    let raw = &raw.value;
    let name = match &raw.name {
        Some(text) => name(text, &format!("{path}.name"), problems),
        None => {
            problems.at(
                here,
                format!("{path}.name"),
                "missing; write what clients ask for",
            );
            None
        }
    };
    let policy = defaults.with(
        &Written {
            commit: &raw.commit,
            on_loss: &raw.on_loss,
            retry: &raw.retry,
            timeouts: &raw.timeouts,
        },
        path,
        problems,
    );
    let targets = targets(raw, here, path, providers, problems);
    Some(Model {
        name: name?,
        targets: targets?,
        commit: policy.commit,
        on_loss: policy.on_loss,
        retry: Retry {
            same_target: policy.same_target,
            max_wait_s: policy.max_wait.as_secs(),
        },
        first_token_ms: unit::millis(policy.first_token),
        answer_ms: unit::millis(policy.answer),
    })
}

/// Providers by name: those that are right, and the names of all, so that a target of a faulty provider is not
/// reported as well.
pub(crate) struct Providers<'a> {
    pub(crate) valid: &'a [Provider],
    pub(crate) names: &'a [&'a str],
}

fn targets(
    raw: &raw::Model,
    here: serde_saphyr::Location,
    path: &str,
    providers: &Providers<'_>,
    problems: &mut Problems,
) -> Option<Vec<Target>> {
    let field = format!("{path}.targets");
    let Some(list) = &raw.targets else {
        problems.at(here, field, "missing; name at least one provider and model");
        return None;
    };
    if list.value.is_empty() || list.value.len() > MOST_TARGETS {
        problems.at(
            list.referenced,
            field,
            format!("{} targets; name 1 to {MOST_TARGETS}", list.value.len()),
        );
        return None;
    }
    let mut seen = HashMap::new();
    let mut takes_credential: Option<String> = None;
    let mut all = Some(Vec::new());
    for (index, raw) in list.value.iter().enumerate() {
        let path = format!("{path}.targets[{index}]");
        let target = target(raw, &path, providers, problems);
        let Some(target) = target else {
            all = None;
            continue;
        };
        if target.client_credential {
            let first = takes_credential.get_or_insert_with(|| target.provider.clone());
            if *first != target.provider {
                problems.at(
                    raw.referenced,
                    path.clone(),
                    format!("the client's credential goes to provider {first:?} already, and may go to one only; use another provider here, or another model"),
                );
            }
        }
        let key = (target.provider.clone(), target.model.clone());
        if let Some(first) = seen.insert(key, index) {
            problems.at(
                raw.referenced,
                path,
                format!("same provider and model as targets[{first}] and never reached; use retry.same_target to try one again"),
            );
        }
        if let Some(all) = &mut all {
            all.push(target);
        }
    }
    all
}

fn target(
    raw: &Spanned<raw::Target>,
    path: &str,
    providers: &Providers<'_>,
    problems: &mut Problems,
) -> Option<Target> {
    let here = raw.referenced;
    let raw = &raw.value;
    let provider = match &raw.provider {
        Some(text) => provider(text, &format!("{path}.provider"), providers, problems),
        None => {
            problems.at(
                here,
                format!("{path}.provider"),
                "missing; write a provider's name",
            );
            None
        }
    };
    let model = match &raw.model {
        Some(text) => name(text, &format!("{path}.model"), problems),
        None => {
            problems.at(
                here,
                format!("{path}.model"),
                "missing; write the model's name at the provider",
            );
            None
        }
    };
    let context_window = tokens(&raw.context_window, path, "context_window", problems);
    let max_output_tokens = tokens(&raw.max_output_tokens, path, "max_output_tokens", problems);
    if let (Some(Some(window)), Some(Some(output)), Some(place)) =
        (context_window, max_output_tokens, &raw.max_output_tokens)
        && output > window
    {
        problems.at(
            place.referenced,
            format!("{path}.max_output_tokens"),
            format!("{output} is more than the context_window of {window}"),
        );
    }
    let provider = provider?;
    Some(Target {
        provider: provider.name.clone(),
        cluster: provider.cluster(),
        api: provider.api,
        flavor: provider.flavor,
        model: model?,
        context_window: context_window?,
        max_output_tokens: max_output_tokens?,
        client_credential: provider.credential == crate::credential::Credential::Client,
    })
}

fn provider<'a>(
    text: &Spanned<String>,
    field: &str,
    providers: &Providers<'a>,
    problems: &mut Problems,
) -> Option<&'a Provider> {
    let found = providers
        .valid
        .iter()
        .find(|provider| provider.name == text.value);
    if found.is_none() && !providers.names.contains(&text.value.as_str()) {
        let remedy = match providers.names {
            [] => "name one under providers".to_owned(),
            names => suggest::remedy(&text.value, names.iter().copied()),
        };
        problems.at(
            text.referenced,
            field,
            format!("no provider is named {:?}; {remedy}", text.value),
        );
    }
    found
}

/// A name travels in JSON, headers and logs: anything but control characters and spaces at its ends.
pub(crate) fn name(text: &Spanned<String>, field: &str, problems: &mut Problems) -> Option<String> {
    let name = &text.value;
    let valid = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.trim() == name
        && !name.chars().any(char::is_control);
    if !valid {
        problems.at(
            text.referenced,
            field,
            format!("not a name; 1 to {LONGEST_NAME} bytes without control characters"),
        );
    }
    valid.then(|| name.clone())
}

/// [`name`]s, each once.
pub(crate) fn names(
    list: &Spanned<Vec<Spanned<String>>>,
    field: &str,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    let mut right = true;
    for (index, text) in list.value.iter().enumerate() {
        let field = format!("{field}[{index}]");
        match name(text, &field, problems) {
            Some(name) if !seen.insert(text.value.as_str()) => {
                problems.at(
                    text.referenced,
                    field,
                    format!("{name:?} is listed already; keep one"),
                );
                right = false;
            }
            Some(name) => names.push(name),
            None => right = false,
        }
    }
    right.then_some(names)
}

pub(crate) fn tokens(
    number: &raw::Number,
    path: &str,
    field: &str,
    problems: &mut Problems,
) -> Option<Option<Tokens>> {
    match number {
        None => Some(None),
        Some(number) if number.value == 0 => {
            problems.at(
                number.referenced,
                format!("{path}.{field}"),
                "must be more than zero; leave it out if it is not known",
            );
            None
        }
        Some(number) => Some(Some(Tokens(number.value))),
    }
}
