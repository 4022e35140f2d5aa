//! The alphabet of text messages (3GPP TS 23.038): what fits one part, how parts are counted, and what French letters
//! become when they are not in it. Transliteration comes before UCS-2, which more than halves a part.

/// The basic set without its control characters: one septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                     abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: two septets each.
const EXTENSION: &str = "^{}\\[~]|€\u{c}";

/// Septets of a message in one part.
const GSM_SINGLE: usize = 160;
/// Septets of each part of a longer one: the rest is the header that joins them.
const GSM_PART: usize = 153;
/// UTF-16 units of a message in one part.
const UCS2_SINGLE: usize = 70;
/// UTF-16 units of each part of a longer one.
const UCS2_PART: usize = 67;

/// How a text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 7 bits a character.
    Gsm7,
    /// 16 bits a character.
    Ucs2,
}

impl Encoding {
    /// Returns the name operators use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm-7",
            Self::Ucs2 => "ucs-2",
        }
    }
}

/// A text ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsText {
    /// Transliterated.
    pub text: String,
    /// How it travels.
    pub encoding: Encoding,
    /// How many parts are billed.
    pub parts: usize,
}

impl SmsText {
    /// Returns a text as it will be sent: in GSM-7 when transliteration allows it.
    pub fn new(text: &str) -> Self {
        let text: String = text.chars().map(transliterate).collect::<Vec<_>>().concat();
        let Some(costs) = text.chars().map(septets).collect::<Option<Vec<usize>>>() else {
            let costs: Vec<usize> = text.chars().map(char::len_utf16).collect();
            let parts = count_parts(&costs, UCS2_SINGLE, UCS2_PART);
            return Self { text, encoding: Encoding::Ucs2, parts };
        };
        Self { parts: count_parts(&costs, GSM_SINGLE, GSM_PART), text, encoding: Encoding::Gsm7 }
    }

    /// Returns whether it goes out as one part of GSM-7.
    pub const fn is_one_part(&self) -> bool {
        self.parts <= 1 && matches!(self.encoding, Encoding::Gsm7)
    }
}

fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        return Some(1);
    }
    EXTENSION.contains(c).then_some(2)
}

/// A character of two units is never cut between two parts.
fn count_parts(costs: &[usize], single: usize, part: usize) -> usize {
    if costs.iter().sum::<usize>() <= single {
        return 1;
    }
    let mut parts = 1;
    let mut used = 0;
    for &cost in costs {
        if used + cost > part {
            parts += 1;
            used = 0;
        }
        used += cost;
    }
    parts
}

/// Returns the nearest text of the alphabet, the character itself when there is none.
fn transliterate(c: char) -> String {
    let near = match c {
        'ç' => "c",
        'ê' | 'ë' => "e",
        'È' | 'Ê' | 'Ë' => "E",
        'â' | 'á' | 'ã' => "a",
        'À' | 'Â' | 'Á' | 'Ã' => "A",
        'î' | 'ï' | 'í' => "i",
        'Î' | 'Ï' | 'Í' => "I",
        'ô' | 'ó' | 'õ' => "o",
        'Ô' | 'Ó' | 'Õ' => "O",
        'û' | 'ú' => "u",
        'Ù' | 'Û' | 'Ú' => "U",
        'ÿ' => "y",
        'Ÿ' => "Y",
        'œ' => "oe",
        'Œ' => "OE",
        '’' | '‘' | '`' | '´' => "'",
        '“' | '”' | '«' | '»' => "\"",
        '–' | '—' | '‑' | '−' => "-",
        '…' => "...",
        '•' | '·' => "-",
        '°' => "o",
        '\u{a0}' | '\u{202f}' | '\u{2009}' | '\t' => " ",
        '\u{200b}' | '\u{feff}' | '\u{ad}' => "",
        _ => return c.to_string(),
    };
    near.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn french_letters_outside_the_alphabet_become_their_nearest() {
        let sms = SmsText::new("Reçue « dès l’aube » : forêt, île, n° 4… œuvre");
        assert_eq!(sms.text, "Recue \" dès l'aube \" : foret, ile, no 4... oeuvre");
        assert_eq!((sms.encoding, sms.parts), (Encoding::Gsm7, 1));
    }

    #[test]
    fn parts_are_counted_as_operators_bill_them() {
        for (length, parts) in [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3)] {
            assert_eq!(SmsText::new(&"a".repeat(length)).parts, parts, "{length}");
        }
        assert_eq!(SmsText::new(&"€".repeat(80)).parts, 1);
        assert_eq!(SmsText::new(&"€".repeat(81)).parts, 2, "an escaped character counts twice");
        // 153 is odd: the escape and its character stay together, so a part holds 76 of them.
        assert_eq!(SmsText::new(&"€".repeat(153)).parts, 3);
    }

    #[test]
    fn other_scripts_travel_in_ucs2() {
        let sms = SmsText::new("مرحبا");
        assert_eq!((sms.encoding, sms.parts, sms.is_one_part()), (Encoding::Ucs2, 1, false));
        assert_eq!(SmsText::new(&"я".repeat(71)).parts, 2);
    }

    proptest! {
        #[test]
        fn transliteration_is_settled_after_once(text in "\\PC{0,200}") {
            let once = SmsText::new(&text);
            prop_assert_eq!(&SmsText::new(&once.text), &once);
        }
    }
}
