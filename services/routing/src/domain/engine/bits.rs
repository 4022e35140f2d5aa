//! A set of small numbers as machine words: eligibility is one AND.

/// A set of small numbers.
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

    /// Takes a number out.
    pub(crate) fn remove(&mut self, bit: usize) {
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word &= !(1 << (bit % 64));
        }
    }

    /// Adds a number or takes it out.
    pub(crate) fn set(&mut self, bit: usize, is_in: bool) {
        if is_in { self.insert(bit) } else { self.remove(bit) }
    }

    /// Returns whether every number of this set is in `other`.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().enumerate().all(|(index, word)| word & !other.word(index) == 0)
    }

    /// Returns whether `bit` is in the set.
    pub(crate) fn contains(&self, bit: usize) -> bool {
        self.word(bit / 64) & (1 << (bit % 64)) != 0
    }

    /// Returns the numbers of this set, the smallest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(index, &word)| bits_of(index, word))
    }

    /// Looks at each number of this set, the smallest first: a plain loop, for where hundreds are looked at a decision.
    #[inline]
    pub(crate) fn for_each(&self, mut look: impl FnMut(usize)) {
        for (index, &word) in self.0.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                look(index * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }

    /// Returns the numbers that are in this set and in `other`.
    pub(crate) fn common<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = usize> + 'a {
        self.0.iter().enumerate().flat_map(|(index, &word)| bits_of(index, word & other.word(index)))
    }

    fn word(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }
}

impl FromIterator<usize> for Bits {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut bits = Self::default();
        numbers.into_iter().for_each(|number| bits.insert(number));
        bits
    }
}

fn bits_of(index: usize, word: u64) -> impl Iterator<Item = usize> {
    let mut left = word;
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
        left &= left - 1;
        Some(index * 64 + bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_different_lengths_compare() {
        let (small, large): (Bits, Bits) = ([3].into_iter().collect(), [3, 200].into_iter().collect());
        assert!(small.is_within(&large) && !large.is_within(&small));
        assert!(Bits::default().is_within(&small) && large.contains(200) && !small.contains(200));
    }

    #[test]
    fn what_is_taken_out_is_no_longer_listed() {
        let mut bits: Bits = [0, 63, 64, 130].into_iter().collect();
        bits.remove(64);
        bits.remove(900);
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 130]);
        let mut looked_at = Vec::new();
        bits.for_each(|bit| looked_at.push(bit));
        assert_eq!(looked_at, [0, 63, 130]);
        let other: Bits = [63, 64].into_iter().collect();
        assert_eq!(bits.common(&other).collect::<Vec<_>>(), [63]);
    }
}
