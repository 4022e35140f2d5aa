//! A set of small numbers as machine words: eligibility is one AND.

/// A set of requirement numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// Adds a number.
    pub(crate) fn insert(&mut self, bit: usize) {
        if bit / 64 >= self.0.len() {
            self.0.resize(bit / 64 + 1, 0);
        }
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    /// Returns whether every number of this set is in `other`.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().enumerate().all(|(index, word)| word & !other.0.get(index).copied().unwrap_or(0) == 0)
    }

    /// Returns whether `bit` is in the set.
    pub(crate) fn contains(&self, bit: usize) -> bool {
        self.0.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_different_lengths_compare() {
        let (mut small, mut large) = (Bits::default(), Bits::default());
        small.insert(3);
        large.insert(3);
        large.insert(200);
        assert!(small.is_within(&large) && !large.is_within(&small));
        assert!(Bits::default().is_within(&small) && large.contains(200) && !small.contains(200));
    }
}
