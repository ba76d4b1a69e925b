//! What a column's name says.
//!
//! The derive refuses a field whose name speaks of a secret and that carries no policy; the command
//! line refuses a column likewise. Both ask here, so that they never judge one name differently. No
//! dependencies: a procedural macro and a program share it.

/// Words, and consecutive words, that name a secret. Each is found in the plural too.
pub static SECRETS: &[&[&str]] = &[
    &["password"],
    &["passwd"],
    &["pwd"],
    &["passwordhash"],
    &["passphrase"],
    &["passcode"],
    &["passhash"],
    &["pass", "word"],
    &["pass", "phrase"],
    &["pass", "code"],
    &["pass", "hash"],
    &["user", "pass"],
    &["userpass"],
    &["pw"],
    &["secret"],
    &["token"],
    &["jwt"],
    &["credential"],
    &["apikey"],
    &["api", "key"],
    &["secretkey"],
    &["privatekey"],
    &["private", "key"],
    &["accesskey"],
    &["access", "key"],
    &["signingkey"],
    &["signing", "key"],
    &["encryptionkey"],
    &["encryption", "key"],
    &["otp"],
    &["totp"],
    &["pin"],
    &["recovery", "code"],
    &["backup", "code"],
    &["security", "code"],
    &["cvv"],
    &["cvc"],
    &["ssn"],
    &["social", "security"],
    &["pan"],
    &["card", "number"],
    &["cardnumber"],
    &["credit", "card"],
    &["creditcard"],
    &["iban"],
];

/// A name that ends so speaks about a secret and does not hold it.
pub static LET_THROUGH: &[&str] = &["count", "at", "id", "expires", "length", "policy"];

/// The words of a snake or camel case name, lowercase, without trailing digits:
/// `userAPIKey2` is `user`, `api`, `key`.
///
/// ```
/// assert_eq!(audit_names::words("userAPIKey2"), ["user", "api", "key"]);
/// ```
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = name.chars().peekable();
    let mut previous: Option<char> = None;
    while let Some(char) = chars.next() {
        let after_lower = previous.is_some_and(|p| !p.is_uppercase() && p.is_alphanumeric());
        let ends_acronym = previous.is_some_and(char::is_uppercase)
            && chars.peek().is_some_and(|next| next.is_lowercase());
        if !char.is_alphanumeric() || (char.is_uppercase() && (after_lower || ends_acronym)) {
            words.push(std::mem::take(&mut word));
        }
        if char.is_alphanumeric() {
            word.extend(char.to_lowercase());
        }
        previous = Some(char);
    }
    words.push(word);
    words
        .iter()
        .map(|word| {
            word.trim_end_matches(|c: char| c.is_ascii_digit())
                .to_owned()
        })
        .filter(|word| !word.is_empty())
        .collect()
}

/// True where the words of a name speak of a secret. Who knows the type lets a bool and a time
/// through: they hold none.
///
/// ```
/// use audit_names::says_secret;
///
/// assert!(says_secret("passwordHash") && says_secret("api_keys"));
/// assert!(!says_secret("token_count") && !says_secret("secretary"));
/// ```
pub fn says_secret(name: &str) -> bool {
    let words = words(name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    let named = SECRETS.iter().any(|secret| {
        words.windows(secret.len()).any(|window| {
            window
                .iter()
                .zip(*secret)
                .enumerate()
                .all(|(index, (word, secret_word))| {
                    word == secret_word
                        || (index + 1 == secret.len()
                            && word.strip_suffix('s') == Some(secret_word))
                })
        })
    });
    // On its own; in `boarding_pass` it is none.
    let named = named || words == ["pass"];
    named && !LET_THROUGH.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::says_secret as secret;
    use super::*;

    #[test]
    fn names_split_into_words() {
        for (name, expected) in [
            ("password_hash", "password hash"),
            ("userAPIKey2", "user api key"),
            ("apiKey", "api key"),
            ("__pin__", "pin"),
            ("Ünit_Größe", "ünit größe"),
            ("", ""),
            ("IBAN", "iban"),
            ("cvv2", "cvv"),
            ("sha256Token", "sha token"),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn every_word_is_found_in_every_spelling() {
        for secret_words in SECRETS {
            let snake = secret_words.join("_");
            assert!(secret(&snake), "{snake}");
            assert!(secret(&format!("user_{snake}_hash")), "{snake}");
            assert!(secret(&format!("{snake}s")), "{snake}");
            assert!(secret(&snake.to_uppercase()), "{snake}");
            let capital = |word: &&str| format!("{}{}", word[..1].to_uppercase(), &word[1..]);
            let camel: String = secret_words.iter().map(capital).collect();
            assert!(secret(&format!("user{camel}")), "{camel}");
        }
    }

    #[test]
    fn a_pass_is_a_password_on_its_own_and_a_users() {
        for name in [
            "pass",
            "PASS",
            "user_pass",
            "userPass",
            "pass_word",
            "Pass Word",
            "pass-hash",
            "pw",
        ] {
            assert!(secret(name), "{name}");
        }
        for name in [
            "boarding_pass",
            "passes",
            "pass_count",
            "passport_valid",
            "pass_through",
        ] {
            assert!(!secret(name), "{name}");
        }
    }

    #[test]
    fn parts_of_words_are_no_words() {
        for name in [
            "secretary",
            "spinner",
            "company",
            "tokenizer",
            "card",
            "key",
            "api_monkey",
        ] {
            assert!(!secret(name), "{name}");
        }
    }

    #[test]
    fn the_last_word_lets_through() {
        for last in LET_THROUGH {
            assert!(!secret(&format!("token_{last}")), "{last}");
            assert!(secret(&format!("{last}_token")), "{last}");
        }
    }
}
