//! A line of text that is being typed.

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

    /// Puts a text where the caret is; line breaks and other control characters are dropped.
    pub fn insert(&mut self, text: &str) {
        if self.fresh {
            self.clear();
        }
        let clean: String = text.chars().filter(|character| !character.is_control()).collect();
        let at = self.byte(self.caret);
        self.text.insert_str(at, &clean);
        self.caret += clean.chars().count();
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
        let before: Vec<char> = self.text.chars().take(self.caret).collect();
        let word = |c: &char| c.is_alphanumeric();
        let blanks = before.iter().rev().take_while(|c| !word(c)).count();
        let letters = before.iter().rev().skip(blanks).take_while(|c| word(c)).count();
        for _ in 0..blanks + letters {
            self.backspace();
        }
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
    use super::Edit;

    #[test]
    fn what_is_typed_takes_the_place_of_a_text_that_is_selected() {
        let mut edit = Edit::of("old");

        edit.insert("né");
        edit.step(-1);
        edit.insert("x\ny");

        assert_eq!((edit.text.as_str(), edit.caret), ("nxyé", 3));
    }

    #[test]
    fn a_word_goes_with_the_blanks_behind_it() {
        let mut edit = Edit::of("an http-api ");
        edit.end();

        edit.backspace_word();

        assert_eq!((edit.text.as_str(), edit.caret), ("an http-", 8));
    }
}
