//! An event stream on its way to the client: decoded, read, translated, and held until it is worth showing.

use penstock_config::slice;
use penstock_sse::{DecodeError, Decoder};
use penstock_translate::error::ApiError;
use penstock_translate::stream::{End, Options, StreamError, StreamState, Translator};

use super::coding::Coding;
use super::held::Share;

/// What a translation makes of a piece is at most about this many times as much: short events get a longer frame.
const GROWTH: usize = 8;

/// A stream and how far it has come.
pub(super) struct Stream {
    coding: Coding,
    decoder: Decoder,
    translator: Translator,
    /// The most that one piece may become, in bytes, if it has not come that large.
    most: usize,
    /// What the client gets once the answer is released; empty afterwards.
    held: Vec<u8>,
    share: Share,
    /// Whether the client has got anything.
    pub(super) released: bool,
    /// Whether an event with content has come.
    pub(super) content: bool,
}

/// Why a stream cannot go on.
pub(super) enum Broken {
    /// The provider reports an error.
    Provider(ApiError),
    /// The bytes are not what the API promises, for the reason given.
    Malformed(&'static str),
    /// It ended before the model had finished.
    Incomplete,
}

impl Stream {
    pub(super) fn new(coding: Coding, config: &slice::Back, share: Share, options: Options) -> Self {
        Self {
            coding,
            decoder: Decoder::new(usize::try_from(config.max_event_bytes).unwrap_or(usize::MAX)),
            translator: Translator::new(options),
            most: usize::try_from(config.max_response_bytes).unwrap_or(usize::MAX),
            held: Vec::new(),
            share,
            released: false,
            content: false,
        }
    }

    /// What was held back, for more to be added.
    pub(super) fn take_held(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// Holds `out` back, unless the VM holds too much already; then it is returned.
    pub(super) fn hold(&mut self, out: Vec<u8>) -> Result<(), Vec<u8>> {
        if !self.share.hold(out.len()) {
            return Err(out);
        }
        self.held = out;
        Ok(())
    }

    /// From now on the client gets what comes.
    pub(super) fn release(&mut self) {
        self.released = true;
        self.share.hold(0);
    }

    /// What is known of the answer so far.
    pub(super) fn state(&self) -> &StreamState {
        self.translator.state()
    }

    /// Takes the next bytes and appends to `out` what the client is to get for them.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        end_of_stream: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Broken> {
        let Self {
            coding,
            decoder,
            translator,
            content,
            most,
            ..
        } = self;
        // A busy worker gets what has gathered in one piece, which is no fault of the provider's.
        let most = out
            .len()
            .saturating_add((*most).max(bytes.len().saturating_mul(GROWTH)));
        let mut result = Ok(());
        let decoded = coding.decode(bytes, |plain| {
            decoder.push(plain);
            result = read_events(decoder, translator, content, out, most, false);
            result.is_ok()
        });
        result?;
        if decoded.is_err() {
            return Err(Broken::Malformed("it is not of the content coding that it names"));
        }
        if end_of_stream {
            read_events(decoder, translator, content, out, most, true)?;
            if translator.end(out) == End::Incomplete {
                return Err(Broken::Incomplete);
            }
        }
        Ok(())
    }
}

fn read_events(
    decoder: &mut Decoder,
    translator: &mut Translator,
    content: &mut bool,
    out: &mut Vec<u8>,
    most: usize,
    end_of_stream: bool,
) -> Result<(), Broken> {
    loop {
        if out.len() > most {
            return Err(Broken::Malformed("it grows beyond the limit"));
        }
        let frame = match decoder.next() {
            Ok(None) if end_of_stream => decoder.finish(),
            frame => frame,
        };
        let frame = match frame {
            Ok(Some(frame)) => frame,
            Ok(None) => return Ok(()),
            Err(DecodeError::EventTooLarge { .. }) => {
                return Err(Broken::Malformed("an event is larger than the limit"));
            }
            Err(DecodeError::InvalidUtf8 { .. }) => return Err(Broken::Malformed("an event is not UTF-8")),
        };
        match translator.event(&frame, out) {
            Ok(progress) => *content |= progress.content,
            Err(StreamError::Provider(error)) => return Err(Broken::Provider(error)),
            Err(StreamError::Malformed(_)) => {
                return Err(Broken::Malformed("an event does not have the API's form"));
            }
        }
    }
}
