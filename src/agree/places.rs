//! Where in its file stands what a finding is about.

use cordboard_dialplan::Finding;
use std::path::Path;

/// Finds the lines of what findings are about. Their `source` says it, a line each: the section, `[user.101]`; a key in it; the number of an item in
/// the key's list, from 0; and that of another item, whose line is told beside it.
pub fn locate(findings: &mut [Finding], etc: &Path) {
    for finding in findings.iter_mut().filter(|finding| finding.line == 0) {
        let place = std::mem::take(&mut finding.source);
        let text = std::fs::read_to_string(etc.join(&finding.file)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let mut parts = place.split('\n');
        let section = parts.next().filter(|section| !section.is_empty());
        let Some(head) =
            section.and_then(|section| lines.iter().position(|line| line.trim_start().starts_with(section)))
        else {
            continue;
        };
        let key = parts.next().and_then(|key| line_of_key(&lines, head, key));
        let items = key.map(|key| items(&lines, key)).unwrap_or_default();
        let mut item = || items.get(parts.next()?.parse::<usize>().ok()?).copied();
        let (item, other) = (item(), item());
        let at = key.unwrap_or(head);
        let indent = lines.get(at).map_or(0, |line| line.len() - line.trim_start().len());
        let (line, column) = item.unwrap_or((at, indent + 1));
        finding.line = line + 1;
        finding.column = column;
        finding.source = lines.get(line).copied().unwrap_or_default().to_owned();
        if let Some((other, _)) = other {
            finding.hint = Some(match other == line {
                true => "both stand in this line".to_owned(),
                false => format!("the other one stands in line {}", other + 1),
            });
        }
    }
}

fn line_of_key(lines: &[&str], head: usize, key: &str) -> Option<usize> {
    let is_key = |line: &str| {
        let rest = line.trim_start().strip_prefix(key).filter(|_| !key.is_empty());
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let mut own =
        lines.iter().enumerate().skip(head + 1).take_while(|(_, line)| !line.trim_start().starts_with('['));
    own.find(|(_, line)| is_key(line)).map(|(at, _)| at)
}

/// The texts of a list that begins in a line: line from 0, column from 1 in characters.
fn items(lines: &[&str], key: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut is_within = false;
    for (at, line) in lines.iter().enumerate().skip(key) {
        let mut quoted = false;
        for (column, c) in line.chars().enumerate() {
            match c {
                '"' => {
                    if is_within && !quoted {
                        found.push((at, column + 1));
                    }
                    quoted = !quoted;
                }
                _ if quoted => {}
                '#' => break,
                '[' => is_within = true,
                ']' => return found,
                _ => {}
            }
        }
        if !is_within {
            return found;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_items_of_a_list_are_found_on_whatever_lines() {
        let text = "open = [ # \"not\" this ]\n  \"mon 09:00-10:00\", # nor \"this\"\n  \"é\", \"c\"]\nnext = [\"d\"]";
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(items(&lines, 0), [(1, 3), (2, 3), (2, 8)]);
        assert_eq!(items(&lines, 3), [(3, 9)]);
        assert_eq!(items(&["a = 3", "b = [\"x\"]"], 0), []);
    }
}
