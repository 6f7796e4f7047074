/// Follows the fragments of a JSON object to tell when it is complete.
///
/// OpenAI may interleave the fragments of parallel tool calls and does not say which are complete; Anthropic ends one
/// block before the next where it can. Only brackets and strings are looked at; the fragments are not kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arguments {
    depth: u64,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl Arguments {
    pub(super) fn push(&mut self, fragment: &str) {
        for byte in fragment.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => {
                    self.begun = true;
                    self.depth = self.depth.saturating_add(1);
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    pub(super) fn complete(&self) -> bool {
        self.begun && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    #[test]
    fn object_is_complete_at_its_last_bracket_and_not_before() {
        let json = r#"{"a":"}\"]","b":[{"c":{}}]}"#;
        for end in 0..=json.len() {
            for middle in 0..=end {
                let mut arguments = Arguments::default();
                arguments.push(&json[..middle]);
                arguments.push(&json[middle..end]);
                assert_eq!(arguments.complete(), end == json.len(), "{end} {middle}");
            }
        }
    }
}
