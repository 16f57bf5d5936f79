//! Reads the YAML that our workflows and examples are written in, so that a test can play them.
//!
//! Block style with small flow collections, as people write workflows; anything else panics. Whether GitHub reads
//! a file the same way is for the linters, which read it too.

use serde_json::{Map, Value};

/// The value of a document. Every plain scalar is a text, as it is for inputs of an action.
pub(crate) fn read(text: &str) -> Value {
    let lines = text.lines().map(|line| (indent_of(line), line.trim())).collect();
    let mut reader = Reader { lines, raw: text.lines().collect(), at: 0 };
    let document = reader.node();
    assert!(reader.peek().is_none(), "line {}: not read: {:?}", reader.at + 1, reader.peek());
    document
}

struct Reader<'a> {
    /// Each line's indentation and what stands behind it.
    lines: Vec<(usize, &'a str)>,
    raw: Vec<&'a str>,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next line that says something.
    fn peek(&mut self) -> Option<(usize, &'a str)> {
        while self.lines.get(self.at).is_some_and(|(_, line)| line.is_empty() || line.starts_with('#')) {
            self.at += 1;
        }
        self.lines.get(self.at).copied()
    }

    fn node(&mut self) -> Value {
        match self.peek() {
            None => Value::Null,
            Some((indent, line)) if line.starts_with("- ") => self.sequence(indent),
            Some((indent, _)) => self.mapping(indent),
        }
    }

    fn sequence(&mut self, indent: usize) -> Value {
        let mut items = Vec::new();
        while let Some((_, line)) = self.peek().filter(|(at, line)| *at == indent && line.starts_with("- ")) {
            let item = line[2..].trim_start();
            if key_of(item).is_some() {
                // The dash is as good as two spaces.
                self.lines[self.at] = (indent + line.len() - item.len(), item);
                items.push(self.node());
            } else {
                self.at += 1;
                items.push(scalar(item));
            }
        }
        Value::Array(items)
    }

    fn mapping(&mut self, indent: usize) -> Value {
        let mut map = Map::new();
        while let Some((_, line)) = self.peek().filter(|(at, _)| *at == indent) {
            let (key, rest) = key_of(line).unwrap_or_else(|| panic!("line {}: no key: {line}", self.at + 1));
            self.at += 1;
            let value = match rest.chars().next() {
                None | Some('#') if self.peek().is_some_and(|(below, _)| below > indent) => self.node(),
                None | Some('#') => Value::Null,
                Some('|') => Value::String(self.block(indent).join("\n")),
                Some('>') => Value::String(self.block(indent).join(" ")),
                Some(_) => scalar(rest),
            };
            let earlier = map.insert(key.to_owned(), value);
            assert!(earlier.is_none(), "line {}: `{key}` stands there twice", self.at);
        }
        Value::Object(map)
    }

    /// The lines of a block scalar below a key.
    fn block(&mut self, indent: usize) -> Vec<&'a str> {
        let inside = |(at, line): &&(usize, &str)| line.is_empty() || *at > indent;
        let count = self.lines[self.at..].iter().take_while(inside).count();
        let lines = &self.raw[self.at..self.at + count];
        self.at += count;
        let filled = lines.iter().filter(|line| !line.trim().is_empty());
        let depth = filled.map(|line| indent_of(line)).min().unwrap_or_default();
        let mut text: Vec<_> = lines.iter().map(|line| line.get(depth..).unwrap_or_default()).collect();
        while text.last().is_some_and(|line| line.is_empty()) {
            text.pop();
        }
        text
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A line's key, and what stands behind its colon.
fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(':')?;
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    (plain && (rest.is_empty() || rest.starts_with(' '))).then(|| (key, rest.trim()))
}

/// A scalar or a flow collection on one line.
fn scalar(text: &str) -> Value {
    let text = without_comment(text);
    match text.chars().next() {
        Some('[') => Value::Array(parts(text, ']').into_iter().map(scalar).collect()),
        Some('{') => Value::Object(parts(text, '}').into_iter().map(pair).collect()),
        Some('"') => serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}")),
        Some('\'') => Value::String(text.trim_matches('\'').replace("''", "'")),
        Some('&' | '*' | '!') => panic!("neither anchors nor tags are read: {text}"),
        _ => Value::String(text.to_owned()),
    }
}

fn pair(text: &str) -> (String, Value) {
    let (key, value) = key_of(text).unwrap_or_else(|| panic!("no key: {text}"));
    (key.to_owned(), scalar(value))
}

/// The parts of a flow collection; none of ours holds another one.
fn parts(text: &str, end: char) -> Vec<&str> {
    let inner = text[1..].strip_suffix(end).unwrap_or_else(|| panic!("no `{end}` at the end: {text}"));
    assert!(!inner.contains(['[', '{']), "collections inside of one another are not read: {text}");
    inner.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn without_comment(text: &str) -> &str {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let end = text.rfind(quote).expect("it begins with one");
            &text[..=end]
        }
        _ => text.split(" #").next().unwrap_or_default().trim_end(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn what_workflows_are_made_of_is_read() {
        let text = "# a remark\nname: x # why\non:\n  push:\n    tags: [\"v*\", 'it''s']\npermissions: {}\njobs:\n\n  a:\n    \
                    if: >-\n      b == 'c'\n      && d\n    steps:\n      - uses: x/y@v1 # z: w\n        with: { mode: m, publish: false }\n\n      \
                    - name: n\n        with:\n          list: |\n            a\n            # b\n\n          key: ${{ c }}\n";
        let expected = json!({
            "name": "x",
            "on": { "push": { "tags": ["v*", "it's"] } },
            "permissions": {},
            "jobs": { "a": {
                "if": "b == 'c' && d",
                "steps": [
                    { "uses": "x/y@v1", "with": { "mode": "m", "publish": "false" } },
                    { "name": "n", "with": { "list": "a\n# b", "key": "${{ c }}" } },
                ],
            } },
        });
        assert_eq!(read(text), expected);
    }

    #[test]
    #[should_panic(expected = "twice")]
    fn a_key_that_stands_there_twice_is_refused() {
        read("a: b\na: c\n");
    }
}
