//! The wizard's `update`: keys, undo, conflicts and everything random people do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use fastwright::answer::{Given, Layer, Progress, Source};
use fastwright::pack::Catalog;
use fastwright::ui::wizard::{
    BINDINGS, Choice, Dialog, Effect, Focus, Hit, Keeping, Message, Page, Pane, Start, Target,
    Wizard,
};
use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::support::pack;
use crate::support::wizard::{
    LOOK, Look, drawn, press, sent, start, tell_keeping, text, with_draft, with_keeping,
    with_start, with_wizard,
};

/// Returns the focused question with its option, or the line of the review.
fn focus(wizard: &Wizard<'_>) -> String {
    match wizard.cursor().focus() {
        Focus::Question { key, option } => format!("{key} {option}"),
        Focus::Review(target) => format!("{target:?}"),
    }
}

/// Returns the given answers.
fn asked(wizard: &Wizard<'_>) -> Vec<String> {
    let text = |given: &Given| match given {
        Given::Text(text) => text.clone(),
        Given::Value(value) => value.to_string(),
        Given::Foreign(name) => (*name).to_owned(),
    };
    wizard.form().asked().iter().map(|(key, given, _)| format!("{key}={}", text(given))).collect()
}

fn after(keys: &str) -> (String, Vec<String>) {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        press(wizard, keys);
        (focus(wizard), asked(wizard))
    })
}

#[test]
fn keys_move_the_focus() {
    let cases = [
        ("", "name 0"),
        ("Enter", "copies 0"),
        ("Tab", "copies 0"),
        ("Tab BackTab", "name 0"),
        ("BackTab", "name 0"),
        ("Down", "copies 0"),
        ("Down Down", "copies 0"),
        ("Tab Up", "name 0"),
        ("Tab Tab", "style 0"),
        ("Tab Tab Down", "style 1"),
        ("Tab Tab Up", "style 0"),
        ("Tab Tab j k", "style 0"),
        ("Tab Tab Down Down", "colors 0"),
        ("Tab Tab Down Down Up", "style 1"),
        ("Tab Tab Tab End", "colors 2"),
        ("Tab Tab Tab End Home", "colors 0"),
        ("Tab Tab Tab PgDn", "colors 2"),
        ("Tab Tab Tab 3", "colors 2"),
        ("Tab Tab Tab Tab Tab", "Create"),
        ("Tab g", "Create"),
        ("M-g", "Create"),
        ("M-g BackTab", "notes 0"),
        ("M-g Up", "Command"),
        ("M-g Right", "Back"),
        ("M-g Right Enter", "notes 0"),
        ("M-g Home Enter", "name 0"),
        ("=No! M-g", "Issue(0)"),
        ("=No! M-g Enter", "name 0"),
        ("C-p =gre Enter", "colors 1"),
        ("C-p =rev Enter", "Create"),
        ("C-p =zzz Enter", "name 0"),
        ("C-p =gre Esc", "name 0"),
        ("Tab Tab w w Esc", "style 0"),
    ];

    for (keys, expected) in cases {
        assert_eq!(after(keys).0, expected, "{keys}");
    }
}

#[test]
fn keys_give_answers() {
    let cases: [(&str, &[&str]); 20] = [
        ("=shop Tab", &["name=shop"]),
        ("=shop", &[]),
        ("=shop Esc Tab", &[]),
        ("=shop Down", &["name=shop"]),
        ("End =x Tab", &["name=demox"]),
        ("Home =x Tab", &["name=xdemo"]),
        ("Backspace =x Tab", &["name=x"]),
        ("=shop C-u Tab", &[]),
        ("=shop Tab BackTab C-u Tab", &[]),
        ("Tab Right Tab", &["copies=5"]),
        ("Tab Left Tab", &["copies=3"]),
        ("Tab =7 Tab", &["copies=7"]),
        ("Tab =x7y Tab", &["copies=7"]),
        ("Tab Tab Enter", &[]),
        ("Tab Tab Tab Space", &["colors="]),
        ("Tab Tab Tab 2", &["colors=red,green"]),
        ("Tab Tab Tab 2 2", &["colors=red"]),
        ("Tab Tab Tab Tab 2", &["notes=false"]),
        ("Tab Tab Tab Tab 2 D", &[]),
        ("Tab Tab Tab / =blu Enter", &["colors=red,blue"]),
    ];

    for (keys, expected) in cases {
        assert_eq!(after(keys).1, expected, "{keys}");
    }
}

#[test]
fn an_option_that_needs_another_is_set_with_it_as_one_step() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        press(wizard, "Tab Tab Down Enter");
        assert!(matches!(wizard.dialog(), Some(Dialog::Fix { .. })));

        press(wizard, "Enter");
        assert_eq!(asked(wizard), ["colors=green", "style=fancy"]);
        assert_eq!(wizard.facts().issues(), 0);

        press(wizard, "u");
        assert_eq!(asked(wizard), [] as [String; 0]);
    });
}

#[test]
fn an_option_can_be_set_alone_and_is_an_issue_then() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        press(wizard, "Tab Tab Down Enter Right Enter");

        assert_eq!(asked(wizard), ["style=fancy"]);
        assert_eq!(wizard.issues().len(), 1);
        assert_eq!(press(wizard, "g End Enter"), []);
        assert_eq!(focus(wizard), "Issue(0)");
    });
}

#[test]
fn the_dialog_about_a_conflict_can_be_closed() {
    for keys in ["Esc", "q", "Right Right Enter", "3"] {
        let (_, asked) = after(&format!("Tab Tab Down Enter {keys}"));

        assert_eq!(asked, [] as [String; 0], "{keys}");
    }
}

#[test]
fn an_answer_to_a_question_that_is_not_asked_waits() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        press(wizard, "Tab Tab Down Enter Enter 2");
        assert_eq!(focus(wizard), "loudness 1");
        press(wizard, "BackTab Up Space");

        assert_eq!(wizard.facts().issues(), 0);
        assert!(wizard.facts().layer.get("loudness").is_none());
        assert_eq!(wizard.notes().len(), 1, "{:?}", wizard.notes());

        press(wizard, "Down Space");
        assert!(wizard.facts().layer.get("loudness").is_some());
    });
}

#[test]
fn an_answer_that_follows_another_is_told() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        press(wizard, "Tab Tab Down Enter Enter");

        assert_eq!(wizard.status().notice(), Some("with it Copies is 1 now"));
        assert_eq!(wizard.notes(), ["Copies is 1 by default beside Fancy"]);
    });
}

#[test]
fn a_section_that_has_its_defaults_is_not_said_to_have_lost_answers() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        assert_eq!(press(wizard, "Tab Tab D"), []);
        assert_eq!(wizard.status().notice(), Some("this section has its defaults already"));
    });
}

/// A key of the table, keys before it, and what holds after it.
type Case = (&'static str, &'static str, fn(&Wizard<'_>, &[Effect]) -> bool);

#[test]
fn every_key_of_the_table_works() {
    fn is_at(wizard: &Wizard<'_>, place: &str) -> bool {
        focus(wizard) == place
    }
    fn row(wizard: &Wizard<'_>, path: &str) -> bool {
        wizard.files().selected() == Some(path)
    }
    fn typed(wizard: &Wizard<'_>, text: &str) -> bool {
        wizard.cursor().field().is_some_and(|edit| edit.text == text)
    }
    fn is_open(wizard: &Wizard<'_>) -> Option<bool> {
        wizard.files().fold("bin/")
    }
    fn quits(wizard: &Wizard<'_>, _: &[Effect]) -> bool {
        matches!(wizard.dialog(), Some(Dialog::Quit { .. }))
    }
    fn jumps(wizard: &Wizard<'_>, _: &[Effect]) -> bool {
        matches!(wizard.dialog(), Some(Dialog::Jump { .. }))
    }
    let cases: &[Case] = &[
        ("Up", "Tab Tab Down", |wizard, _| is_at(wizard, "style 0")),
        ("k", "Tab Tab Down", |wizard, _| is_at(wizard, "style 0")),
        ("Down", "Tab Tab", |wizard, _| is_at(wizard, "style 1")),
        ("j", "Tab Tab", |wizard, _| is_at(wizard, "style 1")),
        ("Home", "Tab Tab Tab End", |wizard, _| is_at(wizard, "colors 0")),
        ("End", "Tab Tab Tab", |wizard, _| is_at(wizard, "colors 2")),
        ("PgUp", "Tab Tab Tab End", |wizard, _| is_at(wizard, "colors 0")),
        ("PgDn", "Tab Tab Tab", |wizard, _| is_at(wizard, "colors 2")),
        ("Left", "Tab p Home", |wizard, _| is_open(wizard) == Some(false)),
        ("h", "Tab p Home", |wizard, _| is_open(wizard) == Some(false)),
        ("Right", "Tab p Home Left", |wizard, _| is_open(wizard) == Some(true)),
        ("l", "Tab p Home Left", |wizard, _| is_open(wizard) == Some(true)),
        ("Enter", "Tab Tab Tab Tab Down", |wizard, effects| {
            is_at(wizard, "Create") && effects == [Effect::Draft]
        }),
        ("Space", "Tab Tab Tab Tab Down", |wizard, effects| {
            is_at(wizard, "notes 1") && effects == [Effect::Draft]
        }),
        ("Tab", "Tab", |wizard, _| is_at(wizard, "style 0")),
        ("Shift-Tab", "Tab", |wizard, _| is_at(wizard, "name 0")),
        ("F6", "", |wizard, _| wizard.panes().pane() == Pane::Why),
        ("w", "Tab", |wizard, _| wizard.panes().pane() == Pane::Why),
        ("u", "Tab =3 Tab", |wizard, _| asked(wizard).is_empty()),
        ("Ctrl-R", "Tab =3 Tab u", |wizard, _| asked(wizard) == ["copies=3"]),
        ("/", "Tab Tab", |wizard, _| wizard.cursor().filter().is_some()),
        (":", "Tab", jumps),
        ("Ctrl-P", "", jumps),
        ("p", "Tab", |wizard, _| wizard.panes().pane() == Pane::Tree),
        ("d", "Tab Tab", |wizard, _| wizard.files().shows_only_changes()),
        ("i", "Tab Tab", |wizard, _| wizard.panes().page() == Page::Why),
        ("y", "Tab", |wizard, effects| {
            let command = "fastwright new demo --yes".to_owned();
            wizard.status().copied() == Some(&*command) && effects == [Effect::Copy(command)]
        }),
        ("D", "Tab =3 Tab BackTab", |wizard, _| asked(wizard).is_empty()),
        ("g", "Tab", |wizard, _| is_at(wizard, "Create")),
        ("Ctrl-S", "", |wizard, _| matches!(wizard.dialog(), Some(Dialog::Save(_)))),
        ("?", "Tab", |wizard, _| wizard.panes().page() == Page::Help),
        ("F1", "", |wizard, _| wizard.panes().page() == Page::Help),
        ("m", "Tab", |wizard, effects| {
            wizard.panes().has_mouse() && effects == [Effect::Mouse(true)]
        }),
        ("Ctrl-L", "", |_, effects| effects == [Effect::Redraw]),
        ("Ctrl-Z", "", |_, effects| effects == [Effect::Suspend]),
        ("Esc", "", quits),
        ("q", "Tab", quits),
        ("Ctrl-C", "", |_, effects| effects == [Effect::Cancel]),
        // The same keys elsewhere.
        ("Left", "Tab", |wizard, _| typed(wizard, "3")),
        ("Right", "Tab", |wizard, _| typed(wizard, "5")),
        ("Left", "Tab w w w BackTab =ab", |wizard, _| {
            wizard.cursor().field().is_some_and(|edit| edit.caret == 1)
        }),
        ("Down", "Tab p Home", |wizard, _| row(wizard, "bin/run")),
        ("End", "Tab p Home", |wizard, _| row(wizard, "parts.txt")),
        ("Enter", "Tab p End", |wizard, _| wizard.panes().pane() == Pane::File),
        ("Esc", "Tab i", |wizard, _| wizard.panes().page() == Page::Panes),
        ("Esc", "=half", |wizard, _| typed(wizard, "demo")),
    ];

    for (key, before, holds) in cases {
        with_wizard(&pack("evolving"), LOOK, |wizard| {
            press(wizard, before);
            assert!(!holds(wizard, &[]), "{key} after `{before}` would prove nothing");
            let word = match key.strip_prefix("Ctrl-") {
                Some(letter) => format!("C-{}", letter.to_lowercase()),
                None => key.replace("Shift-Tab", "BackTab"),
            };
            let effects = press(wizard, &word);
            assert!(holds(wizard, &effects), "{key} after `{before}`: {effects:?}");
        });
    }
    for key in BINDINGS.iter().flat_map(|binding| binding.keys.split(", ")) {
        assert!(cases.iter().any(|case| case.0 == key), "`{key}` has no case");
    }
}

#[test]
fn differences_alone_leave_out_what_is_between_them() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    with_wizard(&pack, Look { size: (120, 40), ..LOOK }, |wizard| {
        let has_gap = |wizard: &Wizard<'_>| text(&drawn(wizard)).contains("│ ... ");
        press(wizard, "C-p =mariadb Enter");
        assert!(!has_gap(wizard));

        press(wizard, "d");
        assert!(has_gap(wizard), "{}", text(&drawn(wizard)));
        press(wizard, "d");
        assert!(!has_gap(wizard));
    });
}

#[test]
fn only_good_answers_are_created() {
    let create =
        |keys: &str| with_wizard(&pack("evolving"), LOOK, |wizard| press(wizard, keys).pop());

    assert_eq!(create("M-g Enter"), Some(Effect::Create));
    assert_ne!(create("=No! M-g Right Enter"), Some(Effect::Create));
    assert_ne!(create("M-g Up Up Up =bad Tab End Down Enter"), Some(Effect::Create));
}

#[test]
fn a_directory_gives_its_name_and_is_checked() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        press(wizard, "M-g Up Up Up");
        assert_eq!(focus(wizard), "Directory");
        press(wizard, "=taken Tab");

        assert_eq!(wizard.form().place().words(), "holds 3 files, which stay as they are");
        let key = wizard.facts().stops[0].clone();
        assert_eq!(wizard.facts().text(wizard.world(), &key), "taken");

        press(wizard, "u");
        assert_eq!(wizard.form().place().text, "demo");
    });
}

#[test]
fn a_directory_that_is_taken_leads_to_a_free_one() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        press(wizard, "M-g Up Up Up =taken Tab");
        assert_eq!(focus(wizard), "Free");

        let effects = press(wizard, "Enter");
        assert_eq!((focus(wizard).as_str(), effects), ("Directory", vec![Effect::Draft]));
        assert_eq!(wizard.form().place().text, "taken-2");
        assert!(!wizard.targets().contains(&Target::Free));

        press(wizard, "M-u");
        assert_eq!(wizard.form().place().text, "taken");
        press(wizard, "Up =bad Down Enter");
        assert_eq!(wizard.form().place().text, "bad-2");
        press(wizard, "M-u C-r");
        assert_eq!((focus(wizard).as_str(), &*wizard.form().place().text), ("Directory", "bad-2"));
    });
}

#[test]
fn what_stands_in_a_directory_is_told_while_it_is_typed() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        for (keys, told) in [
            ("M-g Up Up Up", "[ demo ] will be made"),
            ("=bad", "[ bad ] ! is a file"),
            ("=ly", "[ badly ] will be made"),
            ("C-u =taken", "[ taken ] holds 3 files, which stay as they are"),
            ("C-u", "[  ] will be made"),
        ] {
            press(wizard, keys);
            let text = text(&drawn(wizard));
            assert!(text.contains(told), "{told}: {text}");
        }
        assert_eq!(wizard.form().place().text, "demo");
    });
}

#[test]
fn a_directory_that_is_taken_is_told_at_the_start() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        assert_eq!(wizard.status().notice(), None);
    });
    with_start(&pack("evolving"), LOOK, start(LOOK, "taken"), |wizard| {
        let told = "taken holds 3 files, which stay as they are; the review offers taken-2";
        assert_eq!(wizard.status().notice(), Some(told));
    });
}

#[test]
fn pages_and_panes_open_and_close() {
    let cases = [
        ("Tab i", Page::Why, Pane::Form),
        ("Tab i Esc", Page::Panes, Pane::Form),
        ("Tab ?", Page::Help, Pane::Form),
        ("Tab ? ?", Page::Panes, Pane::Form),
        ("Tab p", Page::Panes, Pane::Tree),
        ("Tab p Esc", Page::Panes, Pane::Form),
        ("Tab p p", Page::Panes, Pane::Form),
        ("M-g p", Page::Files, Pane::Tree),
        ("M-g p Tab", Page::Panes, Pane::Form),
        ("Tab w", Page::Panes, Pane::Why),
        ("Tab w w", Page::Panes, Pane::File),
        ("Tab w w w", Page::Panes, Pane::Form),
        ("C-p =README Enter", Page::Files, Pane::File),
    ];

    for (keys, page, pane) in cases {
        with_wizard(&pack("evolving"), LOOK, |wizard| {
            press(wizard, keys);
            assert_eq!((wizard.panes().page(), wizard.panes().pane()), (page, pane), "{keys}");
        });
    }
}

#[test]
fn leaving_asks_but_for_control_c() {
    let left = |keys: &str| {
        with_wizard(&pack("evolving"), LOOK, |wizard| press(wizard, keys).contains(&Effect::Cancel))
    };

    assert!(left("C-c"));
    assert!(left("Tab Tab Down Enter C-c"));
    assert!(left("Tab q Enter"));
    assert!(left("Esc Enter"));
    assert!(left("Tab q q"));
    assert!(left("Tab q Right Left Enter"));
    assert!(!left("Tab q Right Enter"));
    assert!(!left("Tab q Tab Space"));
    assert!(!left("Tab q 2 Esc"));
    assert!(!left("Esc Esc"));
    assert!(!left("Tab q"));
    assert!(!left("q"));
}

#[test]
fn leaving_tells_what_becomes_of_the_answers() {
    let told = |answer: &str, keeping: Keeping| {
        with_keeping(&pack("evolving"), LOOK, keeping, |wizard| {
            press(wizard, &format!("{answer} Tab"));
            tell_keeping(wizard, keeping);
            wizard.farewell()
        })
    };

    let kept = "Nothing is written. The answers are kept for the next time.";
    let lost = "Nothing is written, and the answers are not kept.";
    assert_eq!(told("=shop", Keeping::Saved), kept);
    assert_eq!(told("=shop", Keeping::Unwanted), lost);
    assert_eq!(told("=shop", Keeping::Failed), lost);
    assert_eq!(told("", Keeping::Empty), "Nothing is written.");
    assert_eq!(told("", Keeping::Unwanted), "Nothing is written.");
}

#[test]
fn a_terminal_too_small_leads_to_prompts_and_changes_nothing() {
    with_wizard(&pack("evolving"), Look { size: (30, 6), ..LOOK }, |wizard| {
        assert_eq!(press(wizard, "=abc Enter Tab g Enter"), []);
        assert_eq!(press(wizard, "q"), [Effect::Prompts]);
        assert_eq!(press(wizard, "C-c"), [Effect::Cancel]);
        assert_eq!((focus(wizard).as_str(), asked(wizard)), ("name 0", vec![]));
    });
}

#[test]
fn a_resize_keeps_what_is_half_typed() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        press(wizard, "=half");
        for size in [(30, 6), (40, 10), (1, 1), (200, 60)] {
            sent(wizard, Message::Resize(size.0, size.1));
        }
        press(wizard, "=way Tab");

        assert_eq!(asked(wizard), ["name=halfway"]);
    });
}

#[test]
fn a_paste_is_one_edit_without_line_breaks_and_presses_no_key() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        sent(wizard, Message::Paste("shop\n-api\tq\u{3}".to_owned()));
        assert_eq!(wizard.cursor().field().map(|edit| &*edit.text), Some("shop-apiq"));

        press(wizard, "Tab Tab");
        let before = (focus(wizard), asked(wizard));
        sent(wizard, Message::Paste("jjq\n".to_owned()));
        assert_eq!((focus(wizard), asked(wizard)), before);
    });
}

#[test]
fn letters_that_come_at_once_are_what_they_are_one_by_one() {
    let text = "gre-z";
    for field in ["", "M-g Up Up Up", "C-s", "C-p", "Tab Tab Tab /", "Tab Tab Tab / =b"] {
        let (mut at_once, mut one_by_one) = (String::new(), String::new());
        for (shown, keys) in [(&mut at_once, ""), (&mut one_by_one, "=gre-z")] {
            *shown = with_wizard(&pack("evolving"), LOOK, |wizard| {
                press(wizard, &format!("{field} {keys}"));
                if keys.is_empty() {
                    assert!(wizard.takes_text());
                    sent(wizard, Message::Typed(text.to_owned()));
                }
                format!("{}{}", crate::support::wizard::text(&drawn(wizard)), focus(wizard))
            });
        }
        assert_eq!(at_once, one_by_one, "{field}");
    }
}

#[test]
fn a_field_takes_as_much_as_it_holds_and_says_so() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        sent(wizard, Message::Paste("ab".repeat(10_000)));

        let text = wizard.cursor().field().map_or("", |edit| &edit.text);
        assert_eq!(text, "ab".repeat(4000));
        let notice = wizard.status().notice();
        assert_eq!(notice, Some("a field holds 8000 characters; the rest is left out"));
    });
}

#[test]
fn keys_that_are_held_or_let_go_do_nothing() {
    use crossterm::event::{KeyEventKind, KeyEventState};

    with_wizard(&pack("evolving"), LOOK, |wizard| {
        for kind in [KeyEventKind::Release, KeyEventKind::Repeat] {
            sent(
                wizard,
                Message::Key(KeyEvent {
                    code: KeyCode::Tab,
                    modifiers: KeyModifiers::NONE,
                    kind,
                    state: KeyEventState::NONE,
                }),
            );
        }

        assert_eq!(focus(wizard), "name 0");
    });
}

#[test]
fn a_draft_is_gone_on_with_where_it_ended() {
    let mut draft = Layer::new();
    draft.insert("name", Given::Text("shop".to_owned()), Source::Asked);

    with_draft(&pack("evolving"), LOOK, draft, |wizard| {
        assert_eq!(
            (focus(wizard).as_str(), asked(wizard)),
            ("copies 0", vec!["name=shop".to_owned()])
        );
    });
}

#[test]
fn answers_of_an_earlier_run_are_taken_or_left() {
    let mut draft = Layer::new();
    draft.insert("name", Given::Text("shop".to_owned()), Source::Asked);
    let chosen = |keys: &str| {
        let offer = Some(String::new());
        let progress = Progress { answers: draft.clone(), ..Progress::default() };
        let start = Start { draft: progress, offer, ..start(LOOK, "demo") };
        with_start(&pack("evolving"), LOOK, start, |wizard| {
            let effects = press(wizard, keys);
            (focus(wizard), asked(wizard), effects)
        })
    };

    let kept = ("copies 0".to_owned(), vec!["name=shop".to_owned()], vec![]);
    assert_eq!(chosen("Enter"), kept);
    assert_eq!(chosen("Esc"), kept);
    assert_eq!(chosen("Right Left Enter"), kept);
    let afresh = ("name 0".to_owned(), vec![], vec![Effect::Draft]);
    assert_eq!(chosen("Right Enter"), afresh);
    assert_eq!(chosen("Tab Space"), afresh);
    assert_eq!(chosen("Right Enter M-u").1, kept.1);
}

#[test]
fn every_answer_is_handed_out_to_be_kept() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        assert_eq!(press(wizard, "=shop Tab"), [Effect::Draft]);
        assert_eq!(press(wizard, "Tab"), []);
        assert_eq!(press(wizard, "Tab Tab 2"), [Effect::Draft]);
        assert_eq!(press(wizard, "u C-r"), [Effect::Draft, Effect::Draft]);
    });
}

#[test]
fn the_command_is_copied_short_or_in_full() {
    with_wizard(&pack("evolving"), LOOK, |wizard| {
        let short = Effect::Copy("fastwright new demo --yes --copies 5".to_owned());
        assert!(press(wizard, "Tab Right Tab y").contains(&short));

        let Some(Effect::Copy(full)) = press(wizard, "g Up Enter y").pop() else {
            panic!("copied")
        };
        assert!(full.contains("--name demo"), "{full}");
    });
}

#[test]
fn the_mouse_picks_what_it_points_at() {
    with_wizard(&pack("evolving"), Look { size: (120, 40), ..LOOK }, |wizard| {
        let click = |wizard: &mut Wizard<'_>, wanted: fn(&Hit) -> bool| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
            let hits = wizard.draw(&mut buffer).hits;
            let (area, _) = hits.into_iter().find(|(_, hit)| wanted(hit)).expect("it is shown");
            let kind = MouseEventKind::Down(MouseButton::Left);
            let modifiers = KeyModifiers::NONE;
            let event = MouseEvent { kind, column: area.x + 1, row: area.y, modifiers };
            sent(wizard, Message::Mouse(event))
        };

        click(wizard, |hit| *hit == Hit::Section(1));
        assert_eq!(focus(wizard), "style 0");
        let blue =
            |hit: &Hit| matches!(hit, Hit::Question(key, Some(2)) if key.as_str() == "colors");
        click(wizard, blue);
        assert_eq!((focus(wizard).as_str(), asked(wizard).len()), ("colors 2", 0));
        click(wizard, blue);
        assert_eq!(asked(wizard), ["colors=red,blue"]);
        click(wizard, |hit| matches!(hit, Hit::Row(path) if path == "README.md"));
        assert_eq!(
            (wizard.panes().pane(), wizard.files().selected()),
            (Pane::Tree, Some("README.md"))
        );
        click(wizard, |hit| *hit == Hit::Section(2));
        let effects = click(wizard, |hit| *hit == Hit::Target(Target::Create));
        assert_eq!(effects, [Effect::Create]);
    });
}

#[test]
fn the_wheel_scrolls_what_it_is_over_and_a_click_focuses_a_pane() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    with_wizard(&pack, Look { size: (120, 40), ..LOOK }, |wizard| {
        let point = |wizard: &mut Wizard<'_>, pane: Pane, kind: MouseEventKind| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
            let hits = wizard.draw(&mut buffer).hits;
            let (area, _) = hits.iter().find(|(_, hit)| *hit == Hit::Pane(pane)).expect("shown");
            let (column, row) = (area.x + 2, area.bottom() - 2);
            let modifiers = KeyModifiers::NONE;
            sent(wizard, Message::Mouse(MouseEvent { kind, column, row, modifiers }));
        };
        press(wizard, "Tab Tab Tab Tab");

        point(wizard, Pane::File, MouseEventKind::ScrollDown);
        point(wizard, Pane::File, MouseEventKind::ScrollDown);
        point(wizard, Pane::File, MouseEventKind::ScrollUp);
        assert_eq!(wizard.files().first(), Some(3));
        point(wizard, Pane::Why, MouseEventKind::ScrollDown);
        assert_eq!(wizard.panes().why(), 3);
        let selected = wizard.files().selected().map(str::to_owned);
        point(wizard, Pane::Tree, MouseEventKind::ScrollDown);
        assert_ne!(wizard.files().selected().map(str::to_owned), selected);
        assert_eq!(wizard.panes().pane(), Pane::Form, "the keys stay where they were");

        for pane in [Pane::File, Pane::Why, Pane::Form] {
            point(wizard, pane, MouseEventKind::Down(MouseButton::Left));
            assert_eq!(wizard.panes().pane(), pane);
        }
    });
}

#[test]
fn the_focused_option_shows_what_it_changes() {
    with_wizard(&pack("evolving"), Look { size: (120, 40), ..LOOK }, |wizard| {
        press(wizard, "Tab Tab Down");

        let text = text(&drawn(wizard));
        for expected in ["services.txt", "+   services", "Adds: 1 file, 1 service (lamp)"] {
            let expected = expected.split("   ").last().expect("a text");
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert_eq!(wizard.files().selected(), Some("services.txt"));
        assert_eq!(asked(wizard), [] as [String; 0]);
    });
}

/// Everything that can happen, the likely more often.
fn messages() -> impl Strategy<Value = Message> {
    let named = prop_oneof![
        Just(KeyCode::Enter),
        Just(KeyCode::Tab),
        Just(KeyCode::BackTab),
        Just(KeyCode::Esc),
        Just(KeyCode::Up),
        Just(KeyCode::Down),
        Just(KeyCode::Left),
        Just(KeyCode::Right),
        Just(KeyCode::Home),
        Just(KeyCode::End),
        Just(KeyCode::PageUp),
        Just(KeyCode::PageDown),
        Just(KeyCode::Backspace),
        Just(KeyCode::Delete),
        Just(KeyCode::F(1)),
        Just(KeyCode::F(6)),
    ];
    let key = |code, modifiers| Message::Key(KeyEvent::new(code, modifiers));
    let letter = prop_oneof![proptest::char::range(' ', '~'), any::<char>()];
    let size =
        prop_oneof![(1..=250_u16, 1..=80_u16), Just((80, 24)), Just((120, 40)), Just((40, 10))];
    prop_oneof![
        8 => named.prop_map(move |code| key(code, KeyModifiers::NONE)),
        6 => letter.prop_map(move |letter| key(KeyCode::Char(letter), KeyModifiers::NONE)),
        2 => proptest::char::range('a', 'z').prop_map(move |letter| key(KeyCode::Char(letter), KeyModifiers::ALT)),
        1 => proptest::sample::select(vec!['r', 'p', 's', 'u', 'w', 'a', 'e', 'l']).prop_map(move |letter| key(KeyCode::Char(letter), KeyModifiers::CONTROL)),
        1 => ".{0,12}".prop_map(Message::Paste),
        1 => "[a-zé ]{1,12}".prop_map(Message::Typed),
        1 => Just(Message::Interrupt),
        1 => size.prop_map(|(columns, rows)| Message::Resize(columns, rows)),
        2 => (0..250_u16, 0..80_u16, 0..3_u8).prop_map(|(column, row, what)| {
            let kind = match what {
                0 => MouseEventKind::Down(MouseButton::Left),
                1 => MouseEventKind::ScrollUp,
                _ => MouseEventKind::ScrollDown,
            };
            Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
        }),
    ]
}

/// Draws, and checks that the focus is somewhere.
fn sound(wizard: &Wizard<'_>) {
    let (columns, rows) = wizard.panes().size();
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let screen = wizard.draw(&mut buffer);
    if let Some(cursor) = screen.cursor {
        assert!(buffer.area.contains(cursor));
    }
    match wizard.cursor().focus() {
        Focus::Question { key, option } => {
            assert!(wizard.facts().stops.contains(key));
            let count = wizard.facts().choices.get(key).map_or(0, Vec::len);
            assert!(*option < count.max(1));
        }
        Focus::Review(target) => assert!(wizard.targets().contains(target), "{target:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_there_is_a_screen_and_a_way_back(messages in vec(messages(), 1..60)) {
        with_wizard(&pack("evolving"), LOOK, |wizard| {
            let start = wizard.form().asked().clone();
            for message in messages {
                // Letters come as one only where they are text.
                if !matches!(message, Message::Typed(_)) || wizard.takes_text() {
                    sent(wizard, message);
                }
                sound(wizard);
            }
            let end = (wizard.form().asked().clone(), wizard.form().place().clone(), wizard.form().git());
            let steps = wizard.form().steps();

            for _ in 0..steps {
                wizard.undo(&mut Vec::new());
                wizard.refresh();
                sound(wizard);
            }
            assert_eq!(*wizard.form().asked(), start);
            for _ in 0..steps {
                wizard.redo(&mut Vec::new());
            }
            let again = (wizard.form().asked().clone(), wizard.form().place().clone(), wizard.form().git());
            assert_eq!(again, end);
        });
    }

    #[test]
    fn whatever_is_chosen_every_conflict_has_its_way_out(picks in vec((0..40_usize, 0..9_usize), 1..12)) {
        let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
        with_wizard(&pack, LOOK, |wizard| {
            for (question, option) in picks {
                let key = wizard.facts().stops[question % wizard.facts().stops.len()].clone();
                wizard.focus_question(&key);
                wizard.refresh();
                press(wizard, &(option + 1).to_string());
                if let Some(Dialog::Fix { choice, .. }) = wizard.dialog().cloned() {
                    let Choice { change, obstacle, .. } = *choice;
                    assert!(obstacle.fix.is_some(), "{change:?}: {:?}", obstacle.problem);
                    press(wizard, "Enter");
                }
                assert_eq!(wizard.issues(), [], "{:?}", asked(wizard));
                assert_eq!(wizard.facts().stale, None);
            }
        });
    }
}
