//! A line of text that is being typed.

/// The longest text that can be typed, in characters.
pub(super) const LONGEST: usize = 8000;

/// The text and where the next character goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// The text as typed.
    pub text: String,
    /// The place of the caret, in characters.
    pub caret: usize,
    /// The whole text is selected: what is typed takes its place.
    pub fresh: bool,
}

impl Edit {
    /// Starts with a text, all of it selected.
    #[must_use]
    pub fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { caret: text.chars().count(), fresh: !text.is_empty(), text }
    }

    /// Puts a text where the caret is, and tells whether all of it found room; line breaks and
    /// other control characters are dropped.
    #[must_use]
    pub fn insert(&mut self, text: &str) -> bool {
        if self.fresh {
            self.clear();
        }
        let room = LONGEST.saturating_sub(self.length());
        let mut clean = text.chars().filter(|character| !character.is_control());
        let fitting: String = clean.by_ref().take(room).collect();
        let at = self.byte(self.caret);
        self.text.insert_str(at, &fitting);
        self.caret += fitting.chars().count();
        clean.next().is_none()
    }

    /// Removes the character before the caret, or all if all is selected.
    pub fn backspace(&mut self) {
        if self.fresh {
            return self.clear();
        }
        if self.caret > 0 {
            self.caret -= 1;
            self.text.remove(self.byte(self.caret));
        }
    }

    /// Removes the character behind the caret, or all if all is selected.
    pub fn delete(&mut self) {
        if self.fresh {
            return self.clear();
        }
        if self.caret < self.length() {
            self.text.remove(self.byte(self.caret));
        }
    }

    /// Removes all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Removes the word before the caret.
    pub fn backspace_word(&mut self) {
        if self.fresh {
            return self.clear();
        }
        let end = self.byte(self.caret);
        let word = char::is_alphanumeric;
        let start = self.text[..end].trim_end_matches(|c| !word(c)).trim_end_matches(word).len();
        let gone: String = self.text.drain(start..end).collect();
        self.caret -= gone.chars().count();
    }

    /// Moves the caret by some characters, as far as there are any.
    pub fn step(&mut self, by: isize) {
        self.fresh = false;
        self.caret = self.caret.saturating_add_signed(by).min(self.length());
    }

    /// Moves the caret to the start.
    pub fn home(&mut self) {
        self.fresh = false;
        self.caret = 0;
    }

    /// Moves the caret to the end.
    pub fn end(&mut self) {
        self.fresh = false;
        self.caret = self.length();
    }

    fn length(&self) -> usize {
        self.text.chars().count()
    }

    fn byte(&self, character: usize) -> usize {
        self.text.char_indices().nth(character).map_or(self.text.len(), |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Edit, LONGEST};

    #[test]
    fn what_is_typed_takes_the_place_of_a_text_that_is_selected() {
        let mut edit = Edit::of("old");

        assert!(edit.insert("né"));
        edit.step(-1);
        assert!(edit.insert("x\ny"));

        assert_eq!((edit.text.as_str(), edit.caret), ("nxyé", 3));
    }

    #[test]
    fn a_text_has_an_end_and_tells_when_it_is_reached() {
        let mut edit = Edit::default();

        assert!(edit.insert(&"ä\n".repeat(LONGEST - 1)));
        edit.home();
        assert!(!edit.insert("xyz"));

        assert_eq!((edit.text.chars().count(), edit.caret), (LONGEST, 1));
        assert!(edit.insert("\n") && !edit.insert("y"));
    }

    #[test]
    fn a_word_goes_with_the_blanks_behind_it() {
        let mut edit = Edit::of("an http-api ");
        edit.end();

        edit.backspace_word();

        assert_eq!((edit.text.as_str(), edit.caret), ("an http-", 8));
    }
}
