//! Words people use for one another at a town's desk: « carte grise » finds « certificat d'immatriculation ».
//!
//! A group a line, ways to say it separated by commas; a way may have several words. Only what holds in every town is
//! here: what a town says in its own way goes into its sheets' keywords.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::analyser::query_tokens;

const GROUPS: &str = "
    voiture, véhicule, automobile, auto
    vélo, bicyclette, cycle
    carte grise, certificat d'immatriculation
    CNI, carte d'identité
    papiers, documents, pièces, justificatifs
    carte de séjour, titre de séjour
    naturalisation, nationalité française
    époux, mari, conjoint
    épouse, conjointe
    concubin, union libre, concubinage
    marier, mariage
    pacser, PACS
    enceinte, grossesse, maternité
    bébé, nourrisson
    nounou, assistante maternelle
    crèche, mode de garde
    cantine, restauration scolaire
    école, scolaire, scolarité
    décès, mort, décédé, défunt
    obsèques, enterrement, funérailles
    testament, léguer, succession, héritage
    âgé, vieillesse, senior
    retraite, pension de retraite
    handicap, handicapé, invalidité
    déménager, déménagement, changement d'adresse
    logement, appartement, habitation
    louer, location, bail
    bailleur, propriétaire
    HLM, logement social
    SDF, sans domicile, sans abri
    travaux, rénovation
    abri, cabane
    poubelle, ordures, déchets
    déchetterie, déchèterie
    lampadaire, éclairage public, réverbère
    nid-de-poule, trou, chaussée
    bruit, nuisances sonores, tapage
    employeur, patron, entreprise
    salaire, paie, paye, rémunération
    chômage, chômeur, demandeur d'emploi
    démissionner, démission
    avertissement, sanction, sanction disciplinaire
    intérim, intérimaire, contrat de travail temporaire
    obligatoire, obligation, obliger
    interdit, interdiction, interdire
    prolonger, prolongation, renouvellement, renouveler
    payer, paiement, règlement
    impôt, impôts, fiscal, imposition
    amende, contravention, procès-verbal
    aide, allocation
    CAF, allocations familiales
    sécu, sécurité sociale, assurance maladie
    médecin, docteur
    procès, tribunal, justice
    porter plainte, plainte
    maltraitance, violence
    voter, vote, élection
";

/// Stems of the ways to say one thing.
type Group = Vec<Vec<String>>;

struct Synonyms {
    groups: Vec<Group>,
    /// By first stem: group and way.
    ways: HashMap<String, Vec<(usize, usize)>>,
}

static SYNONYMS: LazyLock<Synonyms> = LazyLock::new(|| {
    let mut synonyms = Synonyms { groups: Vec::new(), ways: HashMap::new() };
    for line in GROUPS.lines().filter(|line| !line.trim().is_empty()) {
        let mut group = Group::new();
        for stems in line.split(',').map(stems).filter(|stems| !stems.is_empty()) {
            if !group.contains(&stems) {
                synonyms.ways.entry(stems[0].clone()).or_default().push((synonyms.groups.len(), group.len()));
                group.push(stems);
            }
        }
        synonyms.groups.push(group);
    }
    synonyms
});

fn stems(text: &str) -> Vec<String> {
    query_tokens(text).into_iter().map(|token| token.stem).collect()
}

/// Returns the stems of other ways to say what a query says, each with its share of a way: a word that stands for two
/// counts half.
pub(super) fn other_ways(query: &[String]) -> Vec<(String, f32)> {
    let mut others: Vec<(String, f32)> = Vec::new();
    for (rank, first) in query.iter().enumerate() {
        for &(group, way) in SYNONYMS.ways.get(first).into_iter().flatten() {
            let group = &SYNONYMS.groups[group];
            if !query[rank..].starts_with(&group[way]) {
                continue;
            }
            for stems in group.iter().enumerate().filter(|(other, _)| *other != way).map(|(_, stems)| stems) {
                for stem in stems.iter().filter(|stem| !query.contains(stem)) {
                    if !others.iter().any(|(known, _)| known == stem) {
                        others.push((stem.clone(), 1.0 / stems.len() as f32));
                    }
                }
            }
        }
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_of_several_words_counts_only_as_a_whole() {
        let others =
            |text: &str| -> Vec<String> { other_ways(&stems(text)).into_iter().map(|(stem, _)| stem).collect() };
        assert_eq!(others("ma carte grise"), ["certificat", "immatricul"]);
        assert_eq!(others("ma carte"), Vec::<String>::new());
        assert_eq!(others("un vélo"), ["bicyclet", "cycl"]);
        assert_eq!(others("véhicule et voiture"), ["automobil", "auto"]);
    }

    #[test]
    fn every_group_has_at_least_two_ways_with_stems_of_their_own() {
        for group in &SYNONYMS.groups {
            assert!(group.len() >= 2, "{group:?}");
        }
    }
}
