//! How GitHub renames the files of a release.
//!
//! The rules are published as one vague sentence; these are what users have observed. Clients must read the
//! name from the answer, so the point here is to rename at all.

/// The name under which a file called `given` is kept. // R21
pub(super) fn sanitised(given: &str) -> String {
    let mut name = String::with_capacity(given.len());
    for letter in given.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '@' | '+' => name.push(letter),
            _ => match plain(letter) {
                Some(letters) => name.push_str(letters),
                None if name.ends_with('.') => {}
                None => name.push('.'),
            },
        }
    }
    let name = name.trim_end_matches('.');
    match name.strip_prefix('.') {
        Some(rest) => format!("default.{rest}"),
        None if name.is_empty() => "default".to_owned(),
        None => name.to_owned(),
    }
}

/// The plain letters for a letter with marks.
const fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'æ' => "ae",
        'Æ' => "AE",
        'ç' | 'ć' | 'č' => "c",
        'Ç' | 'Ć' | 'Č' => "C",
        'ð' | 'ď' | 'đ' => "d",
        'Ð' | 'Ď' | 'Đ' => "D",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ē' | 'Ę' | 'Ě' => "E",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'Ī' | 'İ' => "I",
        'ł' => "l",
        'Ł' => "L",
        'ñ' | 'ń' | 'ň' => "n",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ŋ' => "ng",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'Ø' | 'Ō' | 'Ő' => "O",
        'œ' => "oe",
        'ř' => "r",
        'ß' => "ss",
        'ś' | 'š' | 'ş' => "s",
        'Ś' | 'Š' | 'Ş' => "S",
        'ť' | 'ţ' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => "u",
        'Ù' | 'Ú' | 'Û' | 'Ü' | 'Ū' | 'Ů' | 'Ű' => "U",
        'ý' | 'ÿ' => "y",
        'Ý' => "Y",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_as_users_have_seen_them() {
        for (given, kept) in [
            ("demo-1.0-py3-none-any.whl", "demo-1.0-py3-none-any.whl"),
            ("demo-1.0+cu12-py3.whl", "demo-1.0+cu12-py3.whl"),
            ("a b.bin", "a.b.bin"),
            ("a ~(b).bin", "a.b.bin"),
            ("a..b", "a.b"),
            ("a@b_c-d", "a@b_c-d"),
            (".config", "default.config"),
            ("resumé ðæŋ.txt", "resume.daeng.txt"),
            ("trailing.", "trailing"),
            ("日本.zip", "default.zip"),
            ("%%%", "default"),
        ] {
            assert_eq!(sanitised(given), kept, "{given}");
        }
    }
}
