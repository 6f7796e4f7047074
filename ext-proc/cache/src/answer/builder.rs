//! From neutral events to an answer, as far as it may be kept.

use penstock_chat::neutral::response::Event;
use penstock_chat::{FinishReason, Usage};
use penstock_translate::json;

use super::{Answer, Content, Finish, Unfit};

/// An answer that is being put together, never larger than its limit.
#[derive(Debug)]
pub(super) struct Builder {
    answer: Answer,
    started: bool,
    finish: Option<FinishReason>,
    /// Where each tool call stands in the content.
    calls: Vec<usize>,
    /// What comes next is another piece, even if of the same kind.
    closed: bool,
    /// As [`Answer::bytes`].
    bytes: usize,
    limit: usize,
    keeps_tools: bool,
}

impl Builder {
    pub(super) fn new(limit: usize, keeps_tools: bool) -> Self {
        let answer = Answer::default();
        Self {
            bytes: answer.bytes(),
            answer,
            started: false,
            finish: None,
            calls: Vec::new(),
            closed: false,
            limit,
            keeps_tools,
        }
    }

    /// Takes what the answer says next.
    pub(super) fn event(&mut self, event: &Event<'_>) -> Result<(), Unfit> {
        if event.is_content() && self.finish.is_some() {
            return Err(Unfit::Malformed);
        }
        match event {
            Event::Start { model, usage, .. } => self.start(model, *usage),
            Event::Text(text) => self.text(text),
            Event::Refusal(text) if text.is_empty() => Ok(()),
            Event::Refusal(_) => Err(Unfit::Refusal),
            Event::Thinking(text) => self.thinking(text),
            Event::Signature(signature) => self.signature(signature),
            Event::RedactedThinking(data) => self.push(Content::RedactedThinking(data.to_string())),
            Event::ToolStart { call, id, name } => self.call(*call, id, name),
            Event::ToolArguments { call, fragment } => self.arguments(*call, fragment),
            Event::BlockEnd => {
                self.closed = true;
                Ok(())
            }
            Event::Usage(usage) => {
                self.answer.usage = Some(*usage);
                Ok(())
            }
            Event::Finish {
                reason,
                stop_sequence,
            } => self.finish(*reason, stop_sequence.as_deref()),
            Event::End => Ok(()),
        }
    }

    /// The answer, once it is over.
    pub(super) fn answer(self) -> Result<Answer, Unfit> {
        let Some(finish) = self.finish else {
            return Err(Unfit::Incomplete);
        };
        let mut answer = self.answer;
        // Where a tool is forced, some say that they stopped by themselves.
        if finish == FinishReason::Stop && !self.calls.is_empty() {
            answer.finish = Finish::ToolCalls;
        }
        if (answer.finish == Finish::ToolCalls) == self.calls.is_empty() {
            return Err(Unfit::Malformed);
        }
        for content in &mut answer.content {
            settle(content)?;
        }
        if self.calls.is_empty() && answer.text().trim().is_empty() {
            return Err(Unfit::Empty);
        }
        answer.content.shrink_to_fit();
        match answer.bytes() <= self.limit {
            true => Ok(answer),
            false => Err(Unfit::TooLarge),
        }
    }

    fn start(&mut self, model: &str, usage: Option<Usage>) -> Result<(), Unfit> {
        if std::mem::replace(&mut self.started, true) {
            return Err(Unfit::Malformed);
        }
        self.grow(model.len())?;
        self.answer.model = model.to_owned();
        self.answer.usage = usage;
        Ok(())
    }

    fn text(&mut self, fragment: &str) -> Result<(), Unfit> {
        if fragment.is_empty() {
            return Ok(());
        }
        self.grow(fragment.len())?;
        match self.answer.content.last_mut() {
            Some(Content::Text(text)) if !self.closed => text.push_str(fragment),
            _ => self.begin(Content::Text(fragment.to_owned()))?,
        }
        Ok(())
    }

    fn thinking(&mut self, fragment: &str) -> Result<(), Unfit> {
        if fragment.is_empty() {
            return Ok(());
        }
        self.grow(fragment.len())?;
        match self.answer.content.last_mut() {
            Some(Content::Thinking { text, .. }) if !self.closed => text.push_str(fragment),
            _ => self.begin(Content::Thinking {
                text: fragment.to_owned(),
                signature: None,
            })?,
        }
        Ok(())
    }

    fn signature(&mut self, fragment: &str) -> Result<(), Unfit> {
        if fragment.is_empty() {
            return Ok(());
        }
        self.grow(fragment.len())?;
        match self.answer.content.last_mut() {
            Some(Content::Thinking { signature, .. }) if !self.closed => {
                signature.get_or_insert_default().push_str(fragment);
            }
            _ => self.begin(Content::Thinking {
                text: String::new(),
                signature: Some(fragment.to_owned()),
            })?,
        }
        Ok(())
    }

    fn call(&mut self, call: usize, id: &str, name: &str) -> Result<(), Unfit> {
        if !self.keeps_tools {
            return Err(Unfit::ToolCalls);
        }
        if call != self.calls.len() {
            return Err(Unfit::Malformed);
        }
        self.calls.push(self.answer.content.len());
        self.push(Content::ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: String::new(),
        })
    }

    fn arguments(&mut self, call: usize, fragment: &str) -> Result<(), Unfit> {
        self.grow(fragment.len())?;
        let content = self
            .calls
            .get(call)
            .and_then(|place| self.answer.content.get_mut(*place));
        match content {
            Some(Content::ToolCall { arguments, .. }) => {
                arguments.push_str(fragment);
                Ok(())
            }
            _ => Err(Unfit::Malformed),
        }
    }

    fn finish(&mut self, reason: FinishReason, sequence: Option<&str>) -> Result<(), Unfit> {
        // Some say it in every chunk.
        if self.finish.is_some_and(|before| before != reason) {
            return Err(Unfit::Malformed);
        }
        self.answer.finish = match reason {
            FinishReason::Stop => Finish::Stop,
            FinishReason::StopSequence => Finish::StopSequence(sequence.map(str::to_owned)),
            FinishReason::ToolCalls if self.keeps_tools => Finish::ToolCalls,
            FinishReason::ToolCalls => return Err(Unfit::ToolCalls),
            FinishReason::Length => return Err(Unfit::Length),
            FinishReason::ContentFilter => return Err(Unfit::Refusal),
            FinishReason::Pause => return Err(Unfit::Pause),
        };
        if self.finish.replace(reason).is_none() {
            self.grow(self.answer.finish.bytes())?;
        }
        Ok(())
    }

    /// Adds a piece that is whole.
    fn push(&mut self, content: Content) -> Result<(), Unfit> {
        self.grow(content.text_bytes())?;
        self.begin(content)?;
        self.closed = true;
        Ok(())
    }

    /// Adds a piece whose text is counted already.
    fn begin(&mut self, content: Content) -> Result<(), Unfit> {
        self.grow(size_of::<Content>())?;
        self.closed = false;
        self.answer.content.push(content);
        Ok(())
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Unfit> {
        self.bytes = self.bytes.saturating_add(bytes);
        match self.bytes <= self.limit {
            true => Ok(()),
            false => Err(Unfit::TooLarge),
        }
    }
}

/// Lets go of spare memory, and sees to it that every dialect can say a tool call.
fn settle(content: &mut Content) -> Result<(), Unfit> {
    match content {
        Content::Text(text) | Content::RedactedThinking(text) => text.shrink_to_fit(),
        Content::Thinking { text, signature } => {
            text.shrink_to_fit();
            signature.iter_mut().for_each(String::shrink_to_fit);
        }
        Content::ToolCall { id, name, arguments } => {
            let object = match arguments.trim() {
                "" => "{}",
                text => text,
            };
            if id.is_empty() || name.is_empty() || json::Object::parse(object.as_bytes()).is_err() {
                return Err(Unfit::Malformed);
            }
            *arguments = object.to_owned();
        }
    }
    Ok(())
}
