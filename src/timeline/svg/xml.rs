use std::fmt::{self, Write};

/// Writes a text escaped for an XML element or attribute. Characters that XML 1.0 cannot represent are replaced.
pub(super) struct Xml<'a>(pub(super) &'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' => f.write_char(character)?,
                '\u{fffe}' | '\u{ffff}' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                _ if character.is_control() => f.write_char(char::REPLACEMENT_CHARACTER)?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// Writes a length that is counted in tenths of a pixel.
pub(super) struct Tenths(pub(super) usize);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 10, self.0 % 10) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, tenths) => write!(f, "{whole}.{tenths}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Xml;
    use std::format;
    use std::string::ToString;

    /// In an element, and in an attribute whichever its quotes.
    #[test]
    fn a_text_can_stand_anywhere() {
        let text = Xml("<a b=\"c\" d='e'>&\t\n\r\u{1}\u{7f}\u{85}\u{fffd}\u{fffe}\u{ffff}\u{1f980}").to_string();
        let replaced = "\u{fffd}".repeat(7);
        assert_eq!(text, format!("&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\t\n{replaced}\u{1f980}"));
    }
}
