//! How things look: the terminal's own sixteen colours, and signs that say the same without.

use ratatui::style::{Color, Modifier, Style};

/// Which colours are used. What they say, a sign or a word says too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's palette.
    #[default]
    Auto,
    /// The palette without faint text, and with bold accents.
    HighContrast,
    /// Bold and reversed text only.
    Mono,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Plain text.
    Text,
    /// Headings and titles.
    Title,
    /// Text that explains; lines around panes.
    Faint,
    /// The lines and the title of the pane with the focus.
    Active,
    /// The line with the cursor.
    Cursor,
    /// The line with the cursor in a pane without the focus.
    Marked,
    /// What is chosen.
    Chosen,
    /// What is wrong.
    Issue,
    /// What comes.
    Added,
    /// What changes.
    Changed,
    /// What goes.
    Removed,
    /// A key that can be pressed.
    Key,
    /// Selected text of a field.
    Selected,
    /// Code: comments.
    Comment,
    /// Code: texts.
    Quoted,
    /// Code: words of the language, and keys.
    Word,
    /// Code: numbers.
    Number,
}

impl Theme {
    /// Returns the style of a piece of text.
    #[must_use]
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let reverse = plain.add_modifier(Modifier::REVERSED);
        if self == Self::Mono {
            return match role {
                Role::Cursor | Role::Selected => reverse,
                Role::Title
                | Role::Active
                | Role::Marked
                | Role::Chosen
                | Role::Issue
                | Role::Key => bold,
                Role::Text
                | Role::Faint
                | Role::Added
                | Role::Changed
                | Role::Removed
                | Role::Comment
                | Role::Quoted
                | Role::Word
                | Role::Number => plain,
            };
        }
        let contrast = self == Self::HighContrast;
        let accent = if contrast { bold } else { plain };
        match role {
            Role::Title | Role::Marked | Role::Key => bold,
            Role::Faint | Role::Comment if !contrast => plain.add_modifier(Modifier::DIM),
            Role::Text | Role::Faint | Role::Comment => plain,
            Role::Active | Role::Chosen => bold.fg(Color::Blue),
            Role::Cursor | Role::Selected => reverse,
            Role::Issue => bold.fg(Color::Yellow),
            Role::Added | Role::Word => accent.fg(Color::Blue),
            Role::Changed | Role::Quoted => accent.fg(Color::Cyan),
            Role::Removed => accent.fg(Color::Yellow),
            Role::Number => accent.fg(Color::Magenta),
        }
    }
}

/// Which characters draw lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Box drawing.
    #[default]
    Unicode,
    /// `+`, `-` and `|`.
    Ascii,
}

impl Glyphs {
    /// Returns the line that leads up, down, left and right from its middle.
    #[must_use]
    pub fn line(self, [up, down, left, right]: [bool; 4]) -> &'static str {
        let (vertical, horizontal) = (up || down, left || right);
        if self == Self::Ascii {
            return match (vertical, horizontal) {
                (true, true) => "+",
                (true, false) => "|",
                (false, true) => "-",
                (false, false) => " ",
            };
        }
        match (up, down, left, right) {
            (false, false, false, false) => " ",
            (_, _, false, false) => "│",
            (false, false, _, _) => "─",
            (false, true, false, true) => "┌",
            (false, true, true, false) => "┐",
            (true, false, false, true) => "└",
            (true, false, true, false) => "┘",
            (true, true, false, true) => "├",
            (true, true, true, false) => "┤",
            (false, true, true, true) => "┬",
            (true, false, true, true) => "┴",
            (true, true, true, true) => "┼",
        }
    }

    /// Returns what stands for text that was cut off.
    #[must_use]
    pub fn cut(self) -> &'static str {
        match self {
            Self::Unicode => "…",
            Self::Ascii => "~",
        }
    }
}

/// All characters that lines and signs are drawn with, beside ASCII.
pub const LINES: &str = "│─┌┐└┘├┤┬┴┼…";
