//! The wizard's screens as text and styles, at every size that has a layout of its own.

use std::fmt::Write;

use fastwright::pack::{Catalog, Pack};
use fastwright::ui::wizard::{Glyphs, Keeping, LINES, Theme};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::snapshots::compare;
use crate::support::wizard::{
    LOOK, Look, drawn, press, styles, tell_keeping, text, with_keeping, with_wizard,
};
use crate::support::{manifest, pack};

/// Every kind of screen, with the keys that lead there from the start.
const SCREENS: [(&str, &str); 20] = [
    ("a text field", ""),
    ("a number", "Tab"),
    ("a text that is wrong", "=No! Tab BackTab"),
    ("an option that needs another", "Tab Tab Down"),
    ("the way out of a conflict", "Tab Tab Down Enter"),
    ("an option that was chosen", "Tab Tab Down Enter Enter BackTab"),
    ("several options", "Tab Tab Tab Down Space"),
    ("a filter", "Tab Tab Tab / =gre"),
    ("the explanation", "Tab Tab Down i"),
    ("the tree of files", "Tab Tab Down p"),
    ("a file", "Tab Tab Down : =parts Enter"),
    ("the review", "M-g"),
    ("the review with an issue", "=No! M-g"),
    ("the directory", "M-g Up Up Up"),
    ("a directory that is taken", "M-g Up Up Up =taken Tab"),
    (
        "a long directory",
        "M-g Up Up Up =/srv/projects/of/a/customer/with-a-long-name/and/a/team/in/it/shop",
    ),
    ("all keys", "F1"),
    ("a place to jump to", "C-p =co"),
    ("leaving", "Tab q"),
    ("saving", "C-s"),
];

fn embedded() -> Pack {
    Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack")
}

fn screen(pack: &Pack, look: Look, keys: &str) -> (String, String) {
    with_wizard(pack, look, |wizard| {
        press(wizard, keys);
        let buffer = drawn(wizard);
        (text(&buffer), styles(&buffer))
    })
}

fn sheet(pack: &Pack, size: (u16, u16), screens: &[(&str, &str)]) -> String {
    let mut sheet = String::new();
    for (name, keys) in screens {
        let (text, styles) = screen(pack, Look { size, ..LOOK }, keys);
        let keys = if keys.is_empty() { "nothing" } else { keys };
        write!(sheet, "== {name}: {keys}\n{text}-- styles\n{styles}\n").expect("a text grows");
    }
    sheet
}

#[test]
fn every_screen_is_its_snapshot() {
    let pack = pack("evolving");
    let all = SCREENS.as_slice();
    let some = |names: &[&str]| -> Vec<(&str, &str)> {
        all.iter().copied().filter(|(name, _)| names.contains(name)).collect()
    };
    let wide =
        ["an option that needs another", "the way out of a conflict", "the review", "a file"];
    let one = ["an option that needs another"];
    let sheets = [
        ((120, 40), some(&wide)),
        ((100, 30), some(&wide[..1])),
        ((80, 24), all.to_vec()),
        ((40, 12), all.to_vec()),
        ((40, 10), some(&["a text that is wrong", "an option that needs another", "the review"])),
        ((30, 6), some(&one)),
        ((1, 1), some(&one)),
    ];

    for (size, screens) in sheets {
        let path = manifest(&format!("snapshots/screens/{}x{}.txt", size.0, size.1));
        compare(&path, &sheet(&pack, size, &screens));
    }
}

#[test]
fn the_embedded_pack_has_its_screens() {
    let screens = [("the second section", "Tab Tab Tab Tab Down")];

    for size in [(120, 40), (40, 12)] {
        let path = manifest(&format!("snapshots/screens/fastapi-{}x{}.txt", size.0, size.1));
        compare(&path, &sheet(&embedded(), size, &screens));
    }
}

#[test]
fn the_header_tells_whether_the_draft_is_saved() {
    let pack = pack("evolving");
    for size in [(120, 40), (80, 24), (40, 12)] {
        let header = |keys: &str, keeping: Keeping| {
            with_keeping(&pack, Look { size, ..LOOK }, keeping, |wizard| {
                press(wizard, keys);
                tell_keeping(wizard, keeping);
                text(&drawn(wizard)).lines().next().unwrap_or_default().to_owned()
            })
        };

        assert!(!header("", Keeping::Empty).contains("draft"), "{size:?}");
        assert!(!header("", Keeping::Unwanted).contains("draft"), "{size:?}");
        assert!(header("=shop Tab", Keeping::Saved).ends_with("  draft saved"), "{size:?}");
        assert!(header("", Keeping::Failed).ends_with("  draft not saved"), "{size:?}");
        // In little room what is wrong is told first.
        let issue = header("=No! M-g", Keeping::Saved);
        assert!(issue.ends_with("  1 issue"), "{size:?}: {issue}");
        assert_eq!(issue.contains("draft saved   1 issue"), size != (40, 12), "{issue}");
    }
}

#[test]
fn the_caret_is_seen_in_a_text_that_is_longer_than_its_field() {
    let pack = pack("evolving");
    let long = "1/2/3/4/5/6/7/8/9/".repeat(7) + "60/";
    for size in [(120, 40), (80, 24), (40, 12), (40, 10)] {
        for field in ["M-g Up Up Up", "", "C-s"] {
            let around = |keys: &str| {
                with_wizard(&pack, Look { size, ..LOOK }, |wizard| {
                    press(wizard, &format!("{field} ={long} {keys}"));
                    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
                    let caret = wizard.draw(&mut buffer).cursor.expect("a caret");
                    let cell = |x| buffer[(x, caret.y)].symbol().to_owned();
                    [cell(caret.x - 1), cell(caret.x)].concat()
                })
            };

            assert_eq!(around(""), "/ ", "{field} at {size:?}");
            assert_eq!(around("Left Left"), "60", "{field} at {size:?}");
            assert_eq!(around("Home"), " 1", "{field} at {size:?}");
        }
    }
}

#[test]
fn every_button_and_every_word_of_help_is_whole() {
    let pack = pack("evolving");
    for size in [(120, 40), (100, 30), (80, 24), (40, 12), (40, 10)] {
        let shown = |keys: &str| screen(&pack, Look { size, ..LOOK }, keys).0;
        let buttons: [(&str, &[&str]); 4] = [
            ("Tab Tab Down Enter", &["[>Set both<]", "[ Only this one ]", "[ Cancel ]"]),
            ("=No! M-g", &["ot yet ]", "[ Back ]", "[ Save", "[ Copy"]),
            ("M-g", &["[>Create<]", "[ Back ]", "[ Save", "[ Copy"]),
            ("Tab q", &["[>Quit<]", "[ Stay ]"]),
        ];

        for (keys, all) in buttons {
            let text = shown(keys);
            assert!(all.iter().all(|button| text.contains(button)), "{size:?}: {text}");
        }
        for pages in 0..6 {
            let text = shown(&format!("F1 {}", "PgDn ".repeat(pages)));
            assert!(!text.contains('…'), "{size:?}: {text}");
        }
        // The last of it can be scrolled to.
        assert!(shown("F1 End").contains("in the review: not"), "{size:?}");
    }
}

#[test]
fn a_small_screen_tells_what_is_in_the_way_and_what_a_question_is_about() {
    let pack = pack("evolving");
    let shown = |pack: &Pack, size, keys: &str| {
        let text = screen(pack, Look { size, ..LOOK }, keys).0;
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };

    let obstacle = shown(&pack, (40, 12), "Tab Tab Down");
    assert!(obstacle.contains("Fancy: needs Colours green or blue; Much"), "{obstacle}");
    assert!(obstacle.contains("How it looks"), "{obstacle}");
    // Where there is no room for both, the options and what is said of them matter more.
    let (jump, about) = ("C-p =orchestrator: Enter", "What runs it in production");
    let (roomy, tight) = (shown(&embedded(), (40, 12), jump), shown(&embedded(), (40, 10), jump));
    assert!(roomy.contains(about) && !tight.contains(about), "{roomy}\n{tight}");
    assert!(tight.contains("( ) systemd"), "{tight}");
}

#[test]
fn colour_says_nothing_that_text_does_not() {
    let pack = pack("evolving");
    for size in [(120, 40), (80, 24), (40, 12)] {
        for (name, keys) in SCREENS {
            let look = |theme| Look { theme, size, ..LOOK };
            let (colour, _) = screen(&pack, look(Theme::Auto), keys);
            for theme in [Theme::HighContrast, Theme::Mono] {
                let (text, styles) = screen(&pack, look(theme), keys);

                assert!(text == colour, "{name} at {size:?}");
                let colourless = |letter: char| "br \n".contains(letter);
                assert!(theme != Theme::Mono || styles.chars().all(colourless), "{name}: {styles}");
            }
        }
    }
}

#[test]
fn the_cursor_is_seen_without_styles() {
    let pack = pack("evolving");
    for size in [(120, 40), (80, 24), (40, 12)] {
        for keys in ["", "Tab", "M-g Up Up", "Down Enter", "p", "C-p"] {
            let at = |more: &str| {
                screen(&pack, Look { size, ..LOOK }, &format!("Tab Tab {keys} {more}")).0
            };

            assert_ne!(at(""), at("Down"), "{keys} at {size:?}");
        }
    }
}

#[test]
fn every_screen_of_every_size_tells_where_one_is() {
    let pack = pack("evolving");
    let sizes = [(250, 80), (120, 40), (100, 30), (99, 29), (80, 24), (79, 20), (40, 12), (40, 10)];
    for size in sizes {
        for (name, keys) in SCREENS {
            let (text, _) = screen(&pack, Look { size, ..LOOK }, keys);

            let head = text.lines().next().unwrap_or_default();
            // In the least room a dialog may cover it.
            let heads = ["Project", "Look", "Review", "These do not go together"];
            let section = heads.iter().any(|name| head.contains(name));
            let is_page = ["the explanation", "a file", "all keys"].contains(&name);
            let cursor = text.contains('>') || text.contains(" <") || is_page;
            let keys = text.lines().last().unwrap_or_default();
            let told = ["Enter", "Esc", "with it"].iter().any(|word| keys.contains(word));
            assert!(section && cursor && told, "{name} at {size:?}: {text}");
        }
    }
    for size in [(39, 80), (250, 9), (30, 6), (8, 3), (1, 80), (250, 1), (1, 1)] {
        let (text, _) = screen(&pack, Look { size, ..LOOK }, "Tab Tab Down");

        let start = if size.0 < 8 { "" } else { "Terminal" };
        assert!(text.starts_with(start) && !text.trim().is_empty(), "{size:?}: {text}");
    }
}

#[test]
fn what_is_chosen_wrong_or_has_the_focus_is_seen_without_styles() {
    let pack = pack("evolving");
    for size in [(120, 40), (80, 24), (40, 12)] {
        let shown = |keys: &str| screen(&pack, Look { size, ..LOOK }, keys).0;
        let pairs = [
            ("Tab Tab Tab Tab", "Tab Tab Tab Tab Down Space Up"),
            ("Tab Tab Tab", "Tab Tab Tab Space"),
            ("=no Tab BackTab", "=No! Tab BackTab"),
            ("=no", "=No!"),
            ("M-g", "M-g Right"),
            ("M-g Up Up", "M-g Up Up Space"),
            ("Tab q", "Tab q Right"),
        ];
        for (one, other) in pairs {
            assert_ne!(shown(one), shown(other), "`{one}` and `{other}` at {size:?}");
        }
        let count = if size.0 == 120 { 5 } else { 3 };
        let panes = (0..count).map(|times| shown(&format!("Tab Tab {}", "w ".repeat(times))));
        let panes: Vec<String> = panes.take(if size.0 == 40 { 1 } else { count }).collect();
        for (index, pane) in panes.iter().enumerate() {
            assert!(!panes[..index].contains(pane), "pane {index} at {size:?}");
        }
    }
}

#[test]
fn every_sign_is_one_cell_that_every_font_has() {
    let pack = pack("evolving");
    for size in [(120, 40), (80, 24), (40, 12)] {
        for (name, keys) in SCREENS {
            let (text, _) = screen(&pack, Look { size, ..LOOK }, keys);

            let known =
                |c: char| c == '\n' || c.is_ascii_graphic() || c == ' ' || LINES.contains(c);
            let strange: String = text.chars().filter(|c| !known(*c)).collect();
            assert_eq!(strange, "", "{name} at {size:?}");
        }
    }
}

#[test]
fn ascii_is_enough_whatever_the_pack_says() {
    let pack = embedded();
    for size in [(120, 40), (80, 24), (40, 12)] {
        for keys in ["", "=é\u{4f60} Tab", "Tab Tab Tab Tab Down", "M-g", "M-p", "F1"] {
            let (text, _) = screen(&pack, Look { size, glyphs: Glyphs::Ascii, ..LOOK }, keys);

            assert!(text.is_ascii(), "{keys} at {size:?}: {text}");
        }
    }
}
