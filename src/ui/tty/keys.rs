//! What whole sequences mean: the keys of the wizard's table, clicks and the wheel.
//!
//! Reports that nobody asked for, and keys that nothing is bound to, are nothing.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::decode::Input;

/// Returns what a sequence with these parameters and this last byte stands for.
pub(super) fn sequence(parameters: &[u8], last: u8) -> Option<Input> {
    let text = std::str::from_utf8(parameters).ok()?;
    if let Some(mouse) = text.strip_prefix('<') {
        let mut numbers = mouse.split(';').map(|number| number.parse::<u16>().ok());
        let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
        return (last == b'M')
            .then(|| mouse_event(button, column, row))
            .flatten()
            .map(Input::Mouse);
    }
    let (first, modifiers) = numbers(text)?;
    let code = match (last, first) {
        (b'A', 1) => KeyCode::Up,
        (b'B', 1) => KeyCode::Down,
        (b'C', 1) => KeyCode::Right,
        (b'D', 1) => KeyCode::Left,
        (b'F', 1) | (b'~', 4 | 8) => KeyCode::End,
        (b'H' | b'~', 1) | (b'~', 7) => KeyCode::Home,
        (b'P', 1) => KeyCode::F(1),
        (b'Q', 1) => KeyCode::F(2),
        // `R` would be F3, or the place of the cursor.
        (b'S', 1) => KeyCode::F(4),
        (b'Z', 1) => {
            return Some(Input::Key(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)));
        }
        (b'~', 2) => KeyCode::Insert,
        (b'~', 3) => KeyCode::Delete,
        (b'~', 5) => KeyCode::PageUp,
        (b'~', 6) => KeyCode::PageDown,
        (b'~', 11..=15) => KeyCode::F(function(first, 10)?),
        (b'~', 17..=21) => KeyCode::F(function(first, 11)?),
        (b'~', 23 | 24) => KeyCode::F(function(first, 12)?),
        // xterm tells keys with modifiers as `27;modifiers;code`.
        (b'~', 27) => coded(text.split(';').nth(2)?.parse().ok()?, modifiers)?,
        (b'u', _) => coded(first, modifiers)?,
        _ => return None,
    };
    Some(Input::Key(KeyEvent::new(code, modifiers)))
}

/// Returns the function key of a Linux console.
pub(super) fn console(last: u8) -> Option<KeyEvent> {
    let number = last.checked_sub(b'A').filter(|number| *number < 5)?;
    Some(KeyEvent::new(KeyCode::F(number + 1), KeyModifiers::NONE))
}

/// Returns what the three bytes of an old mouse stand for.
pub(super) fn old_mouse(bytes: &[u8]) -> Option<MouseEvent> {
    let mut numbers = bytes.iter().map(|byte| u16::from(byte.saturating_sub(b' ')));
    mouse_event(numbers.next()?, numbers.next()?, numbers.next()?)
}

/// Movements, releases and other buttons are nothing.
fn mouse_event(button: u16, column: u16, row: u16) -> Option<MouseEvent> {
    const HELD: u16 = 4 | 8 | 16;
    let kind = match button & !HELD {
        0 => MouseEventKind::Down(MouseButton::Left),
        64 => MouseEventKind::ScrollUp,
        65 => MouseEventKind::ScrollDown,
        _ => return None,
    };
    let (column, row) = (column.saturating_sub(1), row.saturating_sub(1));
    Some(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

/// Returns the first number, 1 without any, and the modifiers, of keys that are pressed.
fn numbers(text: &str) -> Option<(u32, KeyModifiers)> {
    let mut parts = text.split(';').map(|part| part.split(':'));
    let first = parts.next().and_then(|mut part| part.next()).unwrap_or_default();
    let first = if first.is_empty() { 1 } else { first.parse().ok()? };
    let Some(mut second) = parts.next() else { return Some((first, KeyModifiers::NONE)) };
    let mask = second.next().filter(|mask| !mask.is_empty()).unwrap_or("1");
    let mask = mask.parse::<u8>().ok()?.saturating_sub(1);
    let is_pressed = second.next().is_none_or(|kind| kind == "1");
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, mask & 1 != 0);
    modifiers.set(KeyModifiers::ALT, mask & 2 != 0);
    modifiers.set(KeyModifiers::CONTROL, mask & 4 != 0);
    is_pressed.then_some((first, modifiers))
}

fn function(number: u32, before: u32) -> Option<u8> {
    u8::try_from(number.checked_sub(before)?).ok()
}

/// Returns the key with the code of a character.
fn coded(code: u32, modifiers: KeyModifiers) -> Option<KeyCode> {
    Some(match char::from_u32(code)? {
        '\x1b' => KeyCode::Esc,
        '\r' => KeyCode::Enter,
        '\t' if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        '\t' => KeyCode::Tab,
        '\x08' | '\x7f' => KeyCode::Backspace,
        // Names of keys that have no character.
        '\u{e000}'..='\u{f8ff}' => return None,
        letter if letter.is_control() => return None,
        letter => KeyCode::Char(letter),
    })
}
