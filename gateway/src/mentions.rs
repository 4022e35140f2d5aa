//! « @Gaëlle » in a note: whom it addresses.

use crate::towns::Agent;
use crate::view::alphabetical;

/// Returns the agents that a text names after an `@`: by full name, by login, or by first name when only one agent has
/// it. Accents and capitals do not count; each agent is returned once, in the order of the text.
pub(crate) fn mentioned<'a>(text: &str, agents: &[(&'a str, &'a Agent)]) -> Vec<&'a Agent> {
    let folded = alphabetical(text);
    let names = names(agents);
    let mut found: Vec<&Agent> = Vec::new();
    for (at, _) in folded.match_indices('@') {
        // « lea@exemple.fr » is an address, not a mention.
        if folded[..at].chars().next_back().is_some_and(char::is_alphanumeric) {
            continue;
        }
        let rest = &folded[at + 1..];
        let named = names.iter().filter(|(name, _)| is_word(rest, name)).max_by_key(|(name, _)| name.len());
        if let Some((_, agent)) = named
            && !found.iter().any(|known| known.id == agent.id)
        {
            found.push(agent);
        }
    }
    found
}

/// Returns what each agent may be called.
fn names<'a>(agents: &[(&'a str, &'a Agent)]) -> Vec<(String, &'a Agent)> {
    let first = |agent: &Agent| alphabetical(agent.name.split(' ').next().unwrap_or_default());
    let mut names = Vec::new();
    for (login, agent) in agents {
        names.push((alphabetical(login), *agent));
        names.push((alphabetical(&agent.name), *agent));
        let name = first(agent);
        if agents.iter().filter(|(_, other)| first(other) == name).count() == 1 {
            names.push((name, *agent));
        }
    }
    names.retain(|(name, _)| !name.is_empty());
    names
}

/// Returns whether a text begins with a name that ends where a word does.
fn is_word(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| !rest.chars().next().is_some_and(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Vec<(&'static str, Agent)> {
        let agent = |id: &str, name: &str| Agent { id: id.to_owned(), name: name.to_owned(), ..Agent::default() };
        vec![
            ("gaelle.registre", agent("1", "Gaëlle Registre")),
            ("leon.virgule", agent("2", "Léon Virgule")),
            ("leon.sceau", agent("3", "Léon Sceau")),
        ]
    }

    fn ids(text: &str) -> Vec<String> {
        let people = people();
        let agents: Vec<(&str, &Agent)> = people.iter().map(|(login, agent)| (*login, agent)).collect();
        mentioned(text, &agents).into_iter().map(|agent| agent.id.clone()).collect()
    }

    #[test]
    fn an_agent_is_named_by_name_login_or_only_first_name() {
        assert_eq!(ids("@gaelle peux-tu voir ?"), ["1"]);
        assert_eq!(ids("Vu avec @Gaëlle Registre, et @leon.sceau."), ["1", "3"]);
        assert_eq!(ids("@Léon Virgule ?"), ["2"]);
        assert_eq!(ids("@GAËLLE et encore @gaelle.registre"), ["1"]);
    }

    #[test]
    fn what_is_nobody_or_two_people_is_not_a_mention() {
        for text in ["@Léon ?", "@gaellerie", "gaelle@registre.example", "@", "", "Gaëlle Registre"] {
            assert!(ids(text).is_empty(), "{text}");
        }
    }
}
