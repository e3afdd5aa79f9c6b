//! The pieces that a glob is typed in. Knowing them is enough to split a list at its commas and to tell plain texts
//! from patterns; what they match is left to globset.

/// A piece of a glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A literal character.
    Plain(char),
    /// A character after a backslash, which takes any special meaning from it.
    Escaped(char),
    /// `[...]`, brackets included.
    Class(&'a str),
    /// `*`, `?`, `{`, `}`, and what is broken: a `[` that is never closed, a backslash at the end.
    Special(char),
}

/// The pieces of a glob, each with the text after it.
pub(super) fn tokens(glob: &str) -> impl Iterator<Item = (Token<'_>, &str)> {
    let mut rest = glob;
    std::iter::from_fn(move || {
        let mut chars = rest.chars();
        let first = chars.next()?;
        let token = match first {
            '\\' => chars.next().map_or(Token::Special('\\'), Token::Escaped),
            '*' | '?' | '{' | '}' => Token::Special(first),
            '[' => match class(rest) {
                Some(class) => {
                    chars = rest[class.len()..].chars();
                    Token::Class(class)
                }
                None => Token::Special('['),
            },
            _ => Token::Plain(first),
        };
        rest = chars.as_str();
        Some((token, rest))
    })
}

/// The class that a text begins with. A `]` right at its start is literal, and so is a backslash.
fn class(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let inside = inside.strip_prefix(['!', '^']).unwrap_or(inside);
    let inside = inside.strip_prefix(']').unwrap_or(inside);
    let end = text.len() - inside.len() + inside.find(']')? + 1;
    Some(&text[..end])
}

/// Splits a list at its commas, but not in braces, in classes and after backslashes.
pub(super) fn split_list(list: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (token, rest) in tokens(list) {
        match token {
            Token::Special('{') => depth += 1,
            Token::Special('}') => depth = depth.saturating_sub(1),
            Token::Plain(',') if depth == 0 => {
                let end = list.len() - rest.len();
                items.push(&list[start..end - 1]);
                start = end;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    items
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists() {
        let table: &[(&str, &[&str])] = &[
            ("", &[""]),
            ("a", &["a"]),
            ("a,b", &["a", "b"]),
            ("a,,b,", &["a", "", "b", ""]),
            ("{a,b},c", &["{a,b}", "c"]),
            ("{a,{b,c}},d", &["{a,{b,c}}", "d"]),
            ("{a,b", &["{a,b"]),
            ("a},b", &["a}", "b"]),
            ("[,],b", &["[,]", "b"]),
            ("[],],b", &["[],]", "b"]),
            ("[!],],b", &["[!],]", "b"]),
            ("[a,b", &["[a", "b"]),
            ("a\\,b,c", &["a\\,b", "c"]),
            ("\\{a,b", &["\\{a", "b"]),
            ("é,ü", &["é", "ü"]),
            ("a\\", &["a\\"]),
        ];
        for (list, items) in table {
            assert_eq!(split_list(list), *items, "{list}");
        }
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(list in "[a-cé,\\[\\]{}!\\\\*?-]{0,20}") {
            prop_assert_eq!(split_list(&list).join(","), list);
        }
    }
}
