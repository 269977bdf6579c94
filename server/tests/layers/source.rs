//! Reads a source file as tokens: which paths it names, which words stand in its literals, which modules it
//! opens. Tokens and not a syntax tree, because a path inside a macro or an attribute imports as much as one in a
//! `use`, and a tree shows macros as tokens anyway.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// What a file names outside its tests.
#[derive(Debug, Default)]
pub struct Source {
    /// Every path, groups taken apart, `self` and `super` resolved: `crate::relay::intake`.
    pub paths: Vec<Named>,
    /// Identifiers, and the text of literals.
    pub words: Vec<Named>,
    /// Modules that the file declares.
    pub modules: Vec<Named>,
}

/// Something named on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub text: String,
    pub line: usize,
}

/// Reads a file whose module is `module`, outermost name first, without `crate`.
pub fn read(text: &str, module: &[String]) -> Result<Source, String> {
    let tokens: TokenStream = text.parse().map_err(|error: proc_macro2::LexError| error.to_string())?;
    let mut source = Source::default();
    walk(tokens, &mut module.to_vec(), &mut source);
    Ok(source)
}

/// The module of a file, from its path below `src`.
pub fn module_of(below_src: &str) -> Vec<String> {
    let stem = below_src.strip_suffix(".rs").unwrap_or(below_src);
    let mut names: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        names.pop();
    }
    names
}

fn walk(tokens: TokenStream, module: &mut Vec<String>, source: &mut Source) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    // Set from `#[cfg(test)]` to the end of the item that it stands on.
    let mut in_test = false;
    let mut at = 0;
    while at < tokens.len() {
        if let Some((group, next)) = attribute(&tokens, at) {
            in_test |= is_cfg_test(group);
            if !in_test && !starts_with(group, "doc") {
                walk(group.stream(), module, source);
            }
            at = next;
        } else if let Some((name, line, next)) = module_item(&tokens, at) {
            if !in_test {
                source.modules.push(Named { text: name.clone(), line });
                if let Some(TokenTree::Group(body)) = tokens.get(next - 1) {
                    module.push(name);
                    walk(body.stream(), module, source);
                    module.pop();
                }
            }
            in_test = false;
            at = next;
        } else if in_test {
            in_test = !ends_item(&tokens[at]);
            at += 1;
        } else {
            at = token(&tokens, at, module, source);
        }
    }
}

/// Takes in what starts at `at`; answers where the next thing starts.
fn token(tokens: &[TokenTree], at: usize, module: &mut Vec<String>, source: &mut Source) -> usize {
    match &tokens[at] {
        TokenTree::Ident(_) => {
            let imported = at > 0 && (is_word(&tokens[at - 1], "use") || is_extern_crate(tokens, at));
            path(tokens, at, &[], module, imported, source)
        }
        TokenTree::Literal(literal) => {
            source.words.push(Named { text: literal.to_string(), line: literal.span().start().line });
            at + 1
        }
        // `use {a::b, c::d};`
        TokenTree::Group(group) if at > 0 && is_word(&tokens[at - 1], "use") => {
            branches(group, &[], module, source);
            at + 1
        }
        TokenTree::Group(group) => {
            walk(group.stream(), module, source);
            at + 1
        }
        TokenTree::Punct(_) => at + 1,
    }
}

/// Reads a path after `prefix`, which is empty at its start. A name alone is a path only where it is imported.
fn path(
    tokens: &[TokenTree],
    mut at: usize,
    prefix: &[String],
    module: &[String],
    imported: bool,
    source: &mut Source,
) -> usize {
    let line = tokens[at].span().start().line;
    let mut names = prefix.to_vec();
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(name)) => {
                let name = name.to_string();
                source.words.push(Named { text: name.clone(), line: tokens[at].span().start().line });
                names.push(name.trim_start_matches("r#").to_owned());
            }
            Some(TokenTree::Punct(star)) if star.as_char() == '*' && !names.is_empty() => {
                names.push("*".into());
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                branches(group, &names, module, source);
                return at + 1;
            }
            // A turbofish, or the end of what can be read: the path so far counts.
            _ => break,
        }
        at += 1;
        if !is_colons(tokens, at) {
            break;
        }
        at += 2;
    }
    if names.len() > 1 || imported {
        source.paths.push(Named { text: resolved(&names, module).join("::"), line });
    }
    at
}

/// The branches of `{a, b::c, d::{e, f}}`.
fn branches(group: &Group, prefix: &[String], module: &[String], source: &mut Source) {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    for branch in tokens.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',')) {
        let start = if is_colons(branch, 0) { 2 } else { 0 };
        match branch.get(start) {
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => {
                let names = [prefix, &["*".to_owned()]].concat();
                let line = star.span().start().line;
                source.paths.push(Named { text: resolved(&names, module).join("::"), line });
            }
            Some(_) => {
                path(branch, start, prefix, module, true, source);
            }
            None => {}
        }
    }
}

/// `self` and `super` at the start seen from the crate's root; `self` at the end of a group is its prefix.
fn resolved(names: &[String], module: &[String]) -> Vec<String> {
    let mut base: Vec<String> = module.to_vec();
    let mut relative = false;
    let mut rest = names;
    while let Some((first, others)) = rest.split_first() {
        match first.as_str() {
            "self" if !relative => {}
            "super" => {
                base.pop();
            }
            _ => break,
        }
        relative = true;
        rest = others;
    }
    let mut path = if relative { [vec!["crate".to_owned()], base].concat() } else { Vec::new() };
    path.extend(rest.iter().filter(|name| *name != "self").cloned());
    path
}

/// `#[…]` or `#![…]` at `at`: its group, and what comes after.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<(&Group, usize)> {
    let is =
        |token: Option<&TokenTree>, sign| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == sign);
    if !is(tokens.get(at), '#') {
        return None;
    }
    let group = at + 1 + usize::from(is(tokens.get(at + 1), '!'));
    match tokens.get(group) {
        Some(TokenTree::Group(found)) if found.delimiter() == Delimiter::Bracket => Some((found, group + 1)),
        _ => None,
    }
}

/// `mod name` at `at`, with its body if it has one: name, line, and what comes after.
fn module_item(tokens: &[TokenTree], at: usize) -> Option<(String, usize, usize)> {
    let TokenTree::Ident(name) = tokens.get(at + 1).filter(|_| is_word(&tokens[at], "mod"))? else {
        return None;
    };
    Some((name.to_string(), name.span().start().line, at + 3))
}

fn is_cfg_test(group: &Group) -> bool {
    starts_with(group, "cfg") && {
        let text: String = group.stream().to_string().split_whitespace().collect();
        text == "cfg(test)" || text.starts_with("cfg(all(test,")
    }
}

fn starts_with(group: &Group, word: &str) -> bool {
    group.stream().into_iter().next().is_some_and(|first| is_word(&first, word))
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(sign) => sign.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_extern_crate(tokens: &[TokenTree], at: usize) -> bool {
    at > 1 && is_word(&tokens[at - 1], "crate") && is_word(&tokens[at - 2], "extern")
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(at) && colon(at + 1)
}
