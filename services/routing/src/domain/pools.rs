//! Pools: which authorities share agents or departments, directly or through others. A pool is decided on by one engine,
//! and no decision of one pool depends on another's: pools are what several processes share out.

use std::collections::{BTreeMap, BTreeSet};

use guichet_core::id::AuthorityId;

use super::town::Town;

/// Which shard decides for each authority.
pub(crate) type ShardMap = BTreeMap<AuthorityId, String>;

/// Returns the shard of each authority of a town: the name is that of the first code of its pool. The prefix keeps it apart
/// from the one shard of earlier releases.
pub(crate) fn pools(town: &Town) -> ShardMap {
    let mut neighbours: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for directory in town.all() {
        let code = directory.authority.code.as_str();
        neighbours.entry(code).or_default();
        // Whoever has not published has no agents to share.
        for pooling in directory.pooling.iter().filter(|pooling| town.by_code(&pooling.with).is_some()) {
            neighbours.entry(code).or_default().insert(&pooling.with);
            neighbours.entry(&pooling.with).or_default().insert(code);
        }
    }
    let mut first_of: BTreeMap<&str, &str> = BTreeMap::new();
    for first in neighbours.keys() {
        if first_of.contains_key(first) {
            continue;
        }
        let mut ahead = vec![*first];
        while let Some(code) = ahead.pop() {
            if first_of.insert(code, first).is_none() {
                ahead.extend(&neighbours[code]);
            }
        }
    }
    let shard = |code: &str| format!("pool:{}", first_of[code]);
    town.all().map(|directory| (directory.authority.id, shard(&directory.authority.code))).collect()
}

/// Returns the town as the engine of a shard sees it.
pub(crate) fn town_of(town: &Town, authorities: &BTreeSet<AuthorityId>) -> Town {
    Town::of(town.all().filter(|directory| authorities.contains(&directory.authority.id)).cloned())
}

/// What changes when pools merge, split or appear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moves {
    /// The authorities that go to another shard.
    pub(crate) moved: ShardMap,
    /// The shards they leave and those they join: who decides for them must look again.
    pub(crate) touched: BTreeSet<String>,
    /// Every authority those shards decide for afterwards.
    pub(crate) concerned: BTreeSet<AuthorityId>,
}

/// Returns what changes between the shards as they are and as they should be.
pub(crate) fn moves(known: &ShardMap, wanted: &ShardMap) -> Moves {
    let moved: ShardMap = wanted
        .iter()
        .filter(|(authority, shard)| known.get(authority) != Some(shard))
        .map(|(authority, shard)| (*authority, shard.clone()))
        .collect();
    let left = moved.keys().filter_map(|authority| known.get(authority));
    let touched: BTreeSet<String> = left.chain(moved.values()).cloned().collect();
    let concerned = wanted.iter().filter(|(_, shard)| touched.contains(*shard)).map(|(authority, _)| *authority);
    Moves { concerned: concerned.collect(), moved, touched }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use guichet_events::{Directory, Pooling};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::town::arbitrary;

    const CODES: [&str; 6] = ["arles", "brest", "creil", "dax", "evry", "foix"];

    /// A town of these authorities; agreements as pairs of their places.
    fn town(authorities: usize, agreements: &[(usize, usize)]) -> Town {
        let directory = |place: usize| {
            let with = agreements.iter().filter(|(one, _)| *one == place).map(|(_, other)| CODES[*other]);
            let pooling =
                |with: &str| Pooling { with: with.to_owned(), departments: vec![], shared_departments: vec![] };
            Arc::new(Directory { pooling: with.map(pooling).collect(), ..arbitrary::directory(CODES[place]) })
        };
        Town::of((0..authorities).map(directory))
    }

    fn shard_of<'a>(shards: &'a ShardMap, code: &str) -> &'a str {
        &shards[&AuthorityId::of_code(code)]
    }

    #[test]
    fn an_authority_alone_is_a_pool_and_those_that_share_agents_are_one() {
        let shards = pools(&town(4, &[(2, 1), (1, 3)]));
        let names: Vec<&str> = CODES[..4].iter().map(|code| shard_of(&shards, code)).collect();
        assert_eq!(names, ["pool:arles", "pool:brest", "pool:brest", "pool:brest"]);
    }

    #[test]
    fn an_agreement_with_an_authority_that_has_not_published_joins_nobody() {
        let shards = pools(&town(2, &[(0, 5), (1, 5)]));
        assert_ne!(shard_of(&shards, "arles"), shard_of(&shards, "brest"));
    }

    #[test]
    fn a_merge_concerns_all_of_the_new_pool_and_leaves_the_others_alone() {
        let (apart, merged) = (pools(&town(4, &[(1, 2)])), pools(&town(4, &[(1, 2), (0, 1)])));
        let found = moves(&apart, &merged);
        let ids = |codes: &[&str]| codes.iter().map(|code| AuthorityId::of_code(code)).collect::<BTreeSet<_>>();
        assert_eq!(found.moved.keys().copied().collect::<BTreeSet<_>>(), ids(&["brest", "creil"]));
        assert_eq!(found.touched, ["pool:arles", "pool:brest"].map(str::to_owned).into());
        assert_eq!(found.concerned, ids(&["arles", "brest", "creil"]));
        let back = moves(&merged, &apart);
        assert_eq!((back.touched, back.concerned), (found.touched, found.concerned), "a split is a merge backwards");
        assert_eq!(moves(&apart, &apart), Moves::default());
    }

    proptest! {
        /// Against the definition: what can be reached is one pool, and nothing else is.
        #[test]
        fn two_authorities_are_in_one_pool_exactly_when_agreements_lead_from_one_to_the_other(
            agreements in proptest::collection::vec((0_usize..6, 0_usize..6), 0..8),
        ) {
            let shards = pools(&town(CODES.len(), &agreements));
            let mut reaches = [[false; 6]; 6];
            for (one, row) in reaches.iter_mut().enumerate() {
                row[one] = true;
            }
            for &(one, other) in &agreements {
                (reaches[one][other], reaches[other][one]) = (true, true);
            }
            for through in 0..6 {
                for one in 0..6 {
                    for other in 0..6 {
                        reaches[one][other] |= reaches[one][through] && reaches[through][other];
                    }
                }
            }
            for (one, row) in reaches.iter().enumerate() {
                for (other, reached) in row.iter().enumerate() {
                    let same = shard_of(&shards, CODES[one]) == shard_of(&shards, CODES[other]);
                    prop_assert_eq!(same, *reached, "{} and {}", CODES[one], CODES[other]);
                }
            }
        }

        #[test]
        fn after_the_moves_every_authority_is_where_it_should_be(
            before in proptest::collection::vec((0_usize..6, 0_usize..6), 0..8),
            published in 0_usize..=6,
            after in proptest::collection::vec((0_usize..6, 0_usize..6), 0..8),
        ) {
            let (known, wanted) = (pools(&town(published, &before)), pools(&town(CODES.len(), &after)));
            let found = moves(&known, &wanted);
            let mut reached = known.clone();
            reached.extend(found.moved.clone());
            prop_assert_eq!(&reached, &wanted);
            for (authority, shard) in &wanted {
                prop_assert_eq!(found.concerned.contains(authority), found.touched.contains(shard));
                prop_assert!(found.concerned.contains(authority) || known.get(authority) == Some(shard));
            }
        }
    }
}
