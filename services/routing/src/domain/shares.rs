//! Who has which shard: every process sees the same processes and the same shards, and comes to the same answer without
//! asking anybody.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A process that decides.
pub(crate) type ProcessId = Uuid;

/// A shard and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldShard {
    pub(crate) name: String,
    pub(crate) owner: Option<ProcessId>,
}

/// Returns whose each shard is to be: the process of the highest hash that has room left, nobody having more than their part,
/// rounded up. Without the limit the few pools of most towns would often be one process's.
pub(crate) fn shares<'a>(shards: &BTreeSet<&'a str>, live: &BTreeSet<ProcessId>) -> BTreeMap<&'a str, ProcessId> {
    let part = if live.is_empty() { 0 } else { shards.len().div_ceil(live.len()) };
    let mut had: BTreeMap<ProcessId, usize> = BTreeMap::new();
    let mut shares = BTreeMap::new();
    for shard in shards {
        let room = live.iter().filter(|process| had.get(process).is_none_or(|count| *count < part));
        if let Some(process) = room.min_by_key(|process| Reverse(hash(shard, **process))) {
            *had.entry(*process).or_default() += 1;
            shares.insert(*shard, *process);
        }
    }
    shares
}

fn hash(shard: &str, process: ProcessId) -> [u8; 32] {
    Sha256::new().chain_update(process.as_bytes()).chain_update(shard).finalize().into()
}

/// What a process has to do with the shards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// Those it serves from now on.
    pub(crate) mine: BTreeSet<String>,
    /// Those that are another's from now on, of which this process is still named as the owner.
    pub(crate) given_up: BTreeSet<String>,
}

/// Returns the share of a process: it serves the shards that are its own, unless another that lives still has them. That one
/// sees the same, and hands them over between two batches.
pub(crate) fn share(me: ProcessId, live: &BTreeSet<ProcessId>, shards: &[HeldShard]) -> Share {
    let shares = shares(&shards.iter().map(|shard| shard.name.as_str()).collect(), live);
    let mut share = Share::default();
    for HeldShard { name, owner } in shards {
        let is_mine = shares.get(name.as_str()) == Some(&me);
        match owner {
            Some(owner) if *owner == me && !is_mine => share.given_up.insert(name.clone()),
            Some(owner) if *owner != me && live.contains(owner) => false,
            _ => is_mine && share.mine.insert(name.clone()),
        };
    }
    share
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn process(number: u128) -> ProcessId {
        Uuid::from_u128(number)
    }

    fn held(names: &[String], owners: &[Option<u128>]) -> Vec<HeldShard> {
        let owners = owners.iter().copied().chain(std::iter::repeat(None));
        names
            .iter()
            .zip(owners)
            .map(|(name, owner)| HeldShard { name: name.clone(), owner: owner.map(process) })
            .collect()
    }

    #[test]
    fn one_process_has_every_shard_whoever_died_with_them() {
        let names = ["pool:arles", "pool:brest", "pool:creil"].map(str::to_owned);
        let found = share(process(1), &[process(1)].into(), &held(&names, &[None, Some(1), Some(9)]));
        assert_eq!(found, Share { mine: names.into(), given_up: BTreeSet::new() });
    }

    #[test]
    fn two_pools_are_never_both_one_processs() {
        for number in 0..200 {
            let live = [process(number), process(number + 1_000)].into();
            let shares = shares(&["pool:arles", "pool:brest"].into(), &live);
            assert_eq!(shares.values().collect::<BTreeSet<_>>().len(), 2);
        }
    }

    #[test]
    fn a_newcomer_waits_until_its_share_is_handed_over() {
        let names = ["pool:arles", "pool:brest"].map(str::to_owned);
        let live = [process(1), process(2)].into();
        let before = held(&names, &[Some(1), Some(1)]);
        let former = share(process(1), &live, &before);
        assert_eq!((former.mine.len(), former.given_up.len()), (1, 1));
        assert_eq!(share(process(2), &live, &before), Share::default());
        let owners = names.clone().map(|name| former.mine.contains(&name).then_some(1));
        assert_eq!(share(process(2), &live, &held(&names, &owners)).mine, former.given_up);
    }

    proptest! {
        #[test]
        fn every_shard_ends_with_one_owner_and_nobody_has_more_than_their_part(
            count in 0_usize..40,
            processes in proptest::collection::btree_set(1_u128..50, 1..7),
            owners in proptest::collection::vec(proptest::option::of(1_u128..50), 40),
        ) {
            let names: Vec<String> = (0..count).map(|number| format!("pool:{number}")).collect();
            let live: BTreeSet<ProcessId> = processes.iter().copied().map(process).collect();
            let mut shards = held(&names, &owners);
            // Two looks: whoever has too much hands over, then whoever has too little takes.
            for _ in 0..2 {
                let seen: Vec<_> = live.iter().map(|me| (*me, share(*me, &live, &shards))).collect();
                for shard in &mut shards {
                    let takers: Vec<ProcessId> =
                        seen.iter().filter(|(_, share)| share.mine.contains(&shard.name)).map(|(me, _)| *me).collect();
                    prop_assert!(takers.len() <= 1, "two would serve {}", shard.name);
                    let alive_elsewhere = shard.owner.is_some_and(|owner| live.contains(&owner) && !takers.contains(&owner));
                    prop_assert!(!alive_elsewhere || takers.is_empty(), "{} is taken from who lives", shard.name);
                    if seen.iter().any(|(_, share)| share.given_up.contains(&shard.name)) {
                        shard.owner = None;
                    }
                    shard.owner = takers.first().copied().or(shard.owner);
                }
            }
            for me in &live {
                let had = shards.iter().filter(|shard| shard.owner == Some(*me)).count();
                prop_assert!(had <= count.div_ceil(live.len()));
            }
            prop_assert!(shards.iter().all(|shard| shard.owner.is_some_and(|owner| live.contains(&owner))));
        }
    }
}
