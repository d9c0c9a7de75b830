//! Rows of the Trace Event format, as JSON.

use std::fmt::Write as _;

/// What a row says beside what all say.
pub(super) enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(i64),
    /// An address.
    Address(u64),
}

/// One row, by the letters that the format has for its phases.
pub(super) struct Row<'a> {
    pub phase: char,
    pub name: &'a str,
    pub category: &'a str,
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub time: u64,
    pub thread: u32,
    /// Of an asynchronous span, or of a flow.
    pub id: Option<u64>,
    pub arguments: &'a [(&'a str, Value<'a>)],
}

/// Rows, one a line, with commas between them.
#[derive(Default)]
pub(super) struct Rows {
    pub text: String,
}

impl Rows {
    /// Adds one. Writing to memory doesn't fail.
    pub(super) fn add(&mut self, process: u32, row: &Row<'_>) {
        if !self.text.is_empty() {
            self.text.push_str(",\n");
        }
        let text = &mut self.text;
        let _ = write!(text, "{{\"ph\":\"{}\",\"name\":", row.phase);
        put_text(text, row.name);
        if !row.category.is_empty() {
            let _ = write!(text, ",\"cat\":\"{}\"", row.category);
        }
        let (micro, nano) = (row.time / 1000, row.time % 1000);
        let _ = write!(text, ",\"ts\":{micro}.{nano:03}");
        let _ = write!(text, ",\"pid\":{process},\"tid\":{}", row.thread);
        if let Some(id) = row.id {
            let _ = write!(text, ",\"id\":{id}");
        }
        match row.phase {
            // A flow ends in the span that begins with it, not in the next.
            'f' => text.push_str(",\"bp\":\"e\""),
            // A moment of a thread, not of the process.
            'i' => text.push_str(",\"s\":\"t\""),
            _ => {}
        }
        if !row.arguments.is_empty() {
            text.push_str(",\"args\":{");
            for (index, (name, value)) in row.arguments.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                let _ = write!(text, "{comma}\"{name}\":");
                match value {
                    Value::Text(value) => put_text(text, value),
                    Value::Number(value) => {
                        let _ = write!(text, "{value}");
                    }
                    Value::Address(value) => {
                        let _ = write!(text, "\"{value:#x}\"");
                    }
                }
            }
            text.push('}');
        }
        text.push('}');
    }
}

/// In quotes.
pub(super) fn put_text(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted() {
        let mut text = String::new();
        put_text(&mut text, "a\"b\\c\n\u{7f}é");
        assert_eq!(text, r#""a\"b\\c\u000a\u007fé""#);
    }

    #[test]
    fn a_row_has_what_the_format_wants() {
        let mut rows = Rows::default();
        let arguments = [
            ("n", Value::Number(-1)),
            ("t", Value::Text("x")),
            ("a", Value::Address(255)),
        ];
        let row = |phase, id, arguments| Row {
            phase,
            name: "n",
            category: "c",
            time: 1_002_003,
            thread: 7,
            id,
            arguments,
        };
        rows.add(3, &row('B', None, &arguments));
        rows.add(3, &row('f', Some(9), &[]));
        assert_eq!(
            rows.text,
            concat!(
                r#"{"ph":"B","name":"n","cat":"c","ts":1002.003,"pid":3,"tid":7,"#,
                r#""args":{"n":-1,"t":"x","a":"0xff"}},"#,
                "\n",
                r#"{"ph":"f","name":"n","cat":"c","ts":1002.003,"pid":3,"tid":7,"id":9,"bp":"e"}"#
            )
        );
    }
}
