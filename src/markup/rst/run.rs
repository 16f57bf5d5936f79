//! Directives with their arguments, options and contents.

use std::collections::BTreeMap;

use super::body::field_marker;
use super::directives::{Directive, Does, directive};
use super::explicit::{End, leads_to};
use super::inline::{address, escaped, is_simple_name, unescaped};
use super::lines::{Cut, Line, behind, cut, joined};
use super::names::{To, normalized};
use super::options::{Value, code, integer, is_class};
use super::roles::Role;
use super::{Kind, Node, Place, Reader, chars::is_space};

/// A directive as it stands in the text.
pub(super) struct Call<'a, 'b> {
    pub name: &'b str,
    pub line: usize,
    pub argument: Option<String>,
    pub options: BTreeMap<String, Option<String>>,
    pub content: Vec<Line<'a>>,
}

impl Call<'_, '_> {
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).and_then(Option::as_deref)
    }
}

/// A directive's parts, or what is wrong with them.
type Parts<'a> = Result<(Option<String>, BTreeMap<String, Option<String>>, Vec<Line<'a>>), String>;

impl Reader {
    /// Reads the directive at `at`, whose mark takes `mark` characters.
    pub(super) fn directive(
        &mut self,
        name: &str,
        lines: &[Line<'_>],
        at: usize,
        mark: usize,
        place: Place,
        nodes: &mut Vec<Node>,
    ) -> End {
        let line = lines[at].number;
        let Some(found) = directive(name) else {
            let block = cut(lines, at, Cut { first: Some(0), keep_indent: true, ..Cut::default() });
            self.troubles.push(line, format!("there is no directive `{name}` outside of Sphinx"));
            nodes.push(Node::new(Kind::Message, line));
            return (block.end, block.is_finished);
        };
        let block = cut(lines, at, Cut { first: Some(mark), ..Cut::default() });
        let is_finished = block.is_finished || lines.get(block.end).is_none_or(|line| line.is_blank());
        let end = (block.end, is_finished);
        if found.does == Does::Disabled {
            self.troubles.push(line, format!("the directive `{name}` is switched off on an index"));
            return end;
        }
        match self.parts(&found, &block.lines) {
            Err(what) => self.troubles.push(line, format!("the directive `{name}` {what}")),
            Ok((_, _, content)) if found.needs_content && content.is_empty() => {
                self.troubles.push(line, format!("the directive `{name}` has no contents"));
            }
            Ok((argument, options, content)) => {
                let call = Call { name, line, argument, options, content };
                self.run(found.does, &call, place, nodes);
            }
        }
        end
    }

    /// Takes a directive's block apart.
    fn parts<'a>(&mut self, directive: &Directive, lines: &[Line<'a>]) -> Parts<'a> {
        let mut block = lines;
        if let Some((first, rest)) = block.split_first()
            && first.is_blank()
        {
            block = rest;
        }
        while let Some((last, rest)) = block.split_last()
            && last.is_blank()
        {
            block = rest;
        }
        let takes_arguments = directive.required + directive.optional > 0;
        let mut head: &[Line<'a>] = &[];
        let mut content = block.to_vec();
        if takes_arguments || !directive.options.is_empty() {
            let end = block.iter().position(|line| line.is_blank()).unwrap_or(block.len());
            head = &block[..end];
            content = block.get(end + 1..).unwrap_or_default().to_vec();
            let options_at = head.iter().position(|line| field_marker(line.text).is_some());
            let options = options_at.filter(|_| !directive.options.is_empty()).unwrap_or(end);
            let (arguments, rest) = head.split_at(options);
            if !takes_arguments && !arguments.is_empty() {
                content = [arguments, &block[end..]].concat();
            }
            let options = self.options(directive.options, rest)?;
            let argument = if takes_arguments { argument(directive, arguments)? } else { None };
            let blank = content.iter().take_while(|line| line.is_blank()).count();
            content.drain(..blank);
            if !content.is_empty() && !directive.has_content {
                return Err("takes no contents".to_owned());
            }
            return Ok((argument, options, content));
        }
        let blank = content.iter().take_while(|line| line.is_blank()).count();
        content.drain(..blank);
        if !content.is_empty() && !directive.has_content {
            return Err("takes no contents".to_owned());
        }
        debug_assert!(head.is_empty(), "nothing is split off without arguments and options");
        Ok((None, BTreeMap::new(), content))
    }

    fn options(
        &mut self,
        known: &[(&str, Value)],
        lines: &[Line<'_>],
    ) -> Result<BTreeMap<String, Option<String>>, String> {
        let mut options = BTreeMap::new();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let Some((name_end, marker)) = field_marker(line.text) else {
                return Err("has a line among its options that is none".to_owned());
            };
            let block = cut(lines, at, Cut { first: Some(marker), ..Cut::default() });
            at = block.end;
            let name = self.inline(&line.text[1..name_end], line.number).text.to_lowercase();
            let value = Some(joined(&block.trimmed().lines)).filter(|value| !value.is_empty());
            let Some((_, form)) = known.iter().find(|(known, _)| *known == name.trim()) else {
                return Err(format!("has no option `{name}`"));
            };
            if !form.takes(value.as_deref()) {
                let value = value.unwrap_or_default();
                return Err(format!("cannot have the value `{value}` for its option `{name}`"));
            }
            if options.insert(name.trim().to_owned(), value).is_some() {
                return Err(format!("has the option `{name}` twice"));
            }
        }
        Ok(options)
    }

    fn run(&mut self, does: Does, call: &Call<'_, '_>, place: Place, nodes: &mut Vec<Node>) {
        let (line, name) = (call.line, call.name);
        let wrong = |what: &str| format!("the directive `{name}` {what}");
        let is_definition = place == Place::Substitution;
        if let Some(name) = call.option("name") {
            self.names.explicit(&normalized(name), None, line, &mut self.troubles);
        }
        let mut kind = Kind::Other;
        match does {
            Does::Topic | Does::Sidebar | Does::Contents => {
                let is_nested = match place {
                    Place::Document | Place::Free => false,
                    Place::Sidebar => does == Does::Sidebar,
                    Place::Substitution | Place::Inner => true,
                };
                if is_nested {
                    self.troubles.push(line, wrong("cannot stand within another element"));
                } else if call.option("subtitle").is_some() && call.argument.is_none() {
                    self.troubles.push(line, wrong("has a subtitle and no title"));
                }
                let title = call.argument.as_ref().map(|title| self.inline(title, line).text);
                if let Some(subtitle) = call.option("subtitle") {
                    self.inline(subtitle, line);
                }
                if does == Does::Contents {
                    kind = Kind::Contents;
                    let name = normalized(title.as_deref().unwrap_or("Contents"));
                    if !self.names.has(&name) {
                        self.names.implicit(&name, None);
                    }
                } else {
                    let place = if does == Does::Sidebar { Place::Sidebar } else { Place::Inner };
                    self.nested(&call.content, place);
                }
            }
            Does::Admonition | Does::Rubric => {
                self.inline(call.argument.as_deref().unwrap_or_default(), line);
                self.nested(&call.content, Place::Inner);
            }
            Does::Plain | Does::Compound => drop(self.nested(&call.content, Place::Inner)),
            Does::Quote => drop(self.block_quote(&call.content)),
            Does::Container => {
                if call.argument.as_deref().is_some_and(|names| !Value::Classes.takes(Some(names))) {
                    self.troubles.push(line, wrong("cannot make a class of its argument"));
                }
                self.nested(&call.content, Place::Inner);
            }
            Does::Class => {
                if !Value::Classes.takes(call.argument.as_deref()) {
                    self.troubles.push(line, wrong("cannot make a class of its argument"));
                }
                if call.content.is_empty() {
                    self.class_pending = Some(line);
                    nodes.push(Node::new(Kind::Pending, line));
                } else {
                    nodes.extend(self.nested(&call.content, Place::Free));
                }
                return;
            }
            Does::Code => {
                let start = call.option("number-lines").filter(|start| !start.is_empty());
                if start.is_some_and(|start| integer(start).is_none()) {
                    self.troubles.push(line, wrong("numbers its lines from what is no number"));
                }
            }
            Does::Head => {
                self.nested(&call.content, Place::Inner);
                kind = Kind::Apart;
            }
            Does::LineBlock => {
                for text in &call.content {
                    self.inline(text.text.trim_matches(is_space), text.number);
                }
            }
            Does::ParsedLiteral => {
                self.inline(&joined(&call.content), call.content.first().map_or(line, |line| line.number));
            }
            Does::Image => {
                self.image(call, place);
                kind = if is_definition { Kind::Inline } else { Kind::Other };
                if is_definition && call.options.contains_key("name") {
                    self.paragraph.is_unfit = true;
                }
            }
            Does::Figure => self.figure(call),
            Does::Table => kind = self.table(call),
            Does::ListTable => kind = self.list_table(call),
            Does::CsvTable => kind = self.csv_table(call),
            Does::Meta => {
                self.meta(call);
                kind = Kind::Apart;
            }
            Does::Replace | Does::Unicode | Does::Date if !is_definition => {
                self.troubles.push(line, wrong("stands outside of the definition of a substitution"));
            }
            Does::Replace => {
                let made = self.nested(&call.content, Place::Free);
                let paragraphs = made.iter().filter(|node| node.kind != Kind::Message);
                if paragraphs.map(|node| &node.kind).ne([&Kind::Paragraph]) {
                    self.troubles.push(line, wrong("holds more than one paragraph"));
                }
                kind = Kind::Inline;
            }
            Does::Unicode => {
                let argument = call.argument.as_deref().unwrap_or_default();
                let codes = argument.split([' ', '\n']).take_while(|code| *code != "..");
                for wrong_code in codes.filter(|text| !text.is_empty() && code(text).is_none()) {
                    self.troubles.push(line, wrong(&format!("knows no character `{wrong_code}`")));
                }
                kind = Kind::Inline;
            }
            Does::Date => kind = Kind::Inline,
            Does::Role => {
                self.role(call);
                return;
            }
            Does::DefaultRole => {
                match call.argument.as_deref() {
                    None => self.roles.unset(""),
                    Some(role) => match self.roles.get(role) {
                        Some(found) => self.roles.set("", found),
                        None => {
                            self.troubles.push(line, format!("there is no role `{role}` outside of Sphinx"))
                        }
                    },
                }
                return;
            }
            Does::Title | Does::Disabled => return,
            Does::Nothing => {}
            Does::Waits => kind = Kind::Pending,
        }
        nodes.push(Node::new(kind, line));
    }

    fn image(&mut self, call: &Call<'_, '_>, place: Place) {
        let line = call.line;
        let vertical = ["top", "middle", "bottom"];
        if let Some(align) = call.option("align").filter(|_| call.name != "figure") {
            let align = align.to_lowercase();
            if vertical.contains(&align.trim()) != (place == Place::Substitution) {
                self.troubles.push(line, format!("an image cannot be aligned `{align}` here"));
            }
        }
        self.link(&address(&escaped(call.argument.as_deref().unwrap_or_default())), line);
        if let Some(target) = call.option("target") {
            let texts: Vec<Vec<char>> = target.lines().map(escaped).collect();
            match leads_to(&texts) {
                Some(To::Name(name)) => self.names.references.push((name, line)),
                Some(To::Address(address)) => self.link(&address, line),
                None => {}
            }
        }
    }

    fn figure(&mut self, call: &Call<'_, '_>) {
        self.image(call, Place::Inner);
        if let Some(name) = call.option("figname") {
            self.names.explicit(&normalized(name), None, call.line, &mut self.troubles);
        }
        let nodes = self.nested(&call.content, Place::Free);
        let first = nodes.iter().find(|node| !matches!(node.kind, Kind::Target { .. } | Kind::Pending));
        if first
            .is_some_and(|first| !matches!(first.kind, Kind::Paragraph | Kind::Comment { is_empty: true }))
        {
            self.troubles.push(call.line, "a figure's caption is no paragraph".to_owned());
        }
    }

    fn role(&mut self, call: &Call<'_, '_>) {
        let (line, mut error) = (call.line, None);
        let Some(first) = call.content.first().filter(|first| first.number <= line + 1) else {
            self.troubles.push(line, "the directive `role` names no role in its first line".to_owned());
            return;
        };
        let text = first.text.trim_matches(is_space);
        let (name, base) = match text.split_once('(') {
            Some((name, base)) => {
                (name.trim_matches(is_space), base.strip_suffix(')').map(|base| base.trim_matches(is_space)))
            }
            None => (text, Some("")),
        };
        let Some(base) = base.filter(|base| {
            is_simple_name(name)
                && (base.is_empty() != text.contains('('))
                && (base.is_empty() || is_simple_name(base))
        }) else {
            self.troubles.push(line, format!("`{text}` names no role"));
            return;
        };
        let role = if base.is_empty() { Some(Role::Text) } else { self.roles.get(base) };
        let Some(role) = role else {
            self.troubles.push(line, format!("there is no role `{base}` outside of Sphinx"));
            return;
        };
        let options: &'static [(&'static str, Value)] = match role {
            Role::Raw => &[("class", Value::Classes), ("format", Value::Any)],
            Role::Code => &[("class", Value::Classes), ("language", Value::Any)],
            Role::Text | Role::Pep | Role::Rfc | Role::Missing => &[("class", Value::Classes)],
        };
        let form = Directive {
            options,
            required: 0,
            optional: 0,
            spaced: false,
            has_content: false,
            needs_content: false,
            does: Does::Role,
        };
        match self.parts(&form, &call.content[1..]) {
            Err(what) => error = Some(format!("the directive `role` {what}")),
            Ok((_, options, _)) if !options.contains_key("class") && !is_class(name) => {
                error = Some(format!("no class can be made of the role `{name}`"));
            }
            Ok(_) => {}
        }
        match error {
            Some(error) => self.troubles.push(line, error),
            None => self.roles.set(name, role),
        }
    }

    fn meta(&mut self, call: &Call<'_, '_>) {
        let mut at = 0;
        while let Some(line) = call.content.get(at) {
            if line.is_blank() {
                at += 1;
                continue;
            }
            let Some((name_end, mark)) = field_marker(line.text).filter(|_| !line.is_indented()) else {
                self.troubles.push(line.number, "the directive `meta` holds more than fields".to_owned());
                return;
            };
            let block = cut(&call.content, at, Cut { first: Some(mark), ..Cut::default() });
            at = block.end;
            let name = unescaped(&escaped(&line.text[1..name_end]));
            if block.trimmed().lines.is_empty() {
                continue;
            }
            if let Some(token) = name.split_whitespace().skip(1).find(|token| !token.contains('=')) {
                self.troubles.push(line.number, format!("`{token}` is no attribute of a meta tag"));
            }
        }
    }
}

/// A directive's one argument; what is wrong if it has another number of them.
fn argument(directive: &Directive, lines: &[Line<'_>]) -> Result<Option<String>, String> {
    let text = joined(lines);
    let count = text.split(is_space).filter(|word| !word.is_empty()).count();
    let most = directive.required + directive.optional;
    if count < directive.required {
        return Err("lacks its argument".to_owned());
    }
    if count > most && !directive.spaced {
        return Err(format!("has {count} arguments and takes {most}"));
    }
    let text = text.trim_matches(is_space);
    Ok((!text.is_empty()).then(|| behind(text, 0).to_owned()))
}
