//! What was typed, taken apart: queries, each up to its semicolon, and commands, each a line that begins with a dot.

/// What a character is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Code,
    /// A text or a name in quotes.
    Quoted,
    /// The rest of a line after two hyphens.
    Comment,
    /// A comment with an end of its own.
    Block,
}

/// One thing to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statement<'a> {
    /// A query.
    Query(&'a str),
    /// A command of the prompt itself, without its dot.
    Dot(&'a str),
}

/// Takes the first statement off a text; `None` if there is nothing more but blanks and comments. The last query needs no semicolon.
pub(super) fn next<'a>(text: &mut &'a str) -> Option<Statement<'a>> {
    loop {
        *text = text.trim_start();
        if let Some(command) = dot(text) {
            let line = text.lines().next().unwrap_or_default();
            *text = &text[line.len()..];
            return Some(Statement::Dot(command));
        }
        let query;
        (query, *text) = text.split_at(end(text).unwrap_or(text.len()));
        if !is_blank(query) {
            return Some(Statement::Query(query.trim_end()));
        }
        if text.is_empty() {
            return None;
        }
    }
}

/// Whether a text holds more than one statement.
pub(super) fn are_several(mut text: &str) -> bool {
    next(&mut text).is_some() && next(&mut text).is_some()
}

/// Whether a text is all of what is to be done, so that the return key ends it: blank, a command, or up to a semicolon.
pub(super) fn is_whole(mut text: &str) -> bool {
    loop {
        text = text.trim_start();
        if dot(text).is_some() {
            text = &text[text.lines().next().unwrap_or_default().len()..];
            continue;
        }
        match end(text) {
            Some(end) => text = &text[end..],
            None => return is_blank(text) && after(text) != Part::Block,
        }
    }
}

/// Whether the end of a text is in quotes or in a comment.
pub(super) fn ends_inside(text: &str) -> bool {
    after(text) != Part::Code
}

/// What the next character would be part of.
fn after(text: &str) -> Part {
    parts(&format!("{text}x")).last().map_or(Part::Code, |(_, part)| part)
}

/// The command that a text begins with, without its dot. Whoever wants to leave need not know of the dot.
fn dot(text: &str) -> Option<&str> {
    let line = text.lines().next()?.trim_end();
    let word = line.trim_end_matches(';').trim_end();
    match line.strip_prefix('.') {
        Some(command) => Some(command),
        None => ["exit", "quit", "help"].iter().any(|known| word.eq_ignore_ascii_case(known)).then_some(word),
    }
}

/// Where the first query ends: after its semicolon.
fn end(text: &str) -> Option<usize> {
    let is_end =
        |(place, part): &(usize, Part)| *part == Part::Code && text.as_bytes().get(*place) == Some(&b';');
    parts(text).find(is_end).map(|(place, _)| place + 1)
}

fn is_blank(text: &str) -> bool {
    let is_code = |(place, part): (usize, Part)| {
        part == Part::Code
            && !text.as_bytes().get(place).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b';')
    };
    !parts(text).any(is_code) && !parts(text).any(|(_, part)| part == Part::Quoted)
}

/// What each byte of a text is part of, from its beginning. Marks around quotes and comments are part of them.
fn parts(text: &str) -> impl Iterator<Item = (usize, Part)> + '_ {
    let bytes = text.as_bytes();
    // What is open: a quote, the line of a comment, or comments in each other.
    let (mut quote, mut is_line, mut depth, mut skip) = (None, false, 0_usize, false);
    (0..bytes.len()).map(move |place| {
        let (here, next) = (bytes[place], bytes.get(place + 1));
        if std::mem::take(&mut skip) {
            return (place, Part::Block);
        }
        if let Some(open) = quote {
            if here == open {
                quote = None;
            }
            return (place, Part::Quoted);
        }
        if is_line {
            is_line = here != b'\n';
            return (place, if is_line { Part::Comment } else { Part::Code });
        }
        match (here, next) {
            (b'/', Some(b'*')) => (depth, skip) = (depth + 1, true),
            (b'*', Some(b'/')) if depth > 0 => (depth, skip) = (depth - 1, true),
            _ if depth > 0 => {}
            (b'-', Some(b'-')) => {
                is_line = true;
                return (place, Part::Comment);
            }
            (b'\'' | b'"' | b'`', _) => {
                quote = Some(here);
                return (place, Part::Quoted);
            }
            _ => return (place, Part::Code),
        }
        (place, Part::Block)
    })
}

#[cfg(test)]
mod tests {
    use super::Statement::{Dot, Query};
    use super::*;

    #[test]
    fn statements_of_a_text() {
        let table: [(&str, &[Statement<'_>]); 13] = [
            ("", &[]),
            (" ;; -- no query\n /* none /* either */ ; */", &[]),
            ("select 1;", &[Query("select 1;")]),
            ("select 1", &[Query("select 1")]),
            ("select 1; select 2;", &[Query("select 1;"), Query("select 2;")]),
            ("select ';' as a, \"b;\" -- c;\n;x", &[Query("select ';' as a, \"b;\" -- c;\n;"), Query("x")]),
            ("select 'it''s;';", &[Query("select 'it''s;';")]),
            ("select /* ; /* ; */ ; */ 1;", &[Query("select /* ; /* ; */ ; */ 1;")]),
            (".mode csv\nselect 1;\n.quit", &[Dot("mode csv"), Query("select 1;"), Dot("quit")]),
            ("select 1\n.5;", &[Query("select 1\n.5;")]),
            ("EXIT", &[Dot("EXIT")]),
            ("quit;", &[Dot("quit")]),
            ("select 'é;' ;", &[Query("select 'é;' ;")]),
        ];
        for (text, expected) in table {
            let (mut rest, mut found) = (text, Vec::new());
            while let Some(statement) = next(&mut rest) {
                found.push(statement);
            }
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn the_return_key_ends_what_is_whole() {
        for (text, expected) in [
            ("", true),
            ("select 1;", true),
            ("select 1", false),
            ("select ';", false),
            ("select 1; -- done", true),
            ("select 1; select 2", false),
            (".help", true),
            ("help", true),
            ("-- only a comment", true),
            ("/* one that goes on", false),
            ("/* one */", true),
        ] {
            assert_eq!(is_whole(text), expected, "{text}");
        }
    }

    #[test]
    fn quotes_and_comments_are_open_or_closed() {
        for (text, expected) in [
            ("select ", false),
            ("select 'a", true),
            ("select 'a'", false),
            ("select \"a", true),
            ("select -- a", true),
            ("select -- a\n", false),
            ("select /* a", true),
            ("select /* a */", false),
        ] {
            assert_eq!(ends_inside(text), expected, "{text}");
        }
    }
}
