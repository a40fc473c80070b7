//! Every key and what it does: the one table behind the wizard, its help page and the README.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor.
    Move(Step),
    /// Take what is focused and go on.
    Choose,
    /// Take what is focused and stay.
    Toggle,
    /// Take the option with this number, from 0.
    Pick(usize),
    /// Go to the next question.
    Next,
    /// Go to the previous question.
    Previous,
    /// Go to the next pane.
    NextPane,
    /// Take the last answer back.
    Undo,
    /// Give it again.
    Redo,
    /// Show only some options.
    Filter,
    /// Go to any question, option or file.
    Jump,
    /// Show the files.
    Preview,
    /// Show whole files, or only what changes in them.
    Diff,
    /// Explain the focused option.
    Why,
    /// Copy the command.
    Copy,
    /// Answer this section by its defaults.
    Defaults,
    /// Go to the review.
    Review,
    /// Write the answers to a file.
    Save,
    /// Show all keys.
    Help,
    /// Ask whether to leave.
    Quit,
    /// Close what is open, or go back.
    Escape,
    /// Leave at once.
    Cancel,
    /// Stop until the shell says otherwise.
    Suspend,
    /// Draw all again.
    Redraw,
    /// Take the mouse, or leave it to the terminal.
    Mouse,
}

/// A way to move the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One up.
    Up,
    /// One down.
    Down,
    /// To the first.
    First,
    /// To the last.
    Last,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Left, or fold.
    Left,
    /// Right, or unfold.
    Right,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The keys as people write them.
    pub keys: &'static str,
    /// What they do.
    pub does: &'static str,
    /// The keys.
    codes: &'static [Code],
    action: Action,
}

/// A key as the table names it.
#[derive(Clone, Copy, Debug)]
enum Code {
    /// A letter or sign; in a text field only with Alt.
    Letter(char),
    /// A letter with Ctrl.
    Control(char),
    /// A key with a name.
    Named(KeyCode),
}

use Code::{Control, Letter, Named};

/// All keys, but for the digits.
pub const BINDINGS: [Binding; 30] = [
    bind("Up, k", "one up", &[Named(KeyCode::Up), Letter('k')], Action::Move(Step::Up)),
    bind("Down, j", "one down", &[Named(KeyCode::Down), Letter('j')], Action::Move(Step::Down)),
    bind("Home", "the first", &[Named(KeyCode::Home)], Action::Move(Step::First)),
    bind("End", "the last", &[Named(KeyCode::End)], Action::Move(Step::Last)),
    bind("PgUp", "a page up", &[Named(KeyCode::PageUp)], Action::Move(Step::PageUp)),
    bind("PgDn", "a page down", &[Named(KeyCode::PageDown)], Action::Move(Step::PageDown)),
    bind(
        "Left, h",
        "fold; one less",
        &[Named(KeyCode::Left), Letter('h')],
        Action::Move(Step::Left),
    ),
    bind(
        "Right, l",
        "unfold; one more",
        &[Named(KeyCode::Right), Letter('l')],
        Action::Move(Step::Right),
    ),
    bind("Enter", "choose and go on", &[Named(KeyCode::Enter)], Action::Choose),
    bind("Space", "choose or turn, and stay", &[Letter(' ')], Action::Toggle),
    bind("Tab", "next question", &[Named(KeyCode::Tab)], Action::Next),
    bind("Shift-Tab", "previous question", &[Named(KeyCode::BackTab)], Action::Previous),
    bind("F6, w", "next pane", &[Named(KeyCode::F(6)), Letter('w')], Action::NextPane),
    bind("u", "undo", &[Letter('u')], Action::Undo),
    bind("Ctrl-R", "redo", &[Control('r')], Action::Redo),
    bind("/", "filter options", &[Letter('/')], Action::Filter),
    bind(
        ":, Ctrl-P",
        "jump to a question, option or file",
        &[Letter(':'), Control('p')],
        Action::Jump,
    ),
    bind("p", "files", &[Letter('p')], Action::Preview),
    bind("d", "differences or whole files", &[Letter('d')], Action::Diff),
    bind("i", "explanation", &[Letter('i')], Action::Why),
    bind("y", "copy the command", &[Letter('y')], Action::Copy),
    bind("D", "this section to its defaults", &[Letter('D')], Action::Defaults),
    bind("g", "review", &[Letter('g')], Action::Review),
    bind("Ctrl-S", "save the answers", &[Control('s')], Action::Save),
    bind("?, F1", "this help", &[Letter('?'), Named(KeyCode::F(1))], Action::Help),
    bind("m", "leave the mouse to the terminal", &[Letter('m')], Action::Mouse),
    bind("Ctrl-L", "draw again", &[Control('l')], Action::Redraw),
    bind("Ctrl-Z", "suspend", &[Control('z')], Action::Suspend),
    bind("Esc, q", "close, back, quit", &[Named(KeyCode::Esc), Letter('q')], Action::Escape),
    bind("Ctrl-C", "quit at once; the answers are kept", &[Control('c')], Action::Cancel),
];

const fn bind(
    keys: &'static str,
    does: &'static str,
    codes: &'static [Code],
    action: Action,
) -> Binding {
    Binding { keys, does, codes, action }
}

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where nothing is typed: letters are commands.
    Open,
    /// In a text field: letters are text, and with Alt commands.
    Text,
    /// In a field for a number: digits are text, letters commands.
    Number,
}

/// Returns what a key asks for.
#[must_use]
pub fn action(key: KeyEvent, place: Place) -> Option<Action> {
    let with = |modifier| key.modifiers.contains(modifier);
    let (control, alt) = (with(KeyModifiers::CONTROL), with(KeyModifiers::ALT));
    if let KeyCode::Char(digit @ '1'..='9') = key.code
        && !control
        && (place == Place::Open || alt)
    {
        return Some(Action::Pick(digit as usize - '1' as usize));
    }
    // Every terminal tells Shift-Tab apart in its own way.
    if key.code == KeyCode::Tab && with(KeyModifiers::SHIFT) {
        return Some(Action::Previous);
    }
    let fits = |code: &Code| match *code {
        Letter(letter) => {
            key.code == KeyCode::Char(letter) && !control && (place != Place::Text || alt)
        }
        Control(letter) => key.code == KeyCode::Char(letter) && control,
        Named(code) => key.code == code && !control,
    };
    let binding = BINDINGS.iter().find(|binding| binding.codes.iter().any(fits))?;
    match (binding.action, key.code) {
        (Action::Escape, KeyCode::Char(_)) => Some(Action::Quit),
        (action, _) => Some(action),
    }
}

/// Returns the table for documents.
#[must_use]
pub fn table() -> String {
    let digits = [("1 to 9", "choose the option with this number")];
    let all = BINDINGS.iter().map(|binding| (binding.keys, binding.does)).chain(digits);
    let row = |(keys, does): (&str, &str)| {
        let keys: Vec<String> = keys.split(", ").map(|key| format!("`{key}`")).collect();
        format!("| {} | {does} |\n", keys.join(", "))
    };
    format!("| key | |\n|---|---|\n{}", all.map(row).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{Action, BINDINGS, Code, Place, action};
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    fn event(code: Code) -> KeyEvent {
        match code {
            Code::Letter(letter) => KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE),
            Code::Control(letter) => KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL),
            Code::Named(code) => KeyEvent::new(code, KeyModifiers::NONE),
        }
    }

    #[test]
    fn every_key_of_the_table_does_what_its_line_says() {
        for binding in &BINDINGS {
            for code in binding.codes {
                let found = action(event(*code), Place::Open);
                let quits = found == Some(Action::Quit) && binding.action == Action::Escape;
                assert!(found == Some(binding.action) || quits, "{}", binding.keys);
            }
        }
    }

    #[test]
    fn every_digit_picks_but_where_digits_are_typed() {
        for (index, digit) in ('1'..='9').enumerate() {
            let bare = KeyEvent::new(KeyCode::Char(digit), KeyModifiers::NONE);
            let held = KeyEvent::new(KeyCode::Char(digit), KeyModifiers::ALT);

            assert_eq!(action(bare, Place::Open), Some(Action::Pick(index)));
            assert_eq!(action(held, Place::Text), Some(Action::Pick(index)));
            assert_eq!(action(bare, Place::Text), None);
            assert_eq!(action(bare, Place::Number), None);
        }
    }

    #[test]
    fn letters_are_text_in_text_fields_but_with_alt() {
        for binding in &BINDINGS {
            for code in binding.codes {
                if let Code::Letter(letter) = *code {
                    let bare = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
                    let held = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::ALT);
                    assert_eq!(action(bare, Place::Text), None, "{letter}");
                    assert!(action(held, Place::Text).is_some(), "{letter}");
                }
            }
        }
    }
}
