//! Which one a person means: by id, by name, or by the start of an id (or of a key), if that is one thing.

/// What can be meant.
pub(super) struct Candidate<T> {
    pub(super) id: String,
    pub(super) name: String,
    /// Another start that people see, as that of a key.
    pub(super) prefix: String,
    pub(super) thing: T,
}

/// How something can be meant.
type Rule<'a, T> = &'a dyn Fn(&Candidate<T>) -> bool;

/// Shorter starts of an id are more likely slips than names.
const SHORTEST_START: usize = 4;

/// Why nothing is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unclear {
    None,
    Several(Vec<String>),
}

/// Finds the one that is meant: an id first, then a name, then the start of an id.
pub(super) fn resolve<T>(candidates: Vec<Candidate<T>>, meant: &str) -> Result<T, Unclear> {
    let (lower, shown) = (meant.to_lowercase(), |candidate: &Candidate<T>| !candidate.prefix.is_empty());
    let is_id = |candidate: &Candidate<T>| candidate.id.eq_ignore_ascii_case(meant);
    let is_name = |candidate: &Candidate<T>| {
        candidate.name.to_lowercase() == lower || (shown(candidate) && candidate.prefix == meant)
    };
    let starts = |candidate: &Candidate<T>| {
        meant.len() >= SHORTEST_START
            && (candidate.id.starts_with(&lower) || candidate.prefix.starts_with(meant))
    };
    let rules: [Rule<'_, T>; 3] = [&is_id, &is_name, &starts];
    for rule in rules {
        let ids: Vec<String> = candidates
            .iter()
            .filter(|candidate| rule(candidate))
            .map(|candidate| candidate.id.clone())
            .collect();
        match ids.as_slice() {
            [] => {}
            [id] => {
                let found = candidates.into_iter().find(|candidate| candidate.id == *id);
                return found.map(|candidate| candidate.thing).ok_or(Unclear::None);
            }
            _ => return Err(Unclear::Several(ids)),
        }
    }
    Err(Unclear::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> Vec<Candidate<u8>> {
        let candidate = |id: &str, name: &str, thing| Candidate {
            id: id.into(),
            name: name.into(),
            prefix: String::new(),
            thing,
        };
        vec![
            candidate("0190aaaa", "Office", 1),
            candidate("0190aabb", "Shop", 2),
            candidate("0191cccc", "shop", 3),
        ]
    }

    #[test]
    fn ids_names_and_starts_find_one_thing_or_say_which() {
        assert_eq!(resolve(candidates(), "0190AAAA"), Ok(1));
        assert_eq!(resolve(candidates(), "office"), Ok(1));
        assert_eq!(resolve(candidates(), "0191"), Ok(3));
        assert_eq!(resolve(candidates(), "019"), Err(Unclear::None));
        assert_eq!(
            resolve(candidates(), "0190aa"),
            Err(Unclear::Several(vec!["0190aaaa".into(), "0190aabb".into()]))
        );
        assert_eq!(
            resolve(candidates(), "SHOP"),
            Err(Unclear::Several(vec!["0190aabb".into(), "0191cccc".into()]))
        );
        assert_eq!(resolve(candidates(), ""), Err(Unclear::None));
    }
}
