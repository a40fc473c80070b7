//! A field that takes keys as text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::keymap::{Action, Step};
use crate::ui::edit::Edit;

/// Lets a text take a key; tells whether it did.
pub fn edited(edit: &mut Edit, key: KeyEvent, action: Option<Action>) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match (key.code, action) {
        (KeyCode::Backspace, _) if control || key.modifiers.contains(KeyModifiers::ALT) => {
            edit.backspace_word();
        }
        (KeyCode::Backspace, _) => edit.backspace(),
        (KeyCode::Delete, _) => edit.delete(),
        (KeyCode::Char('u'), None) if control => edit.clear(),
        (KeyCode::Char('w'), None) if control => edit.backspace_word(),
        (KeyCode::Char('a'), None) if control => edit.home(),
        (KeyCode::Char('e'), None) if control => edit.end(),
        (KeyCode::Char(letter), None) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
            let _ = edit.insert(letter.encode_utf8(&mut [0; 4]));
        }
        (KeyCode::Left, Some(Action::Move(Step::Left))) => edit.step(-1),
        (KeyCode::Right, Some(Action::Move(Step::Right))) => edit.step(1),
        (KeyCode::Home, _) => edit.home(),
        (KeyCode::End, _) => edit.end(),
        _ => return false,
    }
    true
}
