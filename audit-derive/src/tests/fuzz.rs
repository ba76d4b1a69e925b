//! No input makes the macro panic, and whatever it gives back is Rust.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;

use crate::derive;

/// Inputs that touch every attribute.
fn seeds() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut seeds: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .map(|text| text.split("// ---- expands to").next().unwrap().to_owned())
        .collect();
    for symbol in crate::symbol::SYMBOLS {
        seeds.push(format!(
            "#[audit({})] struct X {{ id: i64, #[audit({})] x: T }}",
            symbol.form, symbol.form
        ));
    }
    seeds
}

/// A change at one place of the token tree.
#[derive(Debug, Clone)]
struct Mutation {
    place: usize,
    kind: u8,
    token: u8,
}

fn token(which: u8) -> TokenTree {
    let word = |word| TokenTree::Ident(Ident::new(word, Span::call_site()));
    let punct = |char| TokenTree::Punct(Punct::new(char, Spacing::Alone));
    match which % 20 {
        0 => punct(','),
        1 => punct('='),
        2 => punct(':'),
        3 => punct('<'),
        4 => punct('>'),
        5 => word("mask"),
        6 => word("crate"),
        7 => word("id"),
        8 => TokenTree::Ident(Ident::new_raw("type", Span::call_site())),
        9 => word("_"),
        10 => TokenTree::Literal(Literal::string("")),
        11 => TokenTree::Literal(Literal::string("Ünïcödé\0~/")),
        12 => TokenTree::Literal(Literal::byte_string(b"\xff")),
        13 => TokenTree::Literal(Literal::f64_suffixed(1.5)),
        14 => TokenTree::Group(Group::new(Delimiter::Parenthesis, TokenStream::new())),
        15 => TokenTree::Group(Group::new(Delimiter::None, TokenStream::new())),
        16 => TokenTree::Group(Group::new(
            Delimiter::Bracket,
            "a = b, , c".parse().unwrap(),
        )),
        17 => word("embed"),
        18 => word("Ünit"),
        _ => punct('\''),
    }
}

/// Walks the tree in order and changes the token at `place`.
fn mutate(stream: TokenStream, at: &mut usize, mutation: &Mutation) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for tree in stream {
        let hit = *at == mutation.place;
        *at += 1;
        let tree = match tree {
            TokenTree::Group(group) if !hit => {
                let inner = mutate(group.stream(), at, mutation);
                TokenTree::Group(Group::new(group.delimiter(), inner))
            }
            tree => tree,
        };
        match (hit, mutation.kind % 6) {
            (false, _) => out.push(tree),
            (true, 0) => {}
            (true, 1) => out.extend([tree.clone(), tree]),
            (true, 2) => out.push(token(mutation.token)),
            (true, 3) => out.extend([tree, token(mutation.token)]),
            (true, 4) => out.extend([token(mutation.token), tree]),
            (true, _) => {
                let inner = TokenStream::from(tree);
                out.push(TokenTree::Group(Group::new(Delimiter::Parenthesis, inner)));
            }
        }
    }
    // A lone quote is no token that a compiler could hand over.
    let lone_quote = |tree: &TokenTree| matches!(tree, TokenTree::Punct(p) if p.as_char() == '\'');
    out.into_iter()
        .filter(|tree| !lone_quote(tree) || mutation.token % 20 != 19)
        .collect()
}

fn check(input: &TokenStream) {
    for which in 0..3 {
        let run = || match which {
            0 => derive::audited(input.clone(), true),
            1 => derive::part(input.clone()),
            _ => derive::form(input.clone()),
        };
        let output = catch_unwind(AssertUnwindSafe(run))
            .unwrap_or_else(|_| panic!("derive {which} panicked on {input}"));
        let parsed_input = syn::parse2::<syn::DeriveInput>(input.clone()).is_ok();
        assert!(parsed_input || output.mistakes.len() == 1, "{input}");
        let tokens = output.into_tokens();
        if let Err(error) = syn::parse2::<syn::File>(tokens.clone()) {
            panic!("derive {which} on {input}\ngave what does not parse ({error}): {tokens}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn mutated_input_never_panics(
        seed in any::<prop::sample::Index>(),
        mutations in prop::collection::vec(
            (any::<usize>(), any::<u8>(), any::<u8>()), 1..6),
    ) {
        let seeds = seeds();
        let mut tokens: TokenStream = seed.get(&seeds).parse().unwrap();
        for (place, kind, token) in mutations {
            let count = tokens.to_string().split_whitespace().count().max(1);
            let mutation = Mutation { place: place % count, kind, token };
            tokens = mutate(tokens, &mut 0, &mutation);
        }
        check(&tokens);
    }
}
